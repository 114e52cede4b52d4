// The experts against plain accounts of the same stream.
#include "model/ratings/rating_experts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "model/content_tokens.h"
#include "tests/model/family_testing.h"

namespace millrace {
namespace {

constexpr std::size_t kUsers = 6;
constexpr std::uint32_t kItems = 12;

// Where the features stand.
constexpr std::size_t kUserCategories = 8;
constexpr std::size_t kAllCategories = 9;
constexpr std::size_t kUserDecays = 10;
constexpr std::size_t kBurst = 14;
constexpr std::size_t kInBurst = 15;
constexpr std::size_t kCounts = 16;
constexpr std::size_t kPopularity = 18;
constexpr std::size_t kTimes = 19;
constexpr std::size_t kItemMean = 22;
constexpr std::size_t kItemDecays = 23;

struct Known {
  Rating rating;
  double level;  // of the first, before there is a range: the middle
  double over_biases;
  double over_factors;
  double log_count;  // of the item before
};

// Recomputes the counted features from everything rated so far.
class Account {
 public:
  explicit Account(const ItemTable& items) : items_(items) {}

  std::map<std::size_t, double> features(UserIndex user, ItemIndex item, Millis now) const {
    std::map<std::size_t, double> expected;
    const auto of_user = [user](const Known& k) { return k.rating.user == user; };
    const auto of_item = [item](const Known& k) { return k.rating.item == item; };
    expected[kUserCategories] = categories(item, 8.0, of_user);
    expected[kAllCategories] = categories(item, 20.0, [](const Known&) { return true; });
    for (std::size_t d = 0; d < 4; ++d) expected[kUserDecays + d] = decay(UserProfile::kRates[d], of_user);
    for (std::size_t d = 0; d < 2; ++d) expected[kItemDecays + d] = decay(ItemProfile::kRates[d], of_item);
    const auto mine = select(of_user);
    const auto its = select(of_item);
    double burst = 0.0;
    double count = 0.0;
    for (auto k = mine.rbegin(); k != mine.rend() && k->rating.time.count / 1000 == now.count / 1000; ++k) {
      burst += k->over_factors;
      ++count;
    }
    expected[kBurst] = burst / (count + 1.0);
    expected[kInBurst] = count > 0.0 ? 1.0 : 0.0;
    expected[kCounts] = std::log1p(static_cast<double>(mine.size()));
    expected[kCounts + 1] = std::log1p(static_cast<double>(its.size()));
    double popularity = 0.0;
    for (const Known& k : mine) popularity += k.log_count;
    expected[kPopularity] = popularity / (static_cast<double>(mine.size()) + 1.0);
    expected[kTimes] = mine.empty() ? 15.0 : seconds(mine.back(), now);
    expected[kTimes + 1] = mine.empty() ? 0.0 : seconds(mine.front(), now);
    expected[kTimes + 2] = its.empty() ? 0.0 : seconds(its.front(), now);
    double sum = 0.0;
    for (const Known& k : its) sum += k.level;
    expected[kItemMean] = (sum + 5.0 * mean()) / (static_cast<double>(its.size()) + 5.0);
    return expected;
  }
  void add(const Known& known) { known_.push_back(known); }
  double item_log_count(ItemIndex item) const {
    return std::log1p(static_cast<double>(select([item](const Known& k) { return k.rating.item == item; }).size()));
  }

 private:
  template <class Where>
  std::vector<Known> select(const Where& where) const {
    std::vector<Known> chosen;
    for (const Known& k : known_) {
      if (where(k)) chosen.push_back(k);
    }
    return chosen;
  }
  template <class Where>
  double decay(double rate, const Where& where) const {
    double sum = 0.0;
    const auto chosen = select(where);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      sum += rate * std::pow(1.0 - rate, static_cast<double>(chosen.size() - 1 - i)) * chosen[i].over_biases;
    }
    return sum;
  }
  template <class Where>
  double categories(ItemIndex item, double prior, const Where& where) const {
    double total = 0.0;
    for (std::size_t c = 0; c < items_.at(item).categories; ++c) {
      double sum = 0.0;
      double count = 0.0;
      for (const Known& k : known_) {
        if (!where(k) || !has_category(k.rating.item, items_.at(item).tokens[c])) continue;
        sum += k.over_biases;
        ++count;
      }
      total += sum / (count + prior);
    }
    return total;
  }
  bool has_category(ItemIndex item, std::uint32_t token) const {
    const std::vector<std::uint32_t>& tokens = items_.at(item).tokens;
    const auto end = tokens.begin() + static_cast<std::ptrdiff_t>(items_.at(item).categories);
    return std::find(tokens.begin(), end, token) != end;
  }
  static double seconds(const Known& since, Millis now) {
    return std::log1p(static_cast<double>(now.count - since.rating.time.count) / 1000.0);
  }
  double mean() const {
    double sum = 0.0;
    for (const Known& k : known_) sum += static_cast<double>(k.rating.rating);
    return known_.empty() ? 3.0 : sum / static_cast<double>(known_.size());
  }

