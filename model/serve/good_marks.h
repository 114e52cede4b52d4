// Which checkpoints of a learner are marked: the last good one, and a newer one that has still to prove itself. One
// thread.
#pragma once

#include <cstdint>

#include "core/bytes.h"

namespace millrace {

class GoodMarks {
 public:
  // A checkpoint. Where the state is fit and the newest mark `period` checkpoints old, it is marked, and the newest
  // mark until now is the good one. Whether it was marked.
  bool count(std::uint64_t step, bool fit, std::uint64_t period) {
    if (++since_ < period || !fit) return false;
    good_ = proving_ ? newest_ : good_;
    newest_ = step;
    proving_ = true;
    since_ = 0;
    owner_ ^= 1;
    return true;
  }
  // After a rollback: the good mark alone is left.
  void go_back() {
    newest_ = good_;
    proving_ = false;
    since_ = 0;
  }
  void begin_at(std::uint64_t step) { good_ = newest_ = step; }

  std::uint64_t good_step() const { return good_; }     // 0: the untaught learner
  std::uint8_t newest_owner() const { return owner_; }  // 0 and 1 in turn, by mark

  // As in row "watch" (docs/formats.md).
  void encode(ByteWriter& out) const {
    out.u8(owner_);
    out.u8(proving_ ? 1 : 0);
    for (const std::uint64_t number : {good_, newest_, since_}) out.varint(number);
  }
  void decode(ByteReader& in) {
    owner_ = in.u8() & 1U;
    proving_ = in.u8() != 0;
    for (std::uint64_t* number : {&good_, &newest_, &since_}) *number = in.varint();
  }

 private:
  std::uint64_t good_ = 0;
  std::uint64_t newest_ = 0;
  std::uint64_t since_ = 0;  // checkpoints since the newest mark
  bool proving_ = false;     // the newest mark is not the good one
  std::uint8_t owner_ = 0;
};

}  // namespace millrace
