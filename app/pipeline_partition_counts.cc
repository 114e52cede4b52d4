#include "app/pipeline_partition_counts.h"

#include <algorithm>
#include <string>

#include "core/bytes.h"

namespace millrace {
namespace {

constexpr std::string_view kKey = "topic_partitions";
constexpr std::uint8_t kFormat = 1;

Result<std::vector<std::int32_t>> decode_counts(std::string_view row) {
  ByteReader in(row);
  const std::uint8_t format = in.u8();
  std::vector<std::int32_t> counts;
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    counts.push_back(static_cast<std::int32_t>(in.varint()));
  }
  if (format == kFormat && in.done()) return counts;
  return stop_error(ErrorCode::kCorruption, "read the topics' numbers of partitions: found format " +
                                                std::to_string(format) + ", expected 1; restore a backup");
}

}  // namespace

Result<std::vector<std::int32_t>> read_partition_counts(const Store& store) {
  const auto row = store.get(Table::kMeta, kKey);
  if (!row.ok()) return row.error();
  if (!row->has_value()) return std::vector<std::int32_t>();
  return decode_counts(**row);
}

void put_partition_counts(std::span<const std::int32_t> counts, WriteBatch& batch) {
  ByteWriter out;
  out.u8(kFormat);
  out.varint(counts.size());
  for (const std::int32_t count : counts) out.varint(static_cast<std::uint64_t>(count));
  batch.put(Table::kMeta, std::string(kKey), out.take());
}

bool shares_group(std::span<const TopicPartition> assigned, std::span<const std::int32_t> counts) {
  bool lacks = false;
  bool alone = false;
  for (std::size_t topic = 0; topic < counts.size(); ++topic) {
    const auto ours = std::count_if(assigned.begin(), assigned.end(),
                                    [topic](const TopicPartition& partition) { return raw(partition.topic) == topic; });
    lacks |= ours < counts[topic];
    alone |= ours == counts[topic] && counts[topic] > 1;
  }
  return lacks && !alone;
}

}  // namespace millrace
