#include "store/commit_mark.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/bytes.h"

namespace millrace {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kBytes = 1 + 8 + 8 + 8;

std::string path_of(const std::string& directory) { return directory + "/" + kCommitMarkFile; }

std::uint64_t inode_of(int file) {
  struct stat found {};
  return ::fstat(file, &found) == 0 ? found.st_ino : 0;
}

// FNV-1a: a torn write must not pass for a mark.
std::uint64_t sum_of(std::uint64_t sequence, std::uint64_t inode) {
  std::uint64_t sum = 0xcbf29ce484222325ULL;
  for (const std::uint64_t number : {sequence, inode}) {
    for (int shift = 0; shift < 64; shift += 8) sum = (sum ^ (number >> shift & 0xff)) * 0x100000001b3ULL;
  }
  return sum;
}

}  // namespace

std::optional<std::uint64_t> CommitMark::read(const std::string& directory) {
  const int file = ::open(path_of(directory).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::array<char, kBytes> buffer{};
  const ssize_t size = ::pread(file, buffer.data(), buffer.size(), 0);
  const std::uint64_t own_inode = inode_of(file);
  ::close(file);
  if (size != static_cast<ssize_t>(kBytes)) return std::nullopt;
  ByteReader in(std::string_view(buffer.data(), buffer.size()));
  const std::uint8_t format = in.u8();
  const std::uint64_t sequence = in.u64();
  const std::uint64_t inode = in.u64();
  const std::uint64_t sum = in.u64();
  if (format != kFormat || inode != own_inode || sum != sum_of(sequence, inode)) return std::nullopt;
  return sequence;
}

Result<CommitMark> CommitMark::open(const std::string& directory) {
  const int file = ::open(path_of(directory).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file >= 0) return CommitMark(file, inode_of(file));
  const std::error_code failure(errno, std::generic_category());
  return stop_error(failure == std::errc::no_space_on_device ? ErrorCode::kNoSpace : ErrorCode::kIo,
                    "opening " + path_of(directory) + ": " + failure.message() +
                        "; check that the directory is writable and that the disk has room");
}

CommitMark::CommitMark(CommitMark&& other) noexcept : file_(std::exchange(other.file_, -1)), inode_(other.inode_) {}

CommitMark::~CommitMark() {
  if (file_ >= 0) ::close(file_);
}

void CommitMark::note(std::uint64_t sequence) {
  ByteWriter out;
  out.u8(kFormat);
  out.u64(sequence);
  out.u64(inode_);
  out.u64(sum_of(sequence, inode_));
  const std::string& bytes = out.bytes();
  [[maybe_unused]] const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), 0);
}

}  // namespace millrace
