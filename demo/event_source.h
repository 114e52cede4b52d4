// Where the demo's records come from: Online Retail (online_retail.h) or the simulator (simulator.h). Each record says
// what ought to become of it, so that the books can be checked exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event.h"
#include "core/time.h"

namespace millrace {

// The input topics by TopicIndex: the order of FieldMapping's shipped configuration.
inline constexpr std::string_view kDemoTopics[] = {"clicks", "purchases", "ratings"};
inline constexpr TopicIndex kClicksTopic{0};
inline constexpr TopicIndex kPurchasesTopic{1};
inline constexpr TopicIndex kRatingsTopic{2};
inline constexpr std::size_t kDemoTopicCount = 3;

struct DemoEvent {
  std::string user;
  std::string item;
  std::string_view kind;  // a literal: "click", "purchase", "rating"
  Millis time;
  std::string event_id;
  std::string session;    // empty: none
  float value = 0.0F;     // ratings
  float price = 0.0F;     // purchases, 0: unknown
  float quantity = 1.0F;  // purchases
};

// The JSON of the default field mapping (ingest/mapping.h).
std::string event_json(const DemoEvent& event);

struct DemoRecord {
  TopicIndex topic{};
  std::string key;    // the user
  std::string value;  // usually event_json()
  Outcome expected = Outcome::kApplied;
  std::string user;  // of an event that is to be applied
  std::string item;  // of an event that is to be applied
};

struct DemoItem {
  std::string item;
  std::string title;
  std::vector<std::string> categories;
  float price = 0.0F;
};

// The JSON of an items record; its key is the item.
std::string item_json(const DemoItem& item);

class EventSource {
 public:
  virtual ~EventSource() = default;
  // The next record of the stream; nothing at its end.
  virtual std::optional<DemoRecord> next() = 0;
  // The catalogue, complete before the first record.
  virtual const std::vector<DemoItem>& items() const = 0;
  // What it left out and why, in words, with counts; complete at the end of the stream.
  virtual std::vector<std::pair<std::string, std::uint64_t>> left_out() const { return {}; }
};

}  // namespace millrace
