// The store on RocksDB: one column family a table, one synced write batch a commit.
//
// Recovery of the write-ahead log is point in time: a torn tail is what a power cut leaves of a commit that was never
// acknowledged, and is dropped. A damaged byte further up, or a missing newest log file, looks the same to RocksDB and
// rewinds the store to an earlier, consistent commit; continuity() says so (commit_mark.h). Whoever reads from Kafka
// goes on from its stored offsets then, and must not reuse what it numbered since. A log file that is not the newest,
// or that tables are already ahead of, is refused as corruption where it is missing, cut or damaged.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"
#include "store/rocks_backup.h"
#include "store/store.h"

namespace millrace {

struct RocksOptions {
  std::string directory;  // created if missing
  std::uint64_t block_cache_bytes = 128ULL << 20;
  std::uint64_t write_buffer_bytes = 64ULL << 20;  // for all tables together
  std::uint64_t background_bytes_per_second = 0;   // flushes and compactions together; 0: by the processors
  bool read_only = false;                          // for inspection beside a running service
  // Receives RocksDB's warnings and errors, from its threads. It writes no log file of its own: its library ends the
  // process where that cannot be written.
  std::function<void(std::string_view)> log;
};

class RocksStore : public Store {
 public:
  // Copies the store as it is now, while it is written to, from any one thread (rocks_backup.h). kInvalid where the
  // store was opened read_only.
  virtual Result<Backup> back_up(const BackupRequest& request) = 0;
};

// Errors: kLocked (another process owns the directory), kCorruption (checksums, a missing manifest, a restore that did
// not finish), kNoSpace, kDenied (no permission, a read-only disk), kIo, kInvalid (a format or tables of another
// version), kNotFound (read_only and nothing there). Every message names the directory and the remedy. A damaged table
// file may open and show as kCorruption only when the damaged block is read.
//
// read_only takes no lock and writes nothing: it shows the store as it was when opened, and commit() is kInvalid.
Result<std::unique_ptr<RocksStore>> open_rocks_store(const RocksOptions& options);

}  // namespace millrace
