// Which examples speak for their item. Used by every family that counts or learns likings.
#pragma once

#include "core/example.h"

namespace millrace {

// Returns, ratings below the user's own mean, and items that are not known are never positive.
inline bool is_positive(const Example& example) {
  const bool disliked = example.signal == Signal::kRating && example.context.mean_rating > 0.0F &&
                        example.value < example.context.mean_rating;
  return example.quantity > 0.0F && !disliked && example.item != kUnknownItem;
}

}  // namespace millrace
