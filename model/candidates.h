// Candidates of one prediction: the union of every family's best items, described by every family. Between the families
// and the ranker.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/example.h"
#include "core/workers.h"
#include "model/families/family.h"

namespace millrace {

using Families = std::span<const std::unique_ptr<Family>>;

// Which columns are whose.
struct FeatureLayout {
  std::vector<std::string> columns;        // FAMILY.COLUMN, of each candidate
  std::vector<std::string> event_columns;  // the same for every candidate of a prediction
  std::vector<std::size_t> begins;         // by family: its first column; then columns.size()
};
FeatureLayout layout_of(Families families);

// Makes all of them ready to rank (Family::refresh()), side by side.
void refresh_all(Families families, Workers& workers);

struct Candidates {
  std::vector<ItemIndex> items;  // sorted, without duplicates
  std::vector<float> features;   // columns × items, column after column
  std::vector<float> event;      // event columns

  // Position of an item, or items.size().
  std::size_t find(ItemIndex item) const;
};

// `lists`: by family, what rank() gave for this context.
Candidates gather_candidates(Families families, const FeatureLayout& layout, const Context& context,
                             std::span<const std::vector<ScoredItem>> lists);

}  // namespace millrace
