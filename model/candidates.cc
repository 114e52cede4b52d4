#include "model/candidates.h"

#include <algorithm>

namespace millrace {

FeatureLayout layout_of(Families families) {
  FeatureLayout layout;
  for (const auto& family : families) {
    const std::string prefix = std::string(family->name()) + ".";
    layout.begins.push_back(layout.columns.size());
    for (const std::string_view column : family->columns()) layout.columns.push_back(prefix + std::string(column));
    for (const std::string_view column : family->event_columns()) {
      layout.event_columns.push_back(prefix + std::string(column));
    }
  }
  layout.begins.push_back(layout.columns.size());
  return layout;
}

void refresh_all(Families families, Workers& workers) {
  workers.run(families.size(), [&](std::size_t f) { families[f]->refresh(); });
}

std::size_t Candidates::find(ItemIndex item) const {
  const auto at = std::lower_bound(items.begin(), items.end(), item);
  return at != items.end() && *at == item ? static_cast<std::size_t>(at - items.begin()) : items.size();
}

Candidates gather_candidates(Families families, const FeatureLayout& layout, const Context& context,
                             std::span<const std::vector<ScoredItem>> lists) {
  Candidates candidates;
  for (const auto& list : lists) {
    for (const ScoredItem& scored : list) candidates.items.push_back(scored.item);
  }
  std::sort(candidates.items.begin(), candidates.items.end());
  candidates.items.erase(std::unique(candidates.items.begin(), candidates.items.end()), candidates.items.end());

  const std::size_t count = candidates.items.size();
  candidates.features.resize(layout.columns.size() * count);
  candidates.event.resize(layout.event_columns.size());
  std::size_t event_begin = 0;
  for (std::size_t f = 0; f < families.size(); ++f) {
    const std::size_t columns = layout.begins[f + 1] - layout.begins[f];
    const auto values = std::span(candidates.features).subspan(layout.begins[f] * count, columns * count);
    families[f]->describe(context, candidates.items, FeatureColumns(values, count));
    const std::size_t event_columns = families[f]->event_columns().size();
    families[f]->describe_event(context, std::span(candidates.event).subspan(event_begin, event_columns));
    event_begin += event_columns;
  }
  return candidates;
}

}  // namespace millrace
