// When reading must wait: too much still to publish, too little disk, too many dead letters. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "app/config.h"

namespace millrace {

// Pauses above the bound, resumes below half of it.
class BacklogGauge {
 public:
  BacklogGauge(std::uint64_t messages_max, std::uint64_t bytes_max)
      : messages_max_(messages_max), bytes_max_(bytes_max) {}
  bool update(std::uint64_t messages, std::uint64_t bytes);

 private:
  std::uint64_t messages_max_;
  std::uint64_t bytes_max_;
  bool full_ = false;
};

// Share of dead letters among the newest thousand records or so. Once above the limit it stays so: an operator must
// look.
class DeadLetterGauge {
 public:
  explicit DeadLetterGauge(float share_max) : share_max_(share_max) {}
  // Returns whether the limit was passed just now.
  bool add(std::uint64_t records, std::uint64_t dead_letters);
  bool passed() const { return passed_; }

 private:
  float share_max_;
  std::deque<std::pair<std::uint64_t, std::uint64_t>> steps_;
  std::uint64_t records_ = 0;
  std::uint64_t dead_letters_ = 0;
  bool passed_ = false;
};

}  // namespace millrace
