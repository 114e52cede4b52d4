// The store on RocksDB: one column family a table, one synced write batch a commit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "store/store.h"

namespace millrace {

struct RocksOptions {
  std::string directory;                          // created if missing
  std::uint64_t block_cache_bytes = 128ULL << 20;
  std::uint64_t write_buffer_bytes = 64ULL << 20;  // for all tables together
  bool read_only = false;                         // for inspection beside a running service
};

// Errors: kLocked (another process owns the directory), kCorruption (checksums, a missing manifest), kNoSpace, kIo, kInvalid (a
// format of another version). Every message names the directory and the remedy.
Result<std::unique_ptr<Store>> open_rocks_store(const RocksOptions& options);

}  // namespace millrace
