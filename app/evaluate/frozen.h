// Users whose own histories go on while everything else stands still: what a list is made of between two
// synchronisations of a frozen copy. Over the step's store, which must not change meanwhile; writes nothing. One
// thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "core/event.h"
#include "core/example.h"
#include "core/result.h"
#include "features/features.h"
#include "store/store.h"

namespace millrace {

class FrozenFeatures {
 public:
  // `store` must outlive the result.
  static Result<FrozenFeatures> open(const FeatureOptions& options, const Store& store);

  // As features make it. An item that came since keeps its place in the history as kUnknownItem and is not among the
  // seen ones: the copy has no row of it.
  Result<Context> context(const UserId& user, Millis now, const std::string& session);
  // The example as the copy sees it; its item is kUnknownItem where the copy has no row of it.
  Result<Example> apply(const Event& event);
  const Features& features() const { return *features_; }

 private:
  explicit FrozenFeatures(std::unique_ptr<Features> features);
  void forget_newer_items(Context& context) const;

  std::unique_ptr<Features> features_;
  std::size_t known_items_;
};

}  // namespace millrace
