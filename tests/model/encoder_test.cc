#include "model/families/encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "model/families/encoder_content.h"
#include "tests/model/encoder_streams.h"

namespace millrace::encoder {
namespace {

constexpr std::size_t kItems = 300;

std::vector<ItemIndex> all_items(std::size_t count) {
  std::vector<ItemIndex> items;
  for (std::uint32_t i = 0; i < count; ++i) items.push_back(ItemIndex{i});
  return items;
}

ItemFacts with_tokens(std::vector<std::uint32_t> tokens) {
  ItemFacts facts;
  facts.tokens = std::move(tokens);
  return facts;
}

struct Learnt {
  ItemTable facts;
  ModelOptions options = small_options();
  MarkovStream stream{kItems, 1};
  EncoderFamily family{options, facts};
  explicit Learnt(std::size_t examples) { learn(family, stream.take(examples)); }
};

TEST(Encoder, LearnsAStreamFarBeyondPopularity) {
  Learnt learnt(200);
  const double first_loss = learn(learnt.family, learnt.stream.take(640));
  learn(learnt.family, learnt.stream.take(36'000));
  const auto test = learnt.stream.take(800);
  EXPECT_LT(learn(learnt.family, test), 0.7 * first_loss);
  // Items are about equally popular: ten of them hold some 3 % of the targets.
  EXPECT_GT(recall(learnt.family, learnt.stream.take(800), 10), 0.6);
}

// The rows after one mini-batch against so many negatives.
SavedRows after_one(std::size_t negatives, bool hurried) {
  ItemTable facts;
  ModelOptions options = small_options();
  options.encoder.negatives = negatives;
  EncoderFamily family(options, facts);
  const std::vector<Example> examples = MarkovStream(kItems, 1).take(600);
  for (const Example& example : examples) family.observe(example);
  const auto batch = pointers(examples);
  family.train({batch, batch.size(), examples.size(), Random(1), nullptr, hurried});
  SavedRows rows;
  save_into(family, rows, true);
  return rows;
}

TEST(Encoder, HurriedItLearnsAgainstHalfOfTheNegatives) {
  EXPECT_EQ(after_one(128, true), after_one(64, false));
  EXPECT_NE(after_one(128, true), after_one(128, false));
}

TEST(Encoder, LearnsNothingFromShuffledTargets) {
  ItemTable facts;
  EncoderFamily family(small_options(), facts);
  MarkovStream stream(kItems, 1);
  Random random(3);
  std::vector<Example> examples = stream.take(12'000);
  for (std::size_t i = examples.size(); i > 1; --i) std::swap(examples[i - 1].item, examples[random.below(i)].item);
  learn(family, examples);
  EXPECT_LT(recall(family, stream.take(800), 10), 0.1);
}

TEST(Encoder, RankIsTheOrderOfScoresOverAllItems) {
  Learnt learnt(3'000);
  const Example example = [&] {
    Example e = learnt.stream.next();
    while (e.context.history.size() < 4) e = learnt.stream.next();
    return e;
  }();
  const RankRequest request{&example.context, {}};
  const auto list = learnt.family.rank({&request, 1}, 20).front();
  ASSERT_EQ(list.size(), 20U);
  const auto items = all_items(kItems);
  std::vector<float> scores(items.size());
  learnt.family.score(example.context, items, scores);
  for (const ScoredItem& scored : list) {
    EXPECT_NEAR(scored.score, scores[raw(scored.item)], 1e-4);
    const auto better = std::count_if(scores.begin(), scores.end(), [&](float s) { return s > scored.score + 1e-4F; });
    EXPECT_LT(better, 20);
  }
  EXPECT_TRUE(std::is_sorted(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.score > b.score; }));
}

TEST(Encoder, ScoresAreLogProbabilities) {
  Learnt learnt(3'000);
  Example example = learnt.stream.next();
  while (example.context.history.empty()) example = learnt.stream.next();
  const auto items = all_items(kItems);
  std::vector<float> scores(items.size());
  learnt.family.score(example.context, items, scores);
  double sum = 0.0;
  for (const float score : scores) sum += std::exp(static_cast<double>(score));
  EXPECT_NEAR(sum, 1.0, 0.02);
}

TEST(Encoder, LeavesOutWhatIsExcludedOrUnavailable) {
  Learnt learnt(3'000);
  Example example = learnt.stream.next();
  while (example.context.history.empty()) example = learnt.stream.next();
  RankRequest request{&example.context, {}};
  const auto before = learnt.family.rank({&request, 1}, 10).front();
  const std::vector<ItemIndex> exclude{before[0].item};
  ItemFacts gone;
  gone.available = false;
  learnt.facts.set(before[1].item, gone);
  learnt.family.item_changed(before[1].item);
  request.exclude = exclude;
  const auto after = learnt.family.rank({&request, 1}, 10).front();
  EXPECT_EQ(after[0].item, before[2].item);
  for (const ScoredItem& scored : after) {
    EXPECT_NE(scored.item, before[0].item);
    EXPECT_NE(scored.item, before[1].item);
  }
}

// Contexts without an item that the encoder knows.
std::array<Context, 2> nobody_and_stranger() {
  Context nobody;
  Context stranger;
  stranger.history.push_back({kUnknownItem, KindIndex{}, {}, 0.0F});
  stranger.history.push_back({ItemIndex{kItems + 7}, KindIndex{}, {}, 0.0F});
  return {nobody, stranger};
}

TEST(Encoder, HasNoOpinionWithoutAnItemItKnowsBeforeItHasSeenAnyoneBegin) {
  ItemTable facts;
  EncoderFamily family(small_options(), facts);
  MarkovStream stream(kItems, 1);
  for (const Example& example : stream.take(500)) family.observe(example);
  for (const Context& context : nobody_and_stranger()) {
    const RankRequest request{&context, {}};
    EXPECT_TRUE(family.rank({&request, 1}, 10).front().empty());
    const std::vector<ItemIndex> items{ItemIndex{1}};
    float score = 0.0F;
    family.score(context, items, {&score, 1});
    EXPECT_EQ(score, kNoOpinion);
  }
}

// Every third user begins with one of two items, whatever the others do.
TEST(Encoder, RanksForThoseOfWhomNothingIsKnownWhatOthersBeganWith) {
  ItemTable facts;
  ModelOptions options = small_options();
  options.encoder.dense_rate = 0.02F;
  EncoderFamily family(options, facts);
  MarkovStream stream(kItems, 1);
  std::uint64_t sequence = 0;
  for (std::uint64_t step = 0; step < 600; ++step) {
    std::vector<Example> examples = stream.take(24);
    for (std::size_t i = 0; i < examples.size(); i += 3) {
      examples[i].context.history.clear();
      examples[i].item = ItemIndex{i % 2 == 0 ? 11U : 12U};
    }
    for (Example& example : examples) {
      example.sequence = sequence++;
      family.observe(example);
    }
    family.train({pointers(examples), examples.size(), sequence, Random(step)});
  }
  for (const Context& context : nobody_and_stranger()) {
    const RankRequest request{&context, {}};
    const auto list = family.rank({&request, 1}, 10).front();
    ASSERT_EQ(list.size(), 10U);
    EXPECT_EQ(std::min(list[0].item, list[1].item), ItemIndex{11});
    EXPECT_EQ(std::max(list[0].item, list[1].item), ItemIndex{12});
    EXPECT_GT(list[1].score, std::log(0.3F));
    EXPECT_LT(list[2].score, std::log(0.1F));
  }
}

// The columns of the items, by name.
class Described {
 public:
  Described(EncoderFamily& family, const Context& context, std::span<const ItemIndex> items)
      : names_(family.columns()), items_(items.size()), values_(names_.size() * items_) {
    family.describe(context, items, FeatureColumns(values_, items_));
  }
  std::span<const float> operator[](std::string_view name) {
    const auto at = static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
    return FeatureColumns(values_, items_).column(at);
  }

 private:
  std::span<const std::string_view> names_;
  std::size_t items_;
  std::vector<float> values_;
};

TEST(Encoder, DescribesWhereACandidateStandsAndWhatItIsNear) {
  Learnt learnt(3'000);
  const Context context = [&] {
    while (true) {
      Context c = learnt.stream.next().context;
      const auto& h = c.history;
      if (h.size() == 3 && h[0].item != h[1].item && h[1].item != h[2].item && h[0].item != h[2].item) return c;
    }
  }();
  // Oldest to newest, then one that it knows and one that it does not.
  const std::vector<ItemIndex> items{context.history[0].item, context.history[1].item, context.history[2].item,
                                     learnt.stream.next().item, ItemIndex{kItems + 7}};
  Described described(learnt.family, context, items);
  std::vector<float> scores(items.size());
  learnt.family.score(context, items, scores);
  for (std::size_t i = 0; i < items.size(); ++i) {
    EXPECT_FLOAT_EQ(described["score"][i], std::max(scores[i], -16.0F));
    EXPECT_FLOAT_EQ(described["root_share"][i], std::exp(described["score"][i] / 2.0F));
    const auto better = std::count_if(scores.begin(), scores.end(), [&](float score) { return score > scores[i]; });
    EXPECT_FLOAT_EQ(described["rank"][i], std::log1p(static_cast<float>(better)));
  }
  EXPECT_NEAR(described["near_last"][2], 1.0F, 1e-5F);
  EXPECT_NEAR(described["near_second"][1], 1.0F, 1e-5F);
  EXPECT_NEAR(described["nearest"][0], 1.0F, 1e-5F) << "the third newest counts too";
  EXPECT_FLOAT_EQ(described["near_second"][2], described["near_last"][1]);
  EXPECT_GE(described["nearest"][3], std::max(described["near_last"][3], described["near_second"][3]));
  EXPECT_EQ(described["nearest"][4], 0.0F);

  std::vector<float> event(learnt.family.event_columns().size());
  learnt.family.describe_event(context, event);
  EXPECT_FLOAT_EQ(event[0], *std::max_element(scores.begin(), scores.end()));
  EXPECT_GT(event[1], 0.0F);
  EXPECT_LT(event[1], std::log(static_cast<float>(items.size())));
}

TEST(Encoder, DescribesAContextWithoutAnItemByItsScoresAlone) {
  Learnt learnt(3'000);
  const Context nobody;
  const std::vector<ItemIndex> items{ItemIndex{1}, ItemIndex{2}};
  Described described(learnt.family, nobody, items);
  std::vector<float> scores(items.size());
  learnt.family.score(nobody, items, scores);
  EXPECT_GT(scores[0], -16.0F);
  for (std::size_t i = 0; i < items.size(); ++i) EXPECT_EQ(described["score"][i], std::max(scores[i], -16.0F));
  for (const char* name : {"root_share", "rank", "near_last", "nearest"}) EXPECT_EQ(described[name][1], 0.0F) << name;
  std::vector<float> event(learnt.family.event_columns().size());
  learnt.family.describe_event(nobody, event);
  EXPECT_EQ(event, (std::vector<float>{-16.0F, 0.0F, 0.0F}));
}

TEST(Encoder, AnUnknownItemKeepsItsPlace) {
  Learnt learnt(3'000);
  Context context;
  context.history = {{ItemIndex{3}, KindIndex{}, {}, 0.0F}, {kUnknownItem, KindIndex{}, {}, 0.0F}};
  Context shorter;
  shorter.history = {{ItemIndex{3}, KindIndex{}, {}, 0.0F}};
  const std::vector<ItemIndex> items{ItemIndex{3}, ItemIndex{4}};
  std::vector<float> with_gap(2);
  std::vector<float> without(2);
  learnt.family.score(context, items, with_gap);
  learnt.family.score(shorter, items, without);
  // The same vector (one item, weight 1), but the bias for repeating it is another position's.
  EXPECT_GT(std::abs((with_gap[0] - with_gap[1]) - (without[0] - without[1])), 1e-4);
}

TEST(Encoder, ReturnsAndLowRatingsAndEmptyContextsAloneAreNotLearnt) {
  ItemTable facts;
  EncoderFamily family(small_options(), facts);
  MarkovStream stream(kItems, 1);
  std::vector<Example> examples = stream.take(4);
  for (Example& example : examples) family.observe(example);
  Example returned = examples[3];
  returned.quantity = -1.0F;
  Example disliked = examples[3];
  disliked.signal = Signal::kRating;
  disliked.value = 2.0F;
  disliked.context.mean_rating = 3.5F;
  Example empty = examples[3];
  empty.context.history.clear();
  const std::vector<Example> wrong{returned, disliked, empty};
  EXPECT_EQ(family.train({pointers(wrong), 1, 4, Random(1)}).examples, 0U);
  const std::vector<Example> right{examples[3]};
  EXPECT_EQ(family.train({pointers(right), 1, 4, Random(1)}).examples, 1U);
  const std::vector<Example> both{examples[3], empty};
  EXPECT_EQ(family.train({pointers(both), 1, 4, Random(1)}).examples, 2U);
}

TEST(Encoder, SaveRestoreStepEqualsTheUninterruptedRun) {
  ModelOptions options = small_options();
  options.encoder.max_rows = 200;  // evicts
  options.encoder.admit_count = 2;
  ItemTable facts;
  for (std::uint32_t i = 0; i < kItems; ++i) facts.set(ItemIndex{i}, with_tokens({i % 7, 100 + i % 13}));
  MarkovStream stream(kItems, 1);
  EncoderFamily straight(options, facts);
  SavedRows rows;
  learn(straight, stream.take(2'500));
  save_into(straight, rows, false);
  learn(straight, stream.take(700));
  save_into(straight, rows, false);

  EncoderFamily restored(options, facts);
  for (const auto& [at, value] : rows) ASSERT_TRUE(restored.load(at.first, at.second, value).ok());
  ASSERT_TRUE(restored.loaded().ok());
  const auto more = stream.take(500);
  learn(straight, more);
  learn(restored, more);
  const auto test = stream.take(100);
  EXPECT_EQ(recall(straight, test, 10), recall(restored, test, 10));
  save_into(straight, rows, false);
  SavedRows a;
  SavedRows b;
  save_into(straight, a, true);
  save_into(restored, b, true);
  EXPECT_EQ(straight.rows(), 200U);
  EXPECT_TRUE(a == b) << "the restored model learnt something else";
  EXPECT_TRUE(a == rows) << "what was saved bit by bit differs from what is saved at once";
}

TEST(Encoder, TheSameCallsGiveTheSameLists) {
  Learnt first(2'000);
  Learnt second(2'000);
  const auto test = first.stream.take(60);
  for (const Example& example : test) {
    const RankRequest request{&example.context, {}};
    EXPECT_EQ(first.family.rank({&request, 1}, 10), second.family.rank({&request, 1}, 10));
  }
}

TEST(Encoder, CategoriesAndTitlesAreMadeUseOfEachByItsOwnSwitch) {
  ItemTable facts;
  facts.set(ItemIndex{0}, {.tokens = {11, 12, 13}, .categories = 1});
  const auto used = [&](bool categories, bool titles) {
    EncoderOptions options = small_options().encoder;
    options.use_categories = categories;
    options.use_titles = titles;
    Content content(options, facts);
    std::vector<float> mean(options.dimension);
    content.mean(ItemIndex{0}, mean.data());
    std::vector<std::uint32_t> tokens;
    for (const std::uint32_t token : {11U, 12U, 13U}) {
      if (content.table().find(token) != nn::EmbeddingTable::kNoRow) tokens.push_back(token);
    }
    return tokens;
  };
  EXPECT_EQ(used(true, true), (std::vector<std::uint32_t>{11, 12, 13}));
  EXPECT_EQ(used(true, false), (std::vector<std::uint32_t>{11}));
  EXPECT_EQ(used(false, true), (std::vector<std::uint32_t>{12, 13}));
  EXPECT_TRUE(used(false, false).empty());
}

TEST(Encoder, ContentCarriesItsItemsWhereTheirOwnRowsKnowNothing) {
  // Items come in groups that share a token; a context of group g is always followed by group g. A new item of a group
  // is scored above new items of the other groups.
  constexpr std::uint32_t kGroups = 5;
  const auto run = [](bool use_content) {
    ModelOptions options = small_options();
    options.encoder.use_categories = options.encoder.use_titles = use_content;
    ItemTable facts;
    for (std::uint32_t i = 0; i < 200; ++i) facts.set(ItemIndex{i}, with_tokens({1'000 + i % kGroups}));
    EncoderFamily family(options, facts);
    Random random(1);
    std::vector<Example> examples;
    for (std::uint64_t n = 0; n < 6'000; ++n) {
      Example example;
      example.sequence = n;
      const std::uint64_t group = random.below(kGroups);
      const auto item = [&] { return ItemIndex{static_cast<std::uint32_t>(group + kGroups * random.below(30))}; };
      example.item = item();
      for (int i = 0; i < 3; ++i) example.context.history.push_back({item(), KindIndex{}, {}, 0.0F});
      examples.push_back(example);
    }
    learn(family, examples);
    // New items, seen once without any context.
    double right = 0.0;
    for (std::uint32_t i = 150; i < 200; ++i) {
      Example example;
      example.sequence = 6'000 + i;
      example.item = ItemIndex{i};
      family.observe(example);
    }
    for (std::uint32_t group = 0; group < kGroups; ++group) {
      Context context;
      for (std::uint32_t i = 0; i < 3; ++i)
        context.history.push_back({ItemIndex{group + kGroups * i}, KindIndex{}, {}, 0.0F});
      std::vector<ItemIndex> items;
      for (std::uint32_t i = 150; i < 200; ++i) items.push_back(ItemIndex{i});
      std::vector<float> scores(items.size());
      family.score(context, items, scores);
      for (int best = 0; best < 5; ++best) {
        const auto at = std::max_element(scores.begin(), scores.end());
        right += (static_cast<std::uint32_t>(at - scores.begin()) + 150) % kGroups == group ? 1.0 : 0.0;
        *at = -1e9F;
      }
    }
    return right / 25.0;
  };
  EXPECT_GT(run(true), 0.6);
  EXPECT_LT(run(false), 0.5);
}

}  // namespace
}  // namespace millrace::encoder
