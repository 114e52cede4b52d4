#include "app/backup.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "app/state_meta.h"

namespace millrace {
namespace {

constexpr const char* kBackupWord = "backup";

std::string time_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 32> buffer{};
  const std::size_t size = std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return std::string(buffer.data(), size);
}

std::string size_text(std::uint64_t bytes) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.1f MiB", static_cast<double>(bytes) / (1 << 20));
  return buffer.data();
}

}  // namespace

std::string describe_backup(const Backup& backup) {
  return "backup " + std::to_string(backup.id) + (backup.note.empty() ? "" : " of " + backup.note) + ": " +
         std::to_string(backup.files) + " files, " + size_text(backup.bytes) + ", " + time_text(backup.taken_at);
}

Result<std::string> take_backup(RocksStore& store, const BackupPlan& plan, const std::function<bool()>& proceed) {
  MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t step, read_meta_counter(store, kLastStepKey));
  BackupRequest request;
  request.directory = plan.directory;
  request.note = "step " + std::to_string(step);  // or one that follows while it begins
  request.keep = plan.keep;
  request.proceed = proceed;
  MILLRACE_ASSIGN_OR_RETURN(const Backup backup, store.back_up(request));
  return describe_backup(backup);
}

std::vector<std::string> backup_request(const BackupPlan& plan) {
  return {kBackupWord, plan.directory, std::to_string(plan.keep)};
}

Result<std::string> serve_request(RocksStore& store, const std::vector<std::string>& words,
                                  const std::function<bool()>& proceed) {
  BackupPlan plan;
  if (words.size() != 3 || words[0] != kBackupWord ||
      std::from_chars(words[2].data(), words[2].data() + words[2].size(), plan.keep).ec != std::errc()) {
    return stop_error(ErrorCode::kInvalid,
                      "the running service does not know this request; use the millrace that it was started with");
  }
  plan.directory = words[1];
  return take_backup(store, plan, proceed);
}

}  // namespace millrace
