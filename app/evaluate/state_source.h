// The example log of a state directory as a stream: what the service learnt, gone through again from nothing.
#pragma once

#include "app/evaluate/evaluate.h"
#include "core/result.h"
#include "features/features.h"
#include "store/store.h"

namespace millrace {

// The newest examples that the store keeps (store.example_capacity), sessions as they were cut; users go by their
// number, contents of items are those known now. What came before the oldest example is not known to the evaluation.
// kInvalid for a log that is empty, or of other kinds than `features` has.
Result<EventStream> read_example_log(const FeatureOptions& features, const Store& store);

}  // namespace millrace
