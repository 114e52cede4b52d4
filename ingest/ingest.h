// Records become events: first stage of the step. Decodes JSON by the configured mapping, admits or refuses each event,
// and keeps per partition what admission needs. Every record ends with exactly one outcome; the counts add up. One
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/catalogue.h"
#include "core/event.h"
#include "core/result.h"
#include "ingest/mapping.h"
#include "store/store.h"

namespace millrace {

struct InputTopic {
  std::string name;
  FieldMapping mapping;  // ingest/mapping.h
};

struct IngestOptions {
  std::vector<InputTopic> topics;  // TopicIndex is the position
  FieldMapping items_mapping;
  KindTable kinds;
  std::size_t record_bytes_max = 64 << 10;
  std::size_t depth_max = 16;
  std::size_t id_bytes_max = kMaxIdBytes;
  std::size_t duplicates_window = 10'000;  // event ids remembered per partition
  Millis late_allowance{24 * 3'600'000};   // behind the partition's newest accepted event time
  Millis skew_allowance{5 * 60'000};       // ahead of the record's timestamp
};

struct KindOutcome {
  TopicIndex topic{};
  std::optional<KindIndex> kind;  // absent where the record could not be decoded that far
  Outcome outcome{};
  auto operator<=>(const KindOutcome&) const = default;
};

struct Ingested {
  std::vector<Event> events;  // the applied ones, in the order of the records
  std::vector<DeadLetter> dead_letters;
  std::map<KindOutcome, std::uint64_t> counts;
  std::map<std::pair<TopicIndex, std::string>, std::uint64_t> dead_letter_reasons;
  std::uint64_t foreign_keys = 0;  // records whose Kafka key is not their mapped user
};

// What is stored per partition, Table::kPartitions.
struct PartitionState {
  Offset next{};                                    // everything before it has an outcome
  Millis newest;                                    // newest accepted event time
  std::array<std::uint64_t, kOutcomes> outcomes{};  // cumulative
  std::uint64_t seen_slots = 0;                     // event ids ever remembered
  bool operator==(const PartitionState&) const = default;
};

class Ingest {
 public:
  virtual ~Ingest() = default;
  // Partitions now ours: their state is read from the store (absent: fresh). Replaces the former set.
  virtual Status assign(std::span<const std::pair<TopicIndex, PartitionIndex>> partitions) = 0;
  // nullopt: nothing stored for that partition.
  virtual std::optional<PartitionState> partition(TopicIndex topic, PartitionIndex partition) const = 0;
  // Where a partition without stored state begins.
  virtual void start_at(TopicIndex topic, PartitionIndex partition, Offset next) = 0;
  // `refuse_foreign_keys`: a record whose key is not its user becomes a dead letter (an instance that shares its
  // group). Records are of assigned partitions, ordered by topic, partition, offset. One below its partition's `next`
  // already has its outcome and is passed over.
  virtual Ingested ingest(std::span<const Record> records, bool refuse_foreign_keys) = 0;
  // Rows changed since the last flush.
  virtual void flush(WriteBatch& batch) = 0;
  virtual std::vector<std::pair<std::pair<TopicIndex, PartitionIndex>, PartitionState>> partitions() const = 0;
};

// Refuses options that no record could satisfy: a mapping without an item, a default kind that is no kind, an unknown
// time zone, more than 255 topics or kinds. The message names the topic and the field.
Status check_ingest(const IngestOptions& options);

// Requires check_ingest(options). `store` must outlive the result.
std::unique_ptr<Ingest> make_ingest(const IngestOptions& options, const Store& store);

// A record of the items topic. A dead letter's reason and detail come as kDeadLetter errors, "reason: detail".
class ItemDecoder {
 public:
  virtual ~ItemDecoder() = default;
  virtual Result<CatalogueChange> decode(const Record& record) = 0;
};
std::unique_ptr<ItemDecoder> make_item_decoder(const IngestOptions& options);

}  // namespace millrace
