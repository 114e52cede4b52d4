#include "model/families/ratings.h"

namespace millrace {

RatingsFamily::RatingsFamily(const RatingsOptions& options, std::uint64_t seed, const ItemTable& items)
    : experts_(options, seed, items), stack_(seed) {}

void RatingsFamily::describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) {
  for (std::size_t i = 0; i < items.size(); ++i) columns.column(0)[i] = experts_.liking(context.user, items[i]);
}

void RatingsFamily::observe(const Example& example) {
  if (example.signal != Signal::kRating || example.item == kUnknownItem) return;
  const Rating rating{example.context.user, example.item, example.value, example.time};
  const RatingOpinion opinion = experts_.opinion(rating.user, rating.item, rating.time);
  experts_.learn(rating, opinion, replays_);
  stack_.learn(opinion, experts_.scale().level(static_cast<double>(rating.rating)), replays_);
}

std::optional<float> RatingsFamily::predict_rating(const Context& context, ItemIndex item) {
  if (experts_.scale().count() == 0) return std::nullopt;
  const RatingOpinion opinion = experts_.opinion(context.user, item, context.now);
  return experts_.scale().rating(stack_.predict(opinion));
}

void RatingsFamily::save(const RowSink& sink, bool all) {
  experts_.save(sink, all);
  stack_.save(sink, all);
}

Status RatingsFamily::load(std::string_view table, std::string_view key, std::string_view value) {
  const auto loaded = experts_.load(table, key, value);
  return loaded ? *loaded : stack_.load(table, key, value);
}

Status RatingsFamily::loaded() {
  MILLRACE_RETURN_IF_ERROR(experts_.loaded());
  return stack_.loaded();
}

}  // namespace millrace
