// A doubly linked list over small numbers: who was touched longest ago, in constant time.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace millrace::nn {

class TouchOrder {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  std::size_t size() const { return size_; }
  std::uint32_t oldest() const { return oldest_; }  // kNone where empty

  // Requires that `node` is not in the list.
  void push_newest(std::uint32_t node) {
    if (node >= links_.size()) links_.resize(node + std::size_t{1});
    links_[node] = {newest_, kNone};
    (newest_ == kNone ? oldest_ : links_[newest_].newer) = node;
    newest_ = node;
    ++size_;
  }
  // Requires that `node` is in the list.
  void remove(std::uint32_t node) {
    const Link link = links_[node];
    (link.older == kNone ? oldest_ : links_[link.older].newer) = link.newer;
    (link.newer == kNone ? newest_ : links_[link.newer].older) = link.older;
    --size_;
  }

 private:
  struct Link {
    std::uint32_t older = kNone;
    std::uint32_t newer = kNone;
  };
  std::vector<Link> links_;
  std::uint32_t oldest_ = kNone;
  std::uint32_t newest_ = kNone;
  std::size_t size_ = 0;
};

}  // namespace millrace::nn
