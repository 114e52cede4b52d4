#include "model/families/factors.h"

#include "core/check.h"
#include "core/random.h"
#include "model/families/positive.h"

namespace millrace {
namespace {

constexpr std::uint64_t kOthersPurpose = 105;

// Ratings were learnt here once; rows of theirs may still be stored.
bool was_of_ratings(std::string_view table) { return table == "ru" || table == "ri" || table == "rt"; }

}  // namespace

FactorsFamily::FactorsFamily(const FactorsOptions& options, std::uint64_t seed)
    : seed_(seed), likings_(options, seed) {}

void FactorsFamily::describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) {
  likings_.likings(context.user, items, columns.column(0));
}

void FactorsFamily::observe(const Example& example) {
  if (!is_positive(example)) return;
  Random random(seed_, example.sequence, kOthersPurpose);
  likings_.learn(example, random);
}

TrainReport FactorsFamily::train(const Minibatch& batch) {
  Random random = batch.random;
  for (const Example* example : batch.examples.subspan(batch.fresh)) {
    if (is_positive(*example)) likings_.replay(*example, random);
  }
  return {};  // its errors are not on the scale of the encoder's loss
}

void FactorsFamily::save(const RowSink& sink, bool all) { likings_.save(sink, all); }

Status FactorsFamily::load(std::string_view table, std::string_view key, std::string_view value) {
  return was_of_ratings(table) ? Status(Ok{}) : likings_.load(table, key, value);
}

Status FactorsFamily::loaded() { return likings_.loaded(); }

}  // namespace millrace
