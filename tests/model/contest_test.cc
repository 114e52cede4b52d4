// Weights, champions and drafts among planted learners.
#include "model/serve/contest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/random.h"
#include "model/serve/champion.h"
#include "model/serve/fusion.h"
#include "model/serve/hedge.h"
#include "model/serve/places.h"
#include "model/serve/policy.h"
#include "model/serve/team_draft.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A learner that has the item among the first of twenty places with this probability.
Place place_of(double hit, Random& random) {
  return random.uniform() < hit ? static_cast<Place>(random.below(20)) : kMissed;
}

std::vector<LearnerTrial> trials_of(const std::vector<double>& hits, std::size_t count, Random& random) {
  std::vector<LearnerTrial> trials(count);
  for (LearnerTrial& trial : trials) {
    for (const double hit : hits) trial.places.push_back(place_of(hit, random));
  }
  return trials;
}

void run(Contest& contest, const std::vector<double>& hits, std::size_t count, Random& random) {
  for (std::size_t i = 0; i < count; i += 50) contest.learn(trials_of(hits, 50, random));
}

Ranking ranking(const std::vector<std::uint32_t>& items) {
  Ranking list;
  for (const std::uint32_t item : items) {
    RankedItem ranked;
    ranked.item = ItemIndex{item};
    list.push_back(ranked);
  }
  return list;
}

std::vector<std::uint32_t> items_of(const Ranking& list) {
  std::vector<std::uint32_t> items;
  for (const RankedItem& item : list) items.push_back(raw(item.item));
  return items;
}

TEST(Places, CountTiesAgainstTheItem) {
  const std::vector<ScoredItem> list{{ItemIndex{4}, 3.0F}, {ItemIndex{1}, 2.0F}, {ItemIndex{2}, 2.0F}};
  EXPECT_EQ(place_in(list, ItemIndex{4}, 20), 0U);
  EXPECT_EQ(place_in(list, ItemIndex{1}, 20), 2U);
  EXPECT_EQ(place_in(list, ItemIndex{1}, 2), kMissed);
  EXPECT_EQ(place_in(list, ItemIndex{9}, 20), kMissed);
  const std::vector<float> scores{1.0F, 5.0F, 1.0F, 0.0F};
  EXPECT_EQ(place_among(scores, 0, 20), 2U);
  EXPECT_EQ(place_among(scores, 1, 20), 0U);
  EXPECT_EQ(place_among(scores, 4, 20), kMissed);
}

TEST(Places, WhatIsNotANumberCountsAgainstTheItem) {
  const std::vector<float> scores{std::nanf(""), 1.0F, 0.0F};
  EXPECT_EQ(place_among(scores, 1, 20), 1U);
}

