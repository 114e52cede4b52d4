// Lists asked for ahead are those of asking one by one, however often the family changes in between.
#include "model/rank_ahead.h"

#include <gtest/gtest.h>

#include "core/random.h"

namespace millrace {
namespace {

// Every list is one item: how often the family has changed.
class Counting final : public Family {
 public:
  std::string_view name() const override { return "counting"; }
  Reason reason() const override { return Reason::kEncoder; }
  std::optional<std::uint64_t> rank_version() const override { return version; }
  std::vector<std::vector<ScoredItem>> rank(std::span<const RankRequest> requests, std::size_t) override {
    ++calls;
    ranked += requests.size();
    std::vector<std::vector<ScoredItem>> lists;
    for (const RankRequest& request : requests) {
      const auto user = static_cast<float>(raw(request.context->user));
      lists.push_back({{ItemIndex{static_cast<std::uint32_t>(version)}, user}});
    }
    return lists;
  }
  void score(const Context&, std::span<const ItemIndex>, std::span<float>) override {}
  void save(const RowSink&, bool) override {}
  Status load(std::string_view, std::string_view, std::string_view) override { return Ok{}; }

  std::uint64_t version = 0;
  std::size_t calls = 0;
  std::size_t ranked = 0;
};

struct Requests {
  explicit Requests(std::size_t count) : contexts(count) {
    for (std::size_t i = 0; i < count; ++i) contexts[i].user = UserIndex{i};
    for (const Context& context : contexts) all.push_back({&context, {}});
  }
  std::vector<Context> contexts;
  std::vector<RankRequest> all;
};

// Changes the family before a share of the turns, and expects each list to be the one of its turn.
void expect_lists_of_their_turn(Counting& family, std::size_t count, double changing) {
  const Requests requests(count);
  RankAhead ahead(family, requests.all, 10);
  Random random(1);
  for (std::size_t i = 0; i < count; ++i) {
    if (random.uniform() < changing) ++family.version;
    const ScoredItem expected{ItemIndex{static_cast<std::uint32_t>(family.version)}, static_cast<float>(i)};
    EXPECT_EQ(ahead.take(i), std::vector<ScoredItem>{expected}) << i;
  }
}

TEST(RankAhead, AFamilyThatDoesNotChangeIsAskedInBlocks) {
  Counting family;
  expect_lists_of_their_turn(family, 256, 0.0);
  EXPECT_EQ(family.calls, 4U);
  EXPECT_EQ(family.ranked, 256U);
}

TEST(RankAhead, AFamilyThatChangesNowAndThenIsAskedAgain) {
  Counting family;
  expect_lists_of_their_turn(family, 1'000, 0.02);
  EXPECT_LT(family.calls, 200U);
  EXPECT_LT(family.ranked, 3'000U);
}

TEST(RankAhead, AFamilyThatAlwaysChangesIsNotAskedForMuchInVain) {
  Counting family;
  expect_lists_of_their_turn(family, 1'000, 1.0);
  EXPECT_LT(family.ranked, 1'200U);
}

}  // namespace
}  // namespace millrace
