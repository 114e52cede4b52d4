// Predictions that the ranker learns from again: the newest few thousand, each feature in a byte, so that all of them
// fit in memory and what a step adds is saved with it. What is learnt again is what was stored, to the bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "model/ranker/network.h"

namespace millrace {

// A prediction with the positions of what was taken.
struct RankedExample {
  RankerInput input;
  std::vector<std::uint32_t> targets;
};

class ReplayRing {
 public:
  ReplayRing(NetworkShape shape, std::size_t capacity) : shape_(shape), capacity_(capacity) {}

  std::size_t size() const { return slots_.size(); }
  void add(const RankedExample& example);
  // Requires slot < size().
  RankedExample at(std::size_t slot) const;

  // Hands the slots written since the last call to `sink`.
  void save(const std::function<void(std::uint32_t slot, std::string_view bytes)>& sink);
  // One saved slot back, in order of their numbers; `next`: the slot written next.
  Status load(std::uint32_t slot, std::string_view bytes);
  std::size_t next() const { return next_; }
  void set_next(std::size_t next) { next_ = next; }
  std::uint64_t memory_bytes() const;

 private:
  NetworkShape shape_;
  std::size_t capacity_;
  std::size_t next_ = 0;
  std::vector<std::string> slots_;  // encoded
  std::vector<std::uint32_t> unsaved_;
};

}  // namespace millrace
