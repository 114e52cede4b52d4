// Which predictions a step makes before it learns: the caller's queries, and as many of its examples as the effort
// allows, from which the recommender learns whom to trust.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/example.h"
#include "model/families/family.h"
#include "model/learner.h"
#include "model/options.h"

namespace millrace {

struct Prediction {
  std::size_t before = 0;  // made before this example is observed
  const Context* context = nullptr;
  std::vector<ItemIndex> exclude;
  std::optional<std::size_t> query;   // index of the caller's query
  std::vector<std::size_t> examples;  // those that tell what was taken, the lines of one basket
};

// In their order. The examples are the first of the step; each that a query already asks for (same place, same user)
// shares that prediction. Holds pointers into `input`; none while recovering.
std::vector<Prediction> plan_predictions(const LearnInput& input, const ModelOptions& options);
std::vector<RankRequest> requests_of(const std::vector<Prediction>& predictions);

}  // namespace millrace
