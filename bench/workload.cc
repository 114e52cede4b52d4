#include "bench/workload.h"

#include <algorithm>
#include <cmath>

namespace millrace::bench {
namespace {

constexpr std::uint64_t kPurchaseOneIn = 12;
constexpr std::uint64_t kRatingOneIn = 50;
constexpr std::uint64_t kPartitions = 8;
constexpr std::int64_t kStartMillis = 1'700'000'000'000;

}  // namespace

ZipfLaw::ZipfLaw(std::size_t size, double exponent) : cumulative_(size) {
  double sum = 0.0;
  for (std::size_t rank = 0; rank < size; ++rank) {
    cumulative_[rank] = sum += std::pow(static_cast<double>(rank + 1), -exponent);
  }
  for (double& value : cumulative_) value /= sum;
}

std::size_t ZipfLaw::draw(Random& random) const {
  const auto at = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, random.uniform());
  return static_cast<std::size_t>(at - cumulative_.begin());
}

double ZipfLaw::share(std::size_t rank) const {
  return rank == 0 ? cumulative_[0] : cumulative_[rank] - cumulative_[rank - 1];
}

std::size_t distinct_negatives(const ZipfLaw& items, std::size_t draws) {
  const double half = static_cast<double>(draws) / 2;
  const double uniform = 1.0 / static_cast<double>(items.size());
  double distinct = 0.0;
  for (std::size_t item = 0; item < items.size(); ++item) {
    distinct += 1.0 - std::pow((1.0 - uniform) * (1.0 - items.share(item)), half);
  }
  return static_cast<std::size_t>(std::lround(distinct));
}

KindTable workload_kinds() {
  return KindTable(
      {{"click", Signal::kClick, 1.0F}, {"purchase", Signal::kPurchase, 3.0F}, {"rating", Signal::kRating, 1.0F}});
}

Workload::Workload(const WorkloadOptions& options)
    : random_(options.seed),
      user_law_(options.users, options.user_exponent),
      item_law_(options.items, options.item_exponent) {}

Event Workload::next() { return next_of(user_law_.draw(random_)); }

Event Workload::next_of(std::size_t user) {
  const std::size_t item = sent_ < item_law_.size() ? sent_ : item_law_.draw(random_);
  Event event;
  event.position = {TopicIndex{0}, PartitionIndex{static_cast<std::int32_t>(user % kPartitions)},
                    Offset{static_cast<std::int64_t>(sent_)}};
  event.event_time = event.record_time = {kStartMillis + static_cast<std::int64_t>(sent_) * 1000};
  event.user = UserId("user-" + std::to_string(user));
  event.item = ItemId("item-" + std::to_string(item));
  event.event_id = "e-" + std::to_string(sent_);
  if (random_.below(kPurchaseOneIn) == 0) {
    event.kind = KindIndex{1};
    event.price = 2.5F;
  } else if (random_.below(kRatingOneIn) == 0) {
    event.kind = KindIndex{2};
    event.value = static_cast<float>(1 + random_.below(5));
  }
  ++sent_;
  return event;
}

std::vector<Event> Workload::take(std::size_t count) {
  std::vector<Event> events;
  events.reserve(count);
  for (std::size_t i = 0; i < count; ++i) events.push_back(next());
  return events;
}

std::vector<CatalogueChange> Workload::catalogue() const {
  constexpr std::uint64_t kWords = 3'000;
  constexpr std::uint64_t kCategories = 40;
  Random random(7);
  std::vector<CatalogueChange> changes;
  for (std::size_t item = 0; item < item_law_.size(); ++item) {
    ItemContent content;
    for (int word = 0; word < 4; ++word) content.title += "word" + std::to_string(random.below(kWords)) + " ";
    content.categories = {"category " + std::to_string(random.below(kCategories))};
    content.price = 2.5F;
    changes.push_back({ItemId("item-" + std::to_string(item)), std::move(content)});
  }
  return changes;
}

std::string event_json(const Event& event) {
  const std::size_t kind = raw(event.kind);
  std::string json = R"({"event_id":")" + event.event_id + R"(","event_type":")" + workload_kinds().all()[kind].name +
                     R"(","user_id":")" + event.user.bytes + R"(","item_id":")" + event.item.bytes +
                     R"(","event_time":)" + std::to_string(event.event_time.count);
  if (kind == 1) json += R"(,"price":2.5,"quantity":1)";
  if (kind == 2) json += R"(,"value":)" + std::to_string(static_cast<int>(event.value));
  return json + "}";
}

std::string item_json(const ItemContent& content) {
  return R"({"title":")" + content.title + R"(","categories":[")" + content.categories.front() + R"("],"price":2.5})";
}

}  // namespace millrace::bench
