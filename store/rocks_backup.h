// Copies of a store and putting them back. A folder of backups holds any number of them and shares the table files they
// have in common, so that a later backup copies only what is new; every file carries a checksum (RocksDB's
// BackupEngine). A backup is the store of one whole commit.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"

namespace millrace {

struct Backup {
  std::uint32_t id = 0;
  std::int64_t taken_at = 0;  // seconds since 1970
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;  // of the store it holds, shared files included
  std::string note;         // the caller's
};

struct BackupRequest {
  std::string directory;  // created if missing
  std::string note;
  std::uint32_t keep = 0;  // how many to keep, this one included; 0: all
  // Asked now and then while files are copied; false gives the backup up.
  std::function<bool()> proceed = [] { return true; };
};

// The backups of a folder that are whole as far as their list says, oldest first. kNotFound where there is no such
// folder or none in it.
Result<std::vector<Backup>> list_backups(const std::string& directory);

struct RestoreRequest {
  std::string directory;            // of the backups
  std::optional<std::uint32_t> id;  // absent: the newest
  std::string target;               // the state directory; created if missing
  bool replace = false;             // even where something is in it already
};

// Files are put there while a restore is under way; a store beside it is refused. Removed when all are in place.
inline constexpr const char* kRestoringFolder = "restoring";

// Verifies the backup's checksums, copies it beside what is in the target, and puts it in its place in the end: what
// was there is kept until the copy is whole. kNotFound: no such backup; kCorruption: a checksum of the backup does not
// match; kInvalid: the target is not empty; kLocked: another process uses it; kNoSpace, kDenied, kIo.
Result<Backup> restore_backup(const RestoreRequest& request);

}  // namespace millrace