TEST(Hedge, ConvergesToTheBetterOfPlantedLearnersAndRecoversAfterASwitch) {
  Contest contest({"a", "b", "c"}, {});
  Random random(1);
  run(contest, {0.3, 0.4, 0.2}, 10'000, random);
  EXPECT_GT(contest.weight(1), 0.95);
  run(contest, {0.4, 0.3, 0.2}, 10'000, random);
  EXPECT_GT(contest.weight(0), 0.95);
  EXPECT_NEAR(contest.weight(0) + contest.weight(1) + contest.weight(2), 1.0, 1e-12);
}

TEST(Hedge, NeverForgetsALearnerForGood) {
  Hedge hedge(2, 0.5, 0.01);
  for (int i = 0; i < 1'000; ++i) hedge.learn(std::vector<double>{0.0, 1.0});
  EXPECT_NEAR(hedge.weight(1) / hedge.weight(0), 0.01, 1e-12);
  for (int i = 0; i < 20; ++i) hedge.learn(std::vector<double>{1.0, 0.0});
  EXPECT_GT(hedge.weight(1), 0.9);
}

TEST(Hedge, FollowsTheFormula) {
  Hedge hedge(2, 0.1, 1e-6);
  hedge.learn(std::vector<double>{0.25, 0.75});
  EXPECT_NEAR(hedge.weight(0), 1.0 / (1.0 + std::exp(-0.05)), 1e-12);
}

// Each of a thousand runs looks after every trial: without a true difference at most one in twenty may ever be sure.
TEST(PairedDifference, CoversTheTruthAtAllTimesAtOnce) {
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    PairedDifference difference(0.05, 2'000);
    Random random(seed);
    bool excluded = false;
    for (int i = 0; i < 2'000; ++i) {
      difference.add(0.1 + (random.uniform() < 0.5 ? 0.6 : -0.6));
      const Interval interval = difference.interval();
      excluded = excluded || interval.low > 0.1 || interval.high < 0.1;
    }
    wrong += excluded ? 1 : 0;
  }
  EXPECT_LE(wrong, 20);
}

TEST(PairedDifference, NarrowsAroundTheMean) {
  PairedDifference difference(0.05, 20'000);
  Random random(3);
  for (int i = 0; i < 20'000; ++i) difference.add(0.05 + (random.uniform() < 0.5 ? 0.3 : -0.3));
  const Interval interval = difference.interval();
  EXPECT_NEAR(interval.mean, 0.05, 0.01);
  EXPECT_GT(interval.low, 0.03);
  EXPECT_LT(interval.high, 0.07);
}

TEST(PairedDifference, BeginsAnewAfterTheHorizon) {
  PairedDifference difference(0.05, 100);
  for (int i = 0; i < 100; ++i) difference.add(1.0);
  difference.add(-1.0);
  EXPECT_EQ(difference.count(), 1U);
}

TEST(Champion, DoesNotFlipUnderNoise) {
  int flips = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Contest contest({"a", "b", "c"}, {});
    Random random(seed);
    run(contest, {0.3, 0.3, 0.3}, 20'000, random);
    flips += contest.champion() != 0 ? 1 : 0;
  }
  EXPECT_LE(flips, 1);
}

TEST(Champion, HandsOverOnARealDifferenceAndBackAfterASwitch) {
  Contest contest({"a", "b", "c"}, {});
  Random random(5);
  run(contest, {0.3, 0.4, 0.32}, 20'000, random);
  EXPECT_EQ(contest.champion(), 1U);
  EXPECT_EQ(contest.champion_changes(), 1U);
  run(contest, {0.5, 0.4, 0.32}, 20'000, random);
  EXPECT_EQ(contest.champion(), 0U);
  EXPECT_EQ(contest.champion_changes(), 2U);
}

TEST(Champion, StaysWhileTheIntervalHoldsZero) {
  Contest contest({"a", "b"}, {});
  Random random(6);
  while (contest.champion() == 0) {
    EXPECT_LE(contest.lead(1).low, 0.0);
    run(contest, {0.3, 0.4}, 50, random);
    ASSERT_LT(contest.lead(1).mean, 1.0);
  }
}

TEST(Contest, ComesBackAsItWas) {
  Contest contest({"a", "b", "c"}, {});
  Random random(7);
  run(contest, {0.3, 0.4, 0.2}, 3'000, random);
  contest.credit(2);
  Contest restored({"a", "b", "c"}, {});
  ASSERT_TRUE(restored.decode(contest.encode()).ok());
  EXPECT_EQ(restored.encode(), contest.encode());
  Random same = random;
  run(contest, {0.3, 0.4, 0.2}, 500, random);
  run(restored, {0.3, 0.4, 0.2}, 500, same);
  EXPECT_EQ(restored.encode(), contest.encode());
  EXPECT_EQ(restored.credits(2), 1U);
}

TEST(Contest, KeepsWhatItKnowsOfLearnersThatAreStillThere) {
  Contest contest({"a", "b", "c"}, {});
  Random random(8);
  run(contest, {0.2, 0.4, 0.3}, 20'000, random);
  ASSERT_EQ(contest.champion(), 1U);
  Contest fewer({"c", "b"}, {});
  ASSERT_TRUE(fewer.decode(contest.encode()).ok());
  EXPECT_EQ(fewer.learners()[fewer.champion()], "b");
  EXPECT_GT(fewer.weight(1), fewer.weight(0));
}

TEST(Contest, RefusesDamage) {
  const std::string bytes = Contest({"a", "b"}, {}).encode();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(Contest({"a", "b"}, {}).decode(bytes.substr(0, size)).ok()) << size;
  }
}

TEST(Fusion, RanksByTheGainThatTheMixtureExpects) {
  const std::vector<Ranking> lists{ranking({1, 2, 3}), ranking({3, 4})};
  const Ranking fused = fuse(lists, std::vector<double>{0.75, 0.25}, 3);
  // 1: .75; 2: .75/log2(3) = .473; 3: .75/2 + .25 = .625; 4: .25/log2(3)
  EXPECT_THAT(items_of(fused), ElementsAre(1, 3, 2));
  EXPECT_FLOAT_EQ(fused[1].score, 0.625F);
  EXPECT_EQ(fused[1].learner, 0);
}

TEST(Fusion, OfOneLearnerThatHasAllTheWeightIsItsList) {
  const std::vector<Ranking> lists{ranking({9, 2, 5, 4}), ranking({5, 1, 2})};
  EXPECT_THAT(items_of(fuse(lists, std::vector<double>{1.0, 0.0}, 4)), ElementsAre(9, 2, 5, 4));
}

TEST(TeamDraft, IsFairToTeamsThatAreEquallyLong) {
  const std::vector<Ranking> lists{ranking({1, 2, 3, 4, 5, 6}), ranking({11, 12, 13, 14, 15, 16}),
                                   ranking({21, 22, 23, 24, 25, 26})};
  std::map<std::uint8_t, int> first;
  for (std::uint64_t user = 0; user < 3'000; ++user) {
    const Ranking list = team_draft(lists, Random(1, 2, user), 6);
    ASSERT_EQ(list.size(), 6U);
    std::map<std::uint8_t, int> items;
    for (const RankedItem& item : list) ++items[item.learner];
    for (const auto& [learner, count] : items) EXPECT_EQ(count, 2) << int{learner};
    ++first[list[0].learner];
  }
  for (const auto& [learner, count] : first) EXPECT_NEAR(count, 1'000, 100) << int{learner};
}

TEST(TeamDraft, KeepsEachTeamsOrderAndRepeatsNothing) {
  const std::vector<Ranking> lists{ranking({1, 2, 3}), ranking({2, 1, 4})};
  for (std::uint64_t user = 0; user < 50; ++user) {
    const Ranking list = team_draft(lists, Random(1, 2, user), 10);
    EXPECT_THAT(items_of(list), ::testing::UnorderedElementsAre(1, 2, 3, 4));
    for (std::size_t i = 1; i < list.size(); ++i) EXPECT_LT(list[i].score, list[i - 1].score);
    EXPECT_EQ(list[0].propensity, 0.5F);
    EXPECT_EQ(list[1].propensity, 1.0F) << "the other team's turn";
  }
}

TEST(TeamDraft, PropensityIsHowOftenAnItemComesToItsPlace) {
  const std::vector<Ranking> lists{ranking({1, 2}), ranking({1, 3}), ranking({4, 1})};
  int ones = 0;
  for (std::uint64_t user = 0; user < 3'000; ++user) {
    const Ranking list = team_draft(lists, Random(1, 2, user), 1);
    EXPECT_FLOAT_EQ(list[0].propensity, raw(list[0].item) == 1 ? 2.0F / 3.0F : 1.0F / 3.0F);
    ones += raw(list[0].item) == 1 ? 1 : 0;
  }
  EXPECT_NEAR(ones, 2'000, 100);
}

TEST(TeamDraft, EndsWhereNobodyHasMore) {
  EXPECT_EQ(team_draft(std::vector<Ranking>{ranking({1}), {}}, Random(1), 10).size(), 1U);
  EXPECT_TRUE(team_draft(std::vector<Ranking>{{}, {}}, Random(1), 10).empty());
}

TEST(ServePolicy, ServesOnlyWhatItSays) {
  Contest contest({"a", "b"}, {});
  const auto list_of = [](std::size_t learner) {
    return ranking({static_cast<std::uint32_t>(learner), static_cast<std::uint32_t>(learner + 10)});
  };
  const Served served{UserIndex{3}, 7, 4};
  const auto one = ServePolicy::make("b", contest, 1);
  ASSERT_TRUE(one.ok());
  EXPECT_THAT(items_of(one->serve(served, list_of)), ElementsAre(1, 11));
  EXPECT_FALSE(one->uses(0));
  EXPECT_EQ(one->serve(served, list_of)[0].learner, kNoLearner);
  const auto champion = ServePolicy::make("champion", contest, 1);
  EXPECT_THAT(items_of(champion->serve(served, list_of)), ElementsAre(0, 10));
  EXPECT_EQ(champion->serve(served, list_of)[0].learner, 0);
  const auto draft = ServePolicy::make("interleave", contest, 1);
  EXPECT_EQ(draft->serve(served, list_of), draft->serve(served, list_of)) << "seeded by user and step";
  const auto unknown = ServePolicy::make("c", contest, 1);
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message, HasSubstr("champion, mixture, interleave, a, b"));
}

}  // namespace
}  // namespace millrace
