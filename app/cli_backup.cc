// `millrace backup` and `millrace restore`.
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include "app/backup.h"
#include "app/cli_commands.h"
#include "app/control.h"
#include "store/rocks_store.h"

namespace millrace {
namespace {

namespace fs = std::filesystem;

Status print_backups(const std::string& directory) {
  MILLRACE_ASSIGN_OR_RETURN(const auto backups, list_backups(directory));
  for (const Backup& backup : backups) std::printf("%s\n", describe_backup(backup).c_str());
  return Ok{};
}

// A backup on the disk that it is to replace would be lost with it; and a restore would take it for content.
Status check_apart(const fs::path& directory, const fs::path& state) {
  const fs::path inside = directory.lexically_relative(state);
  if (inside.empty() || *inside.begin() == "..") return Ok{};
  return stop_error(ErrorCode::kInvalid, "backing up into " + directory.string() + ": it lies in the state directory " +
                                             state.string() + "; name a folder outside it, on another disk if you can");
}

Status check_store_is_there(const std::string& directory) {
  std::error_code failure;
  if (fs::exists(fs::path(directory) / "CURRENT", failure)) return Ok{};
  return stop_error(ErrorCode::kNotFound, "backing up " + directory +
                                              ": no store is there; name the directory that the service uses with "
                                              "--set service.state_directory=PATH");
}

// Absolute and without "." and "..", for the service has a working directory of its own.
fs::path settled(const std::string& path) { return fs::weakly_canonical(fs::absolute(path)); }

}  // namespace

Status run_backup(const BackupCommand& command, const Config& config) {
  if (command.list) return print_backups(command.directory);
  const std::string& state = config.service.state_directory;
  const BackupPlan plan{settled(command.directory).string(), command.keep};
  MILLRACE_RETURN_IF_ERROR(check_apart(plan.directory, settled(state)));
  MILLRACE_RETURN_IF_ERROR(check_store_is_there(state));
  MILLRACE_ASSIGN_OR_RETURN(std::optional<std::string> taken, ask_service(state, backup_request(plan)));
  if (!taken) {
    MILLRACE_ASSIGN_OR_RETURN(const auto store, open_rocks_store(rocks_options(config, false)));
    MILLRACE_ASSIGN_OR_RETURN(taken, take_backup(*store, plan, [] { return true; }));
  }
  std::printf("%s\n", taken->c_str());
  return Ok{};
}

Status run_restore(const RestoreCommand& command, const Config& config) {
  RestoreRequest request;
  request.directory = command.directory;
  request.id = command.id;
  request.target = config.service.state_directory;
  request.replace = command.replace;
  MILLRACE_ASSIGN_OR_RETURN(const Backup backup, restore_backup(request));
  std::printf("restored %s\nto %s; the service will read from the topics what came since\n",
              describe_backup(backup).c_str(), request.target.c_str());
  return Ok{};
}

}  // namespace millrace
