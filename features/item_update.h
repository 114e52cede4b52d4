// How an event and the catalogue change an item's row; the rules are stated in docs/architecture.md, "Features". Pure
// functions.
#pragma once

#include "core/catalogue.h"
#include "core/event.h"
#include "features/features.h"
#include "features/item_state.h"

namespace millrace {

// `user_mean`: of the event's user before it; the rating's own value where the user had none.
void apply_to_item(ItemState& item, const Event& event, const Kind& kind, float user_mean,
                   const FeatureOptions& options);

// Categories and, where the content names one, the price. Returns whether anything changed.
bool describe_item(ItemState& item, const ItemContent& content);

}  // namespace millrace
