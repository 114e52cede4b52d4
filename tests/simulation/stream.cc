#include "tests/simulation/stream.h"

#include <array>
#include <utility>

namespace millrace::testing {
namespace {

constexpr std::array<const char*, 3> kTopicKinds{"click", "purchase", "rating"};
constexpr double kBroken = 0.05;
constexpr double kRepeated = 0.08;
constexpr double kLate = 0.04;
constexpr double kSkewed = 0.03;
constexpr double kItemsChange = 0.1;

std::string in_quotes(const std::string& text) { return "\"" + text + "\""; }

}  // namespace

Stream::Stream(const Config& config, MemoryBroker& broker, World& world, std::uint64_t events)
    : config_(config),
      broker_(broker),
      world_(world),
      events_(events),
      users_(world.between(2, 12)),
      items_(world.between(3, 30)) {
  for (std::size_t topic = 0; topic < config.ingest.topics.size(); ++topic) {
    const auto count = static_cast<std::int32_t>(broker.partitions(config.ingest.topics[topic].name).size());
    for (std::int32_t partition = 0; partition < count; ++partition) told_[{topic, partition}];
  }
}

void Stream::send() {
  ++sent_;
  if (!config_.input.items_topic.empty() && world_.chance(kItemsChange)) send_item();
  const std::size_t topic = world_.chance(0.6) ? 0 : world_.chance(0.5) ? 1 : 2;
  send_event(topic, draw(topic));
}

Told Stream::draw(std::size_t topic) {
  Told told;
  told.kind = kTopicKinds[topic];
  told.user = "u" + std::to_string(world_.random.below(users_));
  told.item = "i" + std::to_string(world_.random.below(items_));
  told.record_time = world_.now().count;
  // Close together, in seconds, so that equal times and small disorder are common.
  told.time = (told.record_time / 1000 - static_cast<std::int64_t>(world_.random.below(4))) * 1000;
  if (world_.chance(kLate)) told.time -= config_.ingest.late_allowance.count * 2;
  if (world_.chance(kSkewed)) told.time += config_.ingest.skew_allowance.count + 5'000;
  if (topic == 1 && world_.chance(0.15)) told.quantity = -static_cast<float>(world_.between(1, 2));
  if (topic == 1 && told.quantity > 0.0F) told.quantity = static_cast<float>(world_.between(1, 3));
  if (topic == 2) told.value = static_cast<float>(world_.between(1, 5));
  if (!world_.chance(0.1)) told.event_id = "e" + std::to_string(sent_);
  const auto& before = told_.at({topic, partition_of(told.user)});
  if (!before.empty() && world_.chance(kRepeated)) {
    const Told& repeated = before[world_.random.below(before.size())];
    if (!repeated.broken) {
      told = repeated;
      told.record_time = world_.now().count;
    }
  }
  told.broken = world_.chance(kBroken);
  return told;
}

std::int32_t Stream::partition_of(const std::string& user) const {
  std::uint64_t hash = 0;
  for (const char c : user) hash = hash * 31 + static_cast<unsigned char>(c);
  return static_cast<std::int32_t>(hash % broker_.partitions(config_.ingest.topics.front().name).size());
}

void Stream::send_event(std::size_t topic, const Told& told) {
  Record record;
  record.timestamp = Millis{told.record_time};
  record.key = told.user;
  record.value = told.broken ? broken_payload() : payload_of(told);
  record.headers = {{"trace", std::to_string(sent_)}};
  const std::int32_t partition = partition_of(told.user);
  broker_.append(config_.ingest.topics[topic].name, partition, std::move(record));
  told_.at({topic, partition}).push_back(told);
}

std::string Stream::payload_of(const Told& told) const {
  std::string json = R"({"user_id":)" + in_quotes(told.user) + R"(,"item_id":)" + in_quotes(told.item) +
                     R"(,"event_time":)" + std::to_string(told.time);
  if (told.kind == "rating") json += R"(,"value":)" + std::to_string(static_cast<int>(told.value));
  if (told.kind == "purchase") json += R"(,"price":2.5,"quantity":)" + std::to_string(static_cast<int>(told.quantity));
  if (!told.event_id.empty()) json += R"(,"event_id":)" + in_quotes(told.event_id);
  return json + "}";
}

std::optional<std::string> Stream::broken_payload() {
  const std::array<std::optional<std::string>, 8> payloads{
      "{",
      "",
      std::nullopt,
      R"({"item_id":"i1","event_time":1700000000000})",
      R"({"user_id":"u1","item_id":"i1","event_time":"yesterday"})",
      R"({"user_id":"u1","item_id":["i1"],"event_time":1700000000000})",
      R"({"user_id":"u1","item_id":"i1","event_time":1700000000000,"event_type":"stare"})",
      "{\"user_id\":\"\xff\",\"item_id\":\"i1\",\"event_time\":1700000000000}"};
  return payloads[world_.random.below(payloads.size())];
}

void Stream::send_item() {
  ToldItem told;
  told.item = ItemId("i" + std::to_string(world_.random.below(items_ + 3)));  // some that nobody touches
  told.broken = world_.chance(0.1);
  Record record;
  record.timestamp = world_.now();
  record.key = told.item.bytes;
  if (told.broken) {
    record.value = R"({"price":-1})";
  } else if (!world_.chance(0.15)) {
    ItemContent content;
    content.title = "thing " + std::to_string(world_.random.below(20));
    content.available = !world_.chance(0.2);
    content.price = static_cast<float>(world_.random.below(10));
    record.value = R"({"title":)" + in_quotes(content.title) + R"(,"available":)" +
                   (content.available ? "true" : "false") + R"(,"price":)" +
                   std::to_string(static_cast<int>(content.price)) + "}";
    told.content = std::move(content);
  }
  broker_.append(config_.input.items_topic, 0, std::move(record));
  told_items_.push_back(std::move(told));
}

}  // namespace millrace::testing
