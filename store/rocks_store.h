// The store on RocksDB: one column family a table, one synced write batch a commit.
//
// Recovery of the write-ahead log is point in time: a torn tail is what a power cut leaves of a commit that was never
// acknowledged, and is dropped. A damaged byte further up, or a missing newest log file, looks the same to RocksDB and
// rewinds the store to an earlier, consistent commit. So whoever reads from Kafka compares its stored offsets with the
// group's on start: a group ahead of the store means that the store was rewound, and the difference is read again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "store/store.h"

namespace millrace {

struct RocksOptions {
  std::string directory;  // created if missing
  std::uint64_t block_cache_bytes = 128ULL << 20;
  std::uint64_t write_buffer_bytes = 64ULL << 20;  // for all tables together
  bool read_only = false;                          // for inspection beside a running service
};

// Errors: kLocked (another process owns the directory), kCorruption (checksums, a missing manifest), kNoSpace, kIo,
// kInvalid (a format or tables of another version), kNotFound (read_only and nothing there). Every message names the
// directory and the remedy. A damaged table file may open and show as kCorruption only when the damaged block is read.
//
// read_only takes no lock and writes nothing: it shows the store as it was when opened, and commit() is kInvalid.
Result<std::unique_ptr<Store>> open_rocks_store(const RocksOptions& options);

}  // namespace millrace
