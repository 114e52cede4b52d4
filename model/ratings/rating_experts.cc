#include "model/ratings/rating_experts.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/check.h"
#include "core/random.h"
#include "model/families/factor_table.h"

namespace millrace {
namespace {

constexpr std::string_view kUserFactorTable = "uf";
constexpr std::string_view kItemFactorTable = "if";
constexpr std::string_view kUserTable = "up";
constexpr std::string_view kItemTable = "ip";
constexpr std::string_view kLogTable = "l";
constexpr std::string_view kCommonTable = "c";
constexpr std::uint8_t kRowVersion = 1;
constexpr std::uint64_t kReplayPurpose = 106;

constexpr float kUserCategoryPrior = 8.0F;
constexpr float kCommonCategoryPrior = 20.0F;
constexpr float kNeverSeconds = 15.0F;  // log of the seconds since the last rating of whom has none

float log_seconds(Millis since, Millis now) {
  const auto seconds = static_cast<double>(std::max<std::int64_t>(now.count - since.count, 0)) / 1000.0;
  return static_cast<float>(std::log1p(seconds));
}

class FeatureList {
 public:
  explicit FeatureList(std::array<float, kRatingFeatures>& features) : features_(features) {}
  ~FeatureList() { MILLRACE_CHECK(next_ == kRatingFeatures); }
  void add(float value) { features_[next_++] = value; }
  template <std::size_t N>
  void add(const std::array<float, N>& values) {
    for (const float value : values) add(value);
  }

