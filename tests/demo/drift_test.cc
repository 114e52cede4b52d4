// Learning on a stream whose truth is known: lists come to hold what users prefer, and follow when every taste is
// replaced.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "app/step.h"
#include "demo/simulator.h"
#include "ingest/ingest.h"
#include "store/memory_store.h"

namespace millrace {
namespace {

constexpr std::uint64_t kEvents = 24'000;
constexpr std::size_t kBatch = 100;
constexpr std::size_t kListLength = 10;
constexpr Millis kRecordTime{1'767'225'600'000};

KindTable kinds() {
  return KindTable({{"click", Signal::kClick, 1}, {"purchase", Signal::kPurchase, 3}, {"rating", Signal::kRating, 1}});
}

SimulatorOptions shop() {
  SimulatorOptions options;
  options.events = kEvents;
  options.users = 250;
  options.items = 1'500;
  options.dimension = 4;
  return options;
}

StepOptions learner(bool learning) {
  StepOptions options;
  options.features.kinds = options.model.kinds = kinds();
  options.model.learning = learning;
  options.model.encoder.dimension = 32;
  options.model.encoder.token_buckets = 1024;
  options.rules.length = kListLength;
  options.rules.exclude_seen = true;  // what a user already chose is no proof of learning
  return options;
}

std::uint32_t number(std::string_view name) {
  return static_cast<std::uint32_t>(std::atoi(std::string(name.substr(1)).c_str()));
}

// A simulated shop served by a step.
class ServedShop {
 public:
  explicit ServedShop(bool learning) : simulator_(shop()), store_(make_memory_store()) {
    IngestOptions options;
    for (const std::string_view name : kDemoTopics)
      options.topics.push_back({.name = std::string(name), .mapping = {}});
    options.kinds = kinds();
    ingest_ = make_ingest(options, *store_);
    std::vector<std::pair<TopicIndex, PartitionIndex>> partitions;
    for (std::uint8_t topic = 0; topic < kDemoTopicCount; ++topic)
      partitions.emplace_back(TopicIndex{topic}, PartitionIndex{0});
    EXPECT_TRUE(ingest_->assign(partitions).ok());
    for (const auto& [topic, partition] : partitions) ingest_->start_at(topic, partition, Offset{0});
    step_ = std::move(Step::open(learner(learning), *store_)).value();
  }

  // Runs until so many good events are served.
  void serve_until(std::uint64_t events) {
    while (served_ < events) {
      for (RecommendationList& list : serve_batch()) lists_[list.user.bytes] = std::move(list);
    }
  }

  // Each user's newest list.
  using Lists = std::map<std::string, RecommendationList>;
  const Lists& lists() const { return lists_; }

  // How much the users of `lists` truly prefer, at this moment, what stands in them; 0.5: as good as chance.
  double preference(const Lists& lists) const {
    double sum = 0.0;
    std::uint64_t items = 0;
    for (const auto& [user, list] : lists) {
      for (const RankedItem& item : list.items) {
        sum += simulator_.preference(number(user), number(step_->features().item_id(item.item).view()));
        ++items;
      }
    }
    return items == 0 ? 0.0 : sum / static_cast<double>(items);
  }
  bool shifted() const { return simulator_.shifted(); }

 private:
  std::vector<RecommendationList> serve_batch() {
    std::vector<Record> records;
    while (records.size() < kBatch) {
      const auto sent = simulator_.next();
      if (!sent) break;
      served_ += sent->expected == Outcome::kApplied ? 1U : 0U;
      Record record;
      record.position = {sent->topic, PartitionIndex{0}, Offset{offsets_[raw(sent->topic)]++}};
      record.timestamp = kRecordTime;
      record.key = sent->key;
      record.value = sent->value;
      records.push_back(std::move(record));
    }
    std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) { return a.position < b.position; });
    StepInput input;
    input.step = ++steps_;
    input.events = ingest_->ingest(records, false).events;
    WriteBatch batch;
    ingest_->flush(batch);
    auto output = step_->run(input, batch);
    EXPECT_TRUE(output.ok());
    EXPECT_TRUE(store_->commit(batch).ok());
    return output.ok() ? std::move(output->lists) : std::vector<RecommendationList>{};
  }

  Simulator simulator_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<Step> step_;
  std::int64_t offsets_[kDemoTopicCount] = {};
  Lists lists_;
  std::uint64_t served_ = 0;
  std::uint64_t steps_ = 0;
};

TEST(Drift, ListsHoldWhatUsersPreferAndFollowWhenEveryTasteIsReplaced) {
  ServedShop shop(true);
  shop.serve_until(kEvents / 2 - 200);
  ASSERT_FALSE(shop.shifted());
  const ServedShop::Lists old_lists = shop.lists();
  EXPECT_GT(shop.preference(old_lists), 0.68);
  shop.serve_until(kEvents - 200);
  ASSERT_TRUE(shop.shifted());
  EXPECT_LT(shop.preference(old_lists), 0.58) << "lists that did not follow are as good as chance";
  EXPECT_GT(shop.preference(shop.lists()), 0.68);
}

TEST(Drift, WithoutLearningListsAreNoBetterThanChance) {
  ServedShop shop(false);
  shop.serve_until(kEvents / 2 - 200);
  EXPECT_LT(shop.preference(shop.lists()), 0.58);
}

}  // namespace
}  // namespace millrace
