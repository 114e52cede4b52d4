// A producer that keeps what it is handed and reports when told, names for topics and items, and a clock that is set.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/time.h"
#include "publish/publisher.h"

namespace millrace {

class FakeProducer final : public Producer {
 public:
  Status produce(const Message& message) override {
    if (refusal) return *refusal;
    if (waiting.size() >= capacity) return Error{ErrorCode::kUnavailable, Disposition::kRetry, "queue full"};
    waiting.push_back(message);
    return Ok{};
  }
  std::vector<Delivery> deliveries(std::chrono::milliseconds) override { return std::exchange(reports, {}); }
  Status flush(std::chrono::milliseconds) override { return Ok{}; }
  std::size_t in_flight() const override { return waiting.size() + reports.size(); }
  std::string statistics() const override { return ""; }
  std::optional<Error> fatal() const override { return fatal_error; }

  // The broker takes the oldest `count` messages, or refuses them.
  void report(std::size_t count, bool delivered, Millis at = Millis{5000}) {
    for (; count > 0; --count) {
      if (delivered) log.push_back(waiting.front());
      reports.push_back({waiting.front().token, delivered, delivered ? "" : "no", at});
      waiting.pop_front();
    }
  }
  void report_all() { report(waiting.size(), true); }

  std::size_t capacity = 1'000'000;
  std::optional<Error> refusal;
  std::optional<Error> fatal_error;
  std::deque<Message> waiting;
  std::vector<Delivery> reports;
  std::vector<Message> log;  // what consumers see, in order
};

class FakeNames final : public Names {
 public:
  const std::string& topic(TopicIndex topic) const override { return topics_.at(raw(topic)); }
  const ItemId& item(ItemIndex item) const override {
    return items_.try_emplace(raw(item), ItemId("item-" + std::to_string(raw(item)))).first->second;
  }
  std::string title(ItemIndex item) const override { return raw(item) == 7 ? "A \"quoted\" lamp" : ""; }

 private:
  std::vector<std::string> topics_{"clicks", "purchases"};
  mutable std::map<std::uint32_t, ItemId> items_;
};

class FakeClock final : public Clock {
 public:
  Millis now() const override { return time; }
  Millis time{1000};
};

inline RecommendationList list_of(const std::string& user, std::uint64_t version) {
  RecommendationList list;
  list.user = UserId(user);
  list.version = version;
  list.step = version;
  list.model_step = version - 1;
  list.event_time = Millis{900};
  list.record_time = Millis{1000};
  list.reflects = {{TopicIndex{0}, PartitionIndex{3}, Offset{42}}, {TopicIndex{1}, PartitionIndex{3}, Offset{7}}};
  list.items = {{ItemIndex{7}, 1.5F, 1.0F, Reason::kEncoder, ItemIndex{2}},
                {ItemIndex{8}, 0.1F, 0.25F, Reason::kTrending}};
  return list;
}

inline DeadLetter letter_of(std::int64_t offset, std::string value = "{") {
  DeadLetter letter;
  letter.record.position = {TopicIndex{1}, PartitionIndex{2}, Offset{offset}};
  letter.record.timestamp = Millis{77};
  letter.record.key = "user-1";
  letter.record.value = std::move(value);
  letter.record.headers = {{"ce_id", "abc"}};
  letter.reason = "not_json";
  letter.detail = "found the end of the text";
  return letter;
}

}  // namespace millrace
