#include "ingest/ingest.h"

#include <utility>

#include "core/check.h"
#include "ingest/event_decoder.h"
#include "ingest/partition_ledger.h"

namespace millrace {
namespace {

using Key = std::pair<TopicIndex, PartitionIndex>;

class JsonIngest final : public Ingest {
 public:
  JsonIngest(const IngestOptions& options, const Store& store) : options_(options), store_(store), decoder_(options) {}

  Status assign(std::span<const std::pair<TopicIndex, PartitionIndex>> partitions) override {
    std::map<Key, Entry> assigned;
    for (const Key& key : partitions) {
      PartitionLedger ledger(key.first, key.second, options_.duplicates_window);
      MILLRACE_ASSIGN_OR_RETURN(const bool known, ledger.load(store_));
      assigned.emplace(key, Entry{std::move(ledger), known});
    }
    ledgers_ = std::move(assigned);
    return Ok{};
  }

  std::optional<PartitionState> partition(TopicIndex topic, PartitionIndex partition) const override {
    const auto found = ledgers_.find({topic, partition});
    if (found == ledgers_.end() || !found->second.known) return std::nullopt;
    return found->second.ledger.state();
  }

  void start_at(TopicIndex topic, PartitionIndex partition, Offset next) override {
    Entry& entry = find(topic, partition);
    entry.ledger.start_at(next);
    entry.known = true;
  }

  Ingested ingest(std::span<const Record> records, bool refuse_foreign_keys) override {
    Ingested result;
    result.events.reserve(records.size());
    for (const Record& record : records) {
      Entry& entry = find(record.position.topic, record.position.partition);
      if (record.position.offset < entry.ledger.state().next) continue;
      entry.known = true;
      take(record, refuse_foreign_keys, entry.ledger, result);
    }
    return result;
  }

  void flush(WriteBatch& batch) override {
    for (auto& [key, entry] : ledgers_) entry.ledger.flush(batch);
  }

  std::vector<std::pair<Key, PartitionState>> partitions() const override {
    std::vector<std::pair<Key, PartitionState>> states;
    for (const auto& [key, entry] : ledgers_) {
      if (entry.known) states.emplace_back(key, entry.ledger.state());
    }
    return states;
  }

 private:
  struct Entry {
    PartitionLedger ledger;
    bool known;  // it has a stored state, a start or a record
  };

  Entry& find(TopicIndex topic, PartitionIndex partition) {
    const auto found = ledgers_.find({topic, partition});
    MILLRACE_CHECK(found != ledgers_.end());
    return found->second;
  }

  // Gives the record its one outcome.
  void take(const Record& record, bool refuse_foreign_keys, PartitionLedger& ledger, Ingested& result) {
    DecodedEvent decoded = decoder_.decode(record);
    if (const Event* event = std::get_if<Event>(&decoded.result); event != nullptr && record.key != event->user.bytes) {
      ++result.foreign_keys;
      if (refuse_foreign_keys) {
        decoded.result =
            Fault{reason::kForeignKey,
                  "the record's key is not its user; an instance that shares its group needs topics keyed by user"};
      }
    }
    const Outcome outcome = settle(record, decoded, ledger, result);
    ledger.count(record.position.offset, outcome);
    ++result.counts[{record.position.topic, decoded.kind, outcome}];
  }

  Outcome settle(const Record& record, DecodedEvent& decoded, PartitionLedger& ledger, Ingested& result) const {
    if (Fault* fault = std::get_if<Fault>(&decoded.result)) {
      ++result.dead_letter_reasons[{record.position.topic, std::string(fault->reason)}];
      result.dead_letters.push_back({record, std::string(fault->reason), std::move(fault->detail)});
      return Outcome::kDeadLetter;
    }
    Event& event = std::get<Event>(decoded.result);
    const Outcome outcome = admit(event, ledger);
    if (outcome == Outcome::kApplied) {
      ledger.accept(event);
      result.events.push_back(std::move(event));
    }
    return outcome;
  }

  Outcome admit(const Event& event, const PartitionLedger& ledger) const {
    if (!event.event_id.empty() && ledger.remembers(event.event_id)) return Outcome::kDuplicate;
    if (event.event_time > event.record_time + options_.skew_allowance) return Outcome::kSkewed;
    if (event.event_time < ledger.state().newest - options_.late_allowance) return Outcome::kLate;
    return Outcome::kApplied;
  }

  IngestOptions options_;
  const Store& store_;
  EventDecoder decoder_;
  std::map<Key, Entry> ledgers_;
};

}  // namespace

std::unique_ptr<Ingest> make_ingest(const IngestOptions& options, const Store& store) {
  return std::make_unique<JsonIngest>(options, store);
}

}  // namespace millrace
