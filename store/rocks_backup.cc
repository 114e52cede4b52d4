#include "store/rocks_backup.h"

#include <rocksdb/utilities/backup_engine.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "store/directory_lock.h"
#include "store/rocks_database.h"

namespace millrace {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kProgressBytes = 4ULL << 20;

rocksdb::BackupEngineOptions engine_options(const std::string& directory) {
  rocksdb::BackupEngineOptions options(directory);
  options.share_files_with_checksum = true;
  options.sync = true;
  options.max_background_operations = 1;
  options.callback_trigger_interval_size = kProgressBytes;
  return options;
}

Backup backup_of(const rocksdb::BackupInfo& info) {
  return {info.backup_id, info.timestamp, info.number_files, info.size, info.app_metadata};
}

Result<std::unique_ptr<rocksdb::BackupEngineReadOnly>> open_backups(const std::string& directory) {
  const std::string action = "reading the backups in " + directory;
  std::error_code failure;
  if (!fs::is_directory(fs::path(directory) / "meta", failure)) {
    return stop_error(ErrorCode::kNotFound,
                      action + ": no backup is there; name the folder that \"millrace backup\" wrote to");
  }
  rocksdb::BackupEngineReadOnly* engine = nullptr;
  const rocksdb::Status status =
      rocksdb::BackupEngineReadOnly::Open(engine_options(directory), rocksdb::Env::Default(), &engine);
  if (!status.ok()) return rocks_error(status, action);
  return std::unique_ptr<rocksdb::BackupEngineReadOnly>(engine);
}

Result<std::vector<Backup>> backups_of(const rocksdb::BackupEngineReadOnly& engine, const std::string& directory) {
  std::vector<rocksdb::BackupInfo> infos;
  engine.GetBackupInfo(&infos);
  std::vector<Backup> backups;
  backups.reserve(infos.size());
  for (const rocksdb::BackupInfo& info : infos) backups.push_back(backup_of(info));
  std::sort(backups.begin(), backups.end(), [](const Backup& a, const Backup& b) { return a.id < b.id; });
  if (!backups.empty()) return backups;
  return stop_error(ErrorCode::kNotFound, "reading the backups in " + directory +
                                              ": none is whole; name another folder, or take a new backup");
}

Result<Backup> choose(const std::vector<Backup>& backups, const RestoreRequest& request) {
  if (!request.id) return backups.back();
  for (const Backup& backup : backups) {
    if (backup.id == *request.id) return backup;
  }
  return stop_error(ErrorCode::kNotFound, "restoring backup " + std::to_string(*request.id) + " from " +
                                              request.directory + ": it has backups " +
                                              std::to_string(backups.front().id) + " to " +
                                              std::to_string(backups.back().id) + "; name one of them");
}

// Everything that a volume or an interrupted restore puts there by itself is no content.
bool is_content(const fs::path& path) {
  const std::string name = path.filename().string();
  return name != kRestoringFolder && name != "lost+found" && name != kLockFile;
}

std::vector<fs::path> contents_of(const std::string& directory) {
  std::vector<fs::path> found;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(directory, failure)) {
    if (is_content(entry.path())) found.push_back(entry.path());
  }
  return found;
}

Error file_error(const std::string& action, const std::error_code& failure) {
  const bool full = failure == std::errc::no_space_on_device;
  const bool denied = failure == std::errc::permission_denied || failure == std::errc::read_only_file_system ||
                      failure == std::errc::operation_not_permitted;
  const ErrorCode code = full ? ErrorCode::kNoSpace : denied ? ErrorCode::kDenied : ErrorCode::kIo;
  return stop_error(code, action + ": " + failure.message() + "; correct it and run the restore again");
}

