// The newest acknowledged commit, noted in a small file beside the store: RocksDB opens silently at an earlier commit
// when the end of its write-ahead log is damaged or missing, and only a note outside the log can tell.
//
// The note is written after each commit and not synced: it survives the end of the process at once and a power cut
// after the kernel's next write-back, so it is never ahead of what was acknowledged. It names its own file (inode and
// birth), which a copy of the directory does not have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.h"

namespace millrace {

inline constexpr const char* kCommitMarkFile = "ACKNOWLEDGED";

class CommitMark {
 public:
  // The sequence number that a directory's mark names; nullopt where there is none, or where it is unreadable or copied
  // from another directory. Reads only.
  static std::optional<std::uint64_t> read(const std::string& directory);
  // Opens or creates it for note().
  static Result<CommitMark> open(const std::string& directory);

  CommitMark(CommitMark&& other) noexcept;
  CommitMark& operator=(CommitMark&&) = delete;
  ~CommitMark();

  // A failure is not one of the commit: the mark stays behind, which is always safe.
  void note(std::uint64_t sequence);

 private:
  CommitMark(int file, std::uint64_t identity) : file_(file), identity_(identity) {}
  int file_;
  std::uint64_t identity_;
};

}  // namespace millrace
