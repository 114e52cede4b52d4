// How many partitions each event topic had when this store first read it, and whether all of them are ours. A topic
// that gets more deals its users anew.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/result.h"
#include "kafka/client.h"
#include "store/store.h"

namespace millrace {

// By topic; empty: nothing is known yet. docs/formats.md, table meta.
Result<std::vector<std::int32_t>> read_partition_counts(const Store& store);
void put_partition_counts(std::span<const std::int32_t> counts, WriteBatch& batch);

// Whether other members of the group have partitions, of topics with so many. Each topic is dealt by range, so whoever
// has the whole of one that can be shared is alone: by what he lacks of another, it has grown since it was dealt.
bool shares_group(std::span<const TopicPartition> assigned, std::span<const std::int32_t> counts);

}  // namespace millrace
