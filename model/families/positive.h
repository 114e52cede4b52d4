// Which examples speak for their item, and which are a first touch. Used by every family that counts or learns likings.
#pragma once

#include <algorithm>

#include "core/example.h"

namespace millrace {

// Returns, ratings below the user's own mean, and items that are not known are never positive.
inline bool is_positive(const Example& example) {
  const bool disliked = example.signal == Signal::kRating && example.context.mean_rating > 0.0F &&
                        example.value < example.context.mean_rating;
  return example.quantity > 0.0F && !disliked && example.item != kUnknownItem;
}

// Whether the user took the item before, as far as the history at hand goes back.
inline bool in_history(const Context& context, ItemIndex item) {
  return std::any_of(context.history.begin(), context.history.end(),
                     [item](const Interaction& interaction) { return interaction.item == item; });
}

}  // namespace millrace
