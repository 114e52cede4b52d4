#include "model/families/family.h"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

constexpr std::array<std::string_view, 1> kScoreColumn{"score"};
// Log-probabilities below this say the same: not this one.
constexpr float kScoreFloor = -20.0F;

}  // namespace

std::span<const std::string_view> Family::columns() const { return kScoreColumn; }

void Family::describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) {
  const std::span<float> scores = columns.column(0);
  score(context, items, scores);
  for (float& score : scores) score = std::max(score, kScoreFloor);
}

}  // namespace millrace