// The root of a store goes first and comes last, so that what lies between is refused by every opening.
Status swap_in(const fs::path& from, const RestoreRequest& request) {
  const std::string action = "restoring into " + request.target;
  const fs::path root = fs::path(request.target) / "CURRENT";
  std::error_code failure;
  fs::remove(root, failure);
  for (const fs::path& old : contents_of(request.target)) {
    if (failure) break;
    fs::remove_all(old, failure);
  }
  if (failure) return file_error(action, failure);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(from, failure)) files.push_back(entry.path());
  std::partition(files.begin(), files.end(), [](const fs::path& file) { return file.filename() != "CURRENT"; });
  for (const fs::path& file : files) {
    if (failure) break;
    fs::rename(file, fs::path(request.target) / file.filename(), failure);
  }
  if (failure) return file_error(action, failure);
  MILLRACE_RETURN_IF_ERROR(sync_directory(request.target));
  fs::remove_all(from, failure);
  if (failure) return file_error(action, failure);
  return sync_directory(request.target);
}

Status check_target(const RestoreRequest& request) {
  std::error_code failure;
  fs::create_directories(request.target, failure);
  if (failure) return file_error("creating " + request.target, failure);
  const std::vector<fs::path> found = contents_of(request.target);
  if (found.empty() || request.replace) return Ok{};
  return stop_error(ErrorCode::kInvalid, "restoring into " + request.target + ": found " +
                                             found.front().filename().string() +
                                             " there, expected an empty directory; name another, or give --replace to "
                                             "put the backup in the place of what is there");
}

}  // namespace

Result<Backup> back_up_database(rocksdb::DB& database, const BackupRequest& request) {
  const std::string action = "backing up into " + request.directory;
  std::error_code failure;
  fs::create_directories(request.directory, failure);
  if (failure) return file_error(action, failure);
  rocksdb::BackupEngine* opened = nullptr;
  rocksdb::Status status =
      rocksdb::BackupEngine::Open(engine_options(request.directory), rocksdb::Env::Default(), &opened);
  if (!status.ok()) return rocks_error(status, action);
  const std::unique_ptr<rocksdb::BackupEngine> engine(opened);
  rocksdb::CreateBackupOptions options;
  options.flush_before_backup = false;  // the log is copied instead, so that the service is not held up
  options.progress_callback = [&] {
    if (!request.proceed()) engine->StopBackup();
  };
  rocksdb::BackupID id = 0;
  status = engine->CreateNewBackupWithMetadata(options, &database, request.note, &id);
  if (status.IsIncomplete()) {
    return stop_error(ErrorCode::kUnavailable, action + ": given up because the process is ending; start it again");
  }
  if (!status.ok()) return rocks_error(status, action);
  rocksdb::BackupInfo info;
  status = engine->GetBackupInfo(id, &info);
  if (!status.ok()) return rocks_error(status, action);
  if (request.keep > 0) status = engine->PurgeOldBackups(request.keep);
  if (!status.ok()) return rocks_error(status, "removing old backups from " + request.directory);
  return backup_of(info);
}

Result<std::vector<Backup>> list_backups(const std::string& directory) {
  MILLRACE_ASSIGN_OR_RETURN(const auto engine, open_backups(directory));
  return backups_of(*engine, directory);
}

Result<Backup> restore_backup(const RestoreRequest& request) {
  MILLRACE_ASSIGN_OR_RETURN(const auto engine, open_backups(request.directory));
  MILLRACE_ASSIGN_OR_RETURN(const auto backups, backups_of(*engine, request.directory));
  MILLRACE_ASSIGN_OR_RETURN(const Backup backup, choose(backups, request));
  const std::string name = "backup " + std::to_string(backup.id) + " in " + request.directory;
  MILLRACE_RETURN_IF_ERROR(check_target(request));
  MILLRACE_ASSIGN_OR_RETURN(const DirectoryLock lock, DirectoryLock::take(request.target));
  rocksdb::Status status = engine->VerifyBackup(backup.id, true);
  if (!status.ok()) return rocks_error(status, "verifying " + name);
  const fs::path beside = fs::path(request.target) / kRestoringFolder;
  std::error_code failure;
  fs::remove_all(beside, failure);
  fs::create_directory(beside, failure);
  if (failure) return file_error("creating " + beside.string(), failure);
  status = engine->RestoreDBFromBackup(rocksdb::RestoreOptions(), backup.id, beside.string(), beside.string());
  if (!status.ok()) return rocks_error(status, "restoring " + name + " into " + request.target);
  MILLRACE_RETURN_IF_ERROR(swap_in(beside, request));
  return backup;
}

}  // namespace millrace
