#include "app/evaluate/similarity.h"

#include <algorithm>
#include <limits>

#include "core/check.h"
#include "core/hash.h"
#include "core/random.h"

namespace millrace {
namespace {

constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();

}  // namespace

void UserSketches::touch(std::uint32_t item, std::string_view user) {
  if (item >= sketches_.size()) {
    Sketch empty;
    empty.fill(kNobody);
    sketches_.resize(item + std::size_t{1}, empty);
  }
  std::uint64_t state = fnv1a(user);
  for (std::uint32_t& place : sketches_[item]) {
    place = std::min(place, static_cast<std::uint32_t>(splitmix64(state) >> 33));  // below kNobody
  }
}

double UserSketches::similarity(std::uint32_t a, std::uint32_t b) const {
  if (a >= sketches_.size() || b >= sketches_.size()) return 0.0;
  std::uint32_t equal = 0;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    equal += sketches_[a][i] == sketches_[b][i] && sketches_[a][i] != kNobody ? 1 : 0;
  }
  return static_cast<double>(equal) / static_cast<double>(kPlaces);
}

double UserSketches::diversity(std::span<const std::uint32_t> items) const {
  MILLRACE_CHECK(items.size() >= 2);
  double alike = 0.0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (std::size_t j = i + 1; j < items.size(); ++j) alike += similarity(items[i], items[j]);
  }
  const auto n = static_cast<double>(items.size());
  return 1.0 - alike / (n * (n - 1.0) / 2.0);
}

}  // namespace millrace
