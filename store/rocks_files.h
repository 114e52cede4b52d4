// The files of a store, checked byte by byte without changing one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "store/rocks_store.h"
#include "store/store.h"

namespace millrace {

struct DamagedFile {
  std::string name;
  std::string problem;
};

struct StoreFiles {
  std::unique_ptr<Store> store;           // read only, of the moment of the check
  std::optional<std::string> unreadable;  // where it could not be opened as a store, and `store` is null
  std::uint64_t tables = 0;
  std::uint64_t table_bytes = 0;
  std::vector<DamagedFile> damaged_tables;
  std::uint64_t logs = 0;
  std::uint64_t log_bytes = 0;
  std::optional<std::string> damaged_log;  // an end that was cut in the middle of a batch is no damage
  Continuity continuity = Continuity::kUnbroken;
};

// Verifies every checksum of every table file and of the write-ahead log; `progress` hears of bytes done and in all.
// Errors as of open_rocks_store() with read_only, where not even the files can be listed. The caller holds the
// directory's lock (directory_lock.h).
Result<StoreFiles> check_rocks_files(const RocksOptions& options,
                                     const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace millrace
