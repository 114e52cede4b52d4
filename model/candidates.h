// Candidates of one prediction: the union of every family's best items, with every family's score for each. Between the
// families and the blend.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/example.h"
#include "model/families/family.h"

namespace millrace {

struct Candidates {
  std::size_t families = 0;
  std::vector<ItemIndex> items;  // sorted, without duplicates
  std::vector<float> scores;     // [items × families], floor where a family has no opinion

  std::span<const float> row(std::size_t item) const { return std::span(scores).subspan(item * families, families); }
  // Position of an item, or items.size().
  std::size_t find(ItemIndex item) const;
};

// `lists`: by family, what rank() gave for this context.
Candidates gather_candidates(std::span<const std::unique_ptr<Family>> families, const Context& context,
                             std::span<const std::vector<ScoredItem>> lists);

}  // namespace millrace