  const ItemTable& items_;
  std::vector<Known> known_;
};

ItemTable films() {
  ItemTable items = item_table(kItems);
  const std::vector<std::string> genres{"drama", "comedy", "war"};
  for (std::uint32_t i = 0; i < kItems; ++i) {
    ItemContent content;
    content.title = "the film number " + std::to_string(i);
    for (std::uint32_t g = 0; g < genres.size(); ++g) {
      if ((i + 1) >> g & 1U) content.categories.push_back(genres[g]);
    }
    ItemFacts facts;
    facts.tokens = content_tokens(content);
    facts.categories = content.categories.size();
    items.set(ItemIndex{i}, facts);
  }
  return items;
}

TEST(RatingExperts, FeaturesAgreeWithANaiveAccount) {
  const ItemTable items = films();
  RatingExperts experts({.max_users = 100, .log_ratings = 100}, 1, items);
  Account account(items);
  Random random(3);
  Millis now{1'000'000};
  for (std::size_t n = 0; n < 150; ++n) {
    now = now + Millis{random.below(3) == 0 ? 50'000 : 300};
    Rating rating{UserIndex{random.below(kUsers)}, ItemIndex{static_cast<std::uint32_t>(random.below(kItems))}, 0.0F,
                  now};
    rating.rating = n == 0   ? 1.0F
                    : n == 1 ? 5.0F
                             : static_cast<float>(1 + random.below(5));  // the range is met at once
    const RatingOpinion opinion = experts.opinion(rating.user, rating.item, now);
    if (n >= 2) {
      for (const auto& [at, value] : account.features(rating.user, rating.item, now)) {
        EXPECT_NEAR(opinion.features[at], value, 2e-4) << "feature " << at << " of rating " << n;
      }
    }
    const double log_count = account.item_log_count(rating.item);
    experts.learn(rating, opinion, 2);
    const float level = experts.scale().level(static_cast<double>(rating.rating));
    account.add({rating, static_cast<double>(level), static_cast<double>(level - opinion.factors.biases),
                 static_cast<double>(level - opinion.factors.mean()), log_count});
  }
}

TEST(RatingExperts, StandFirstForTheFactors) {
  const ItemTable items = films();
  RatingExperts experts({.max_users = 100, .log_ratings = 100}, 1, items);
  Random random(3);
  for (int n = 0; n < 100; ++n) {
    const Rating rating{UserIndex{random.below(kUsers)}, ItemIndex{static_cast<std::uint32_t>(random.below(kItems))},
                        static_cast<float>(1 + random.below(5)), Millis{n * 1000}};
    experts.learn(rating, experts.opinion(rating.user, rating.item, rating.time), 1);
  }
  const RatingOpinion opinion = experts.opinion(UserIndex{1}, ItemIndex{2}, Millis{200'000});
  EXPECT_EQ(opinion.features[0], opinion.factors.biases);
  for (std::size_t m = 0; m < kFactorModels; ++m) {
    EXPECT_EQ(opinion.features[1 + m], opinion.factors.levels[m] - opinion.factors.biases) << m;
  }
}

TEST(RatingExperts, AnItemWithoutContentOrRatingsIsNoTrouble) {
  const ItemTable items = films();
  RatingExperts experts({.max_users = 2, .log_ratings = 2}, 1, items);
  experts.learn({UserIndex{1}, ItemIndex{1}, 4.0F, Millis{5}}, experts.opinion(UserIndex{1}, ItemIndex{1}, Millis{5}),
                4);
  for (const ItemIndex item : {ItemIndex{kItems + 3}, kUnknownItem}) {
    for (const float feature : experts.opinion(UserIndex{1}, item, Millis{1}).features) {
      EXPECT_TRUE(std::isfinite(feature));
    }
  }
}

}  // namespace
}  // namespace millrace
