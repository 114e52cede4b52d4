// How many partitions each event topic had when this store first read it. A topic that gets more deals its users anew.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/result.h"
#include "store/store.h"

namespace millrace {

// By topic; empty: nothing is known yet. docs/formats.md, table meta.
Result<std::vector<std::int32_t>> read_partition_counts(const Store& store);
void put_partition_counts(std::span<const std::int32_t> counts, WriteBatch& batch);

}  // namespace millrace
