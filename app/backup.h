// Backups of a state directory: taken by the service that runs on it, or by the command where none does.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/result.h"
#include "store/rocks_store.h"

namespace millrace {

struct BackupPlan {
  std::string directory;   // absolute
  std::uint32_t keep = 0;  // 0: all
};

// One line for a person: "backup 3 of step 4211: 25 files, 134.2 MiB, 2024-05-01 10:00:00 UTC".
std::string describe_backup(const Backup& backup);

// Answers with that line.
Result<std::string> take_backup(RocksStore& store, const BackupPlan& plan, const std::function<bool()>& proceed);

// A plan as a request to a running service, and what the service does with the request.
std::vector<std::string> backup_request(const BackupPlan& plan);
Result<std::string> serve_request(RocksStore& store, const std::vector<std::string>& words,
                                  const std::function<bool()>& proceed);

}  // namespace millrace
