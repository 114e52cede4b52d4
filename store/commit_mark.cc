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
#include "core/hash.h"

namespace millrace {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kBytes = 1 + 8 + 8 + 8;

std::string path_of(const std::string& directory) { return directory + "/" + kCommitMarkFile; }

// Number and birth of the file: a number alone may be given again to a copy that takes the place of what was removed.
std::uint64_t identity_of(int file) {
  struct statx found {};
  if (::statx(file, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &found) != 0) return 0;
  std::uint64_t identity = found.stx_ino;
  if ((found.stx_mask & STATX_BTIME) == 0) return identity;
  constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15ULL;
  identity = identity * kMix + static_cast<std::uint64_t>(found.stx_btime.tv_sec);
  return identity * kMix + found.stx_btime.tv_nsec;
}

// A torn write must not pass for a mark.
std::uint64_t sum_of(std::uint64_t sequence, std::uint64_t identity) {
  ByteWriter numbers;
  numbers.u64(sequence);
  numbers.u64(identity);
  return fnv1a(numbers.bytes());
}

}  // namespace

std::optional<std::uint64_t> CommitMark::read(const std::string& directory) {
  const int file = ::open(path_of(directory).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::array<char, kBytes> buffer{};
  const ssize_t size = ::pread(file, buffer.data(), buffer.size(), 0);
  const std::uint64_t own_identity = identity_of(file);
  ::close(file);
  if (size != static_cast<ssize_t>(kBytes)) return std::nullopt;
  ByteReader in(std::string_view(buffer.data(), buffer.size()));
  const std::uint8_t format = in.u8();
  const std::uint64_t sequence = in.u64();
  const std::uint64_t identity = in.u64();
  const std::uint64_t sum = in.u64();
  if (format != kFormat || identity != own_identity || sum != sum_of(sequence, identity)) return std::nullopt;
  return sequence;
}

Result<CommitMark> CommitMark::open(const std::string& directory) {
  const int file = ::open(path_of(directory).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file >= 0) return CommitMark(file, identity_of(file));
  const std::error_code failure(errno, std::generic_category());
  return stop_error(failure == std::errc::no_space_on_device ? ErrorCode::kNoSpace : ErrorCode::kIo,
                    "opening " + path_of(directory) + ": " + failure.message() +
                        "; check that the directory is writable and that the disk has room");
}

CommitMark::CommitMark(CommitMark&& other) noexcept
    : file_(std::exchange(other.file_, -1)), identity_(other.identity_) {}

CommitMark::~CommitMark() {
  if (file_ >= 0) ::close(file_);
}

void CommitMark::note(std::uint64_t sequence) {
  ByteWriter out;
  out.u8(kFormat);
  out.u64(sequence);
  out.u64(identity_);
  out.u64(sum_of(sequence, identity_));
  const std::string& bytes = out.bytes();
  [[maybe_unused]] const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), 0);
}

}  // namespace millrace