 private:
  std::array<float, kRatingFeatures>& features_;
  std::size_t next_ = 0;
};

}  // namespace

RatingExperts::RatingExperts(const RatingsOptions& options, std::uint64_t seed, const ItemTable& items)
    : seed_(seed),
      item_facts_(items),
      factors_(options.max_users, kMostFactorItems, seed),
      log_(options.log_ratings),
      users_(options.max_users),
      items_(kMostFactorItems) {}

CategorySet RatingExperts::categories_of(ItemIndex item) const {
  CategorySet categories = 0;
  if (raw(item) >= item_facts_.size()) return categories;
  const ItemFacts& facts = item_facts_.at(item);
  for (std::size_t c = 0; c < facts.categories; ++c) {
    categories |= CategorySet{1} << (facts.tokens[c] % kCategoryBits);
  }
  return categories;
}

Traits RatingExperts::traits_of(ItemIndex item) const {
  const ItemProfile& profile = items_.find(raw(item));
  const float mean = scale_.mean_level();
  return {factors_.item_factors(item), categories_of(item), profile.mean(mean) - mean, log_count(profile.count)};
}

TasteProcess::Estimate RatingExperts::taste(UserIndex user, ItemIndex item) {
  if (conditioned_on_ != user) {
    std::vector<Traits> traits;
    std::vector<std::array<float, TasteProcess::kTargets>> residuals;
    for (const RatedItem& rated : users_.find(raw(user)).history) {
      traits.push_back(traits_of(rated.item));
      residuals.push_back({rated.over_biases, rated.over_factors});
    }
    taste_.condition(traits, residuals);
    conditioned_on_ = user;
  }
  return taste_.estimate(traits_of(item));
}

float RatingExperts::liking(UserIndex user, ItemIndex item) const {
  return scale_.count() == 0 ? 0.0F : factors_.predict(user, item, 0.0F).mean();
}

RatingOpinion RatingExperts::opinion(UserIndex user, ItemIndex item, Millis now) {
  const UserProfile& u = users_.find(raw(user));
  const ItemProfile& i = items_.find(raw(item));
  const CategorySet categories = categories_of(item);
  const float mean = scale_.mean_level();
  RatingOpinion opinion{factors_.predict(user, item, mean), {}};
  FeatureList list(opinion.features);
  list.add(opinion.factors.biases);
  for (const float level : opinion.factors.levels) list.add(level - opinion.factors.biases);
  const TasteProcess::Estimate estimate = taste(user, item);
  list.add(estimate.residuals);
  list.add(estimate.variance);
  list.add(u.categories.total(categories, kUserCategoryPrior));
  list.add(categories_.total(categories, kCommonCategoryPrior));
  list.add(u.decays);
  const bool in_burst = u.in_burst(now);
  list.add(in_burst ? u.burst / static_cast<float>(u.burst_count + 1) : 0.0F);
  list.add(in_burst ? 1.0F : 0.0F);
  list.add(log_count(u.count));
  list.add(log_count(i.count));
  list.add(static_cast<float>(u.popularity / static_cast<double>(u.count + 1)));
  list.add(u.count > 0 ? log_seconds(u.last, now) : kNeverSeconds);
  list.add(u.count > 0 ? log_seconds(u.first, now) : 0.0F);
  list.add(i.count > 0 ? log_seconds(i.first, now) : 0.0F);
  list.add(i.mean(mean));
  list.add(i.decays);
  return opinion;
}

void RatingExperts::learn(const Rating& rating, const RatingOpinion& opinion, std::uint32_t replays) {
  scale_.observe(rating.rating);
  dirty_ = true;
  conditioned_on_.reset();
  const float level = scale_.level(static_cast<double>(rating.rating));
  const float over_biases = level - opinion.factors.biases;
  const float over_factors = level - opinion.factors.mean();
  const CategorySet categories = categories_of(rating.item);
  const std::uint64_t clock = scale_.count();

  ItemProfile& item = items_.touch(raw(rating.item), clock);
  if (item.count == 0) item.first = rating.time;
  UserProfile& user = users_.touch(raw(rating.user), clock);
  if (user.count == 0) user.first = rating.time;
  user.add_to_burst(rating.time, over_factors);
  user.last = rating.time;
  ++user.count;
  user.popularity += static_cast<double>(log_count(item.count));
  user.categories.add(categories, over_biases);
  user.remember({rating.item, over_biases, over_factors});
  decay_towards(over_biases, UserProfile::kRates, user.decays);
  ++item.count;
  item.sum += static_cast<double>(level);
  decay_towards(over_biases, ItemProfile::kRates, item.decays);
  categories_.add(categories, over_biases);
  learn_factors(rating, level, replays);
}

void RatingExperts::learn_factors(const Rating& rating, float level, std::uint32_t replays) {
  const float mean = scale_.mean_level();
  log_.append({rating.user, rating.item, rating.rating});
  factors_.learn(rating.user, rating.item, level, mean, scale_.count());
  Random random(seed_, scale_.count(), kReplayPurpose);
  for (std::uint32_t i = 0; i < replays; ++i) {
    const LoggedRating& old = log_.draw(random);
    factors_.replay(old.user, old.item, scale_.level(static_cast<double>(old.rating)), mean);
  }
}

void RatingExperts::save(const RowSink& sink, bool all) {
  factors_.save(kUserFactorTable, kItemFactorTable, sink, all);
  users_.save(kUserTable, sink, all);
  items_.save(kItemTable, sink, all);
  log_.save(kLogTable, sink, all);
  if (!dirty_ && !all) return;
  dirty_ = false;
  ByteWriter row;
  row.u8(kRowVersion);
  scale_.encode(row);
  categories_.encode(row);
  sink(kCommonTable, "", row.take());
}

std::optional<Status> RatingExperts::load(std::string_view table, std::string_view key, std::string_view value) {
  if (table == kUserFactorTable) return factors_.load_user(key, value);
  if (table == kItemFactorTable) return factors_.load_item(key, value);
  if (table == kUserTable) return users_.load(key, value);
  if (table == kItemTable) return items_.load(key, value);
  if (table == kLogTable) return log_.load(key, value);
  if (table == kCommonTable) return load_common(value);
  return std::nullopt;
}

Status RatingExperts::load_common(std::string_view value) {
  ByteReader row(value);
  const bool readable = row.u8() == kRowVersion && scale_.decode(row);
  categories_.decode(row);
  return readable && row.done() ? Status(Ok{}) : unreadable_row("ratings", kCommonTable);
}

Status RatingExperts::loaded() {
  MILLRACE_RETURN_IF_ERROR(factors_.loaded());
  MILLRACE_RETURN_IF_ERROR(users_.loaded());
  MILLRACE_RETURN_IF_ERROR(items_.loaded());
  return log_.loaded(scale_.count());
}

std::uint64_t RatingExperts::memory_bytes() const {
  return factors_.memory_bytes() + users_.memory_bytes() + items_.memory_bytes() + log_.memory_bytes();
}

}  // namespace millrace
