#include "model/families/factors.h"

#include "core/check.h"
#include "core/random.h"
#include "model/families/positive.h"

namespace millrace {
namespace {

constexpr std::uint64_t kOthersPurpose = 105;

bool is_rating(const Example& example) { return example.signal == Signal::kRating && example.item != kUnknownItem; }

}  // namespace

FactorsFamily::FactorsFamily(const FactorsOptions& options, std::uint64_t seed, const ItemTable& items)
    : seed_(seed), ratings_(options, seed), likings_(options, seed, items) {}

std::vector<std::vector<ScoredItem>> FactorsFamily::rank(std::span<const RankRequest> requests, std::size_t k) {
  return likings_.rank(requests, k);
}

void FactorsFamily::score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) {
  likings_.likings(context.user, items, scores);
}

void FactorsFamily::observe(const Example& example) {
  if (is_rating(example)) ratings_.learn(example);
  if (!is_positive(example)) return;
  Random random(seed_, example.sequence, kOthersPurpose);
  likings_.learn(example, random);
}

TrainReport FactorsFamily::train(const Minibatch& batch) {
  Random random = batch.random;
  for (const Example* example : batch.examples.subspan(batch.fresh)) {
    if (is_rating(*example)) ratings_.replay(*example);
    if (is_positive(*example)) likings_.replay(*example, random);
  }
  return {};  // its errors are not on the scale of the encoder's loss
}

std::optional<float> FactorsFamily::predict_rating(const Context& context, ItemIndex item) {
  return ratings_.predict(context.user, item);
}

void FactorsFamily::save(const RowSink& sink, bool all) {
  ratings_.save(sink, all);
  likings_.save(sink, all);
}

Status FactorsFamily::load(std::string_view table, std::string_view key, std::string_view value) {
  return table.starts_with('r') ? ratings_.load(table, key, value) : likings_.load(table, key, value);
}

Status FactorsFamily::loaded() {
  MILLRACE_RETURN_IF_ERROR(ratings_.loaded());
  return likings_.loaded();
}

}  // namespace millrace
