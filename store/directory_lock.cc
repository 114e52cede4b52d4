#include "store/directory_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace millrace {
namespace {

std::string reason() { return std::error_code(errno, std::generic_category()).message(); }

}  // namespace

Result<DirectoryLock> DirectoryLock::take(const std::string& directory) {
  const std::string path = directory + "/" + kLockFile;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return DirectoryLock(-1);
  if (file < 0) return stop_error(ErrorCode::kIo, "opening " + path + ": " + reason() + "; check its permissions");
  // A lock for reading excludes the service's lock for writing, and needs no permission to write.
  struct flock wanted {};
  wanted.l_type = F_RDLCK;
  wanted.l_whence = SEEK_SET;
  if (::fcntl(file, F_SETLK, &wanted) == 0) return DirectoryLock(file);
  struct flock held = wanted;
  const bool known = ::fcntl(file, F_GETLK, &held) == 0 && held.l_type != F_UNLCK;
  ::close(file);
  return stop_error(ErrorCode::kLocked, "locking " + directory + ": " +
                                            (known ? "process " + std::to_string(held.l_pid) : "another process") +
                                            " uses it; stop it first");
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) ::close(file_);
}

Status sync_directory(const std::string& directory) {
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const std::string why = synced ? "" : reason();
  if (file >= 0) ::close(file);
  if (synced) return Ok{};
  return stop_error(ErrorCode::kIo, "syncing " + directory + ": " + why + "; check the disk");
}

}  // namespace millrace
