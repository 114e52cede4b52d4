// What a cache of rows reports (row_cache.h).
#pragma once

#include <cstdint>

namespace millrace {

struct CacheStatistics {
  std::uint64_t hits = 0, misses = 0, rows = 0, bytes = 0;
};

}  // namespace millrace
