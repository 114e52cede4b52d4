#include "app/evaluate/frozen.h"

#include <utility>
#include <vector>

namespace millrace {

FrozenFeatures::FrozenFeatures(std::unique_ptr<Features> features)
    : features_(std::move(features)), known_items_(features_->item_count()) {}

Result<FrozenFeatures> FrozenFeatures::open(const FeatureOptions& options, const Store& store) {
  MILLRACE_ASSIGN_OR_RETURN(auto features, open_features(options, store));
  return FrozenFeatures(std::move(features));
}

Result<Context> FrozenFeatures::context(const UserId& user, Millis now, const std::string& session) {
  MILLRACE_ASSIGN_OR_RETURN(Context context, features_->context(user, now, session));
  forget_newer_items(context);
  return context;
}

Result<Example> FrozenFeatures::apply(const Event& event) {
  MILLRACE_ASSIGN_OR_RETURN(Example example, features_->apply(event));
  forget_newer_items(example.context);
  if (raw(example.item) >= known_items_) example.item = kUnknownItem;
  return example;
}

void FrozenFeatures::forget_newer_items(Context& context) const {
  for (Interaction& interaction : context.history) {
    if (raw(interaction.item) >= known_items_) interaction.item = kUnknownItem;
  }
  std::erase_if(context.seen, [this](const SeenItem& seen) { return raw(seen.item) >= known_items_; });
}

}  // namespace millrace
