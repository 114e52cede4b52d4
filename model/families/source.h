// A family that only describes the candidates of others to the ranker.
#pragma once

#include <algorithm>
#include <vector>

#include "model/families/family.h"

namespace millrace {

class Source : public Family {
 public:
  bool recommends() const final { return false; }
  std::vector<std::vector<ScoredItem>> rank(std::span<const RankRequest> requests, std::size_t /*k*/) final {
    return std::vector<std::vector<ScoredItem>>(requests.size());
  }
  // The first of its columns.
  void score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) override {
    std::vector<float> values(columns().size() * items.size());
    const FeatureColumns described(values, items.size());
    describe(context, items, described);
    if (items.empty()) return;
    const auto first = described.column(0);
    std::copy(first.begin(), first.end(), scores.begin());
  }
  void describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) override = 0;
};

}  // namespace millrace
