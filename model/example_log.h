// The example log: the model's write-ahead log and the pool that experience replay draws from. Encoded examples stay in
// memory, at least the newest `capacity`, and are appended to Table::kExamples in the step's batch. Older ones go only
// at checkpoints of the model, from memory when one is taken and from the store when it has taken effect, so that
// whatever a step since then has drawn can be drawn again.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/check.h"
#include "core/example.h"
#include "core/result.h"
#include "store/store.h"

namespace millrace {

std::string encode_example(const Example& example);  // docs/formats.md, "example"
Result<Example> decode_example(std::uint64_t sequence, std::string_view bytes);

class ExampleLog {
 public:
  // Requires capacity > 0: the newest example carries the count of all.
  explicit ExampleLog(std::uint64_t capacity) : capacity_(capacity) { MILLRACE_CHECK(capacity > 0); }
  // Reads all that the store holds. Errors: kCorruption (unreadable bytes, a gap), kInvalid (a newer version's layout).
  Status load(const Store& store);
  // Numbers the example, keeps it, and puts it into `batch`.
  std::uint64_t append(const Example& example, WriteBatch& batch);
  // Forgets all but the newest `capacity` before `end` and what is at or after `needed_from`.
  void forget(std::uint64_t needed_from, std::uint64_t end);
  // Puts the erasure of what was forgotten since the last call into `batch`.
  void erase_forgotten(WriteBatch& batch);
  std::uint64_t capacity() const { return capacity_; }
  std::uint64_t begin() const { return first_; }  // sequence of the oldest kept
  std::uint64_t end() const { return first_ + ring_.size(); }
  // Requires begin() <= sequence < end().
  Example at(std::uint64_t sequence) const;
  std::uint64_t bytes() const { return bytes_; }

 private:
  Status take(std::string_view key, std::string_view value);

  std::uint64_t capacity_;
  std::uint64_t first_ = 0;
  std::uint64_t stored_first_ = 0;
  std::uint64_t bytes_ = 0;
  std::deque<std::string> ring_;
};

}  // namespace millrace
