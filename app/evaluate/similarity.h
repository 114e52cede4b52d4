// How alike items are by who touched them: MinHash (Broder, 1997) of each item's users, of which the share of equal
// places estimates the Jaccard similarity. Needs no content, so it is there on every stream.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace millrace {

class UserSketches {
 public:
  // `item` numbers from 0.
  void touch(std::uint32_t item, std::string_view user);
  // Estimated; items that nobody touched are like nothing.
  double similarity(std::uint32_t a, std::uint32_t b) const;
  // Intra-list diversity: one less the mean similarity of all pairs. Requires at least two items.
  double diversity(std::span<const std::uint32_t> items) const;

 private:
  static constexpr std::size_t kPlaces = 64;
  using Sketch = std::array<std::uint32_t, kPlaces>;

  std::vector<Sketch> sketches_;
};

}  // namespace millrace
