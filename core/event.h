// What flows in: a Record is one Kafka message as it came, an Event is what its payload means, and every record ends
// with exactly one Outcome. KindTable names the kinds of events and what they weigh.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "core/time.h"

namespace millrace {

// Where a record stands. Within a step records are ordered by this.
struct Position {
  TopicIndex topic{};
  PartitionIndex partition{};
  Offset offset{};
  auto operator<=>(const Position&) const = default;
};

struct Record {
  Position position;
  Millis timestamp;  // the record's timestamp in Kafka
  std::optional<std::string> key;
  std::optional<std::string> value;  // absent: a tombstone
  std::vector<std::pair<std::string, std::string>> headers;
};

// What a kind means to the features and the learners.
enum class Signal : std::uint8_t { kClick = 0, kPurchase = 1, kRating = 2 };

struct Kind {
  std::string name;  // as it stands in the payload, for instance "click"
  Signal signal = Signal::kClick;
  float weight = 1.0F;  // how much one event of the kind counts in decayed counters
};

class KindTable {
 public:
  KindTable() = default;
  explicit KindTable(std::vector<Kind> kinds) : kinds_(std::move(kinds)) {}
  const Kind& at(KindIndex kind) const { return kinds_.at(raw(kind)); }
  std::size_t size() const { return kinds_.size(); }
  std::optional<KindIndex> find(std::string_view name) const {
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
      if (kinds_[i].name == name) return KindIndex{static_cast<std::uint8_t>(i)};
    }
    return std::nullopt;
  }
  const std::vector<Kind>& all() const { return kinds_; }

 private:
  std::vector<Kind> kinds_;
};

struct Event {
  Position position;
  Millis record_time;  // the record's timestamp in Kafka
  Millis event_time;   // when it happened, from the payload
  UserId user;
  ItemId item;
  KindIndex kind{};
  float value = 0.0F;     // a rating's value; 0 where the kind has none
  float price = 0.0F;     // per unit, 0 where unknown
  float quantity = 1.0F;  // negative: a return
  std::string session;    // empty: sessions are cut by gaps
  std::string event_id;   // empty: never a duplicate
};

enum class Outcome : std::uint8_t { kApplied = 0, kDeadLetter = 1, kDuplicate = 2, kLate = 3, kSkewed = 4 };
inline constexpr std::size_t kOutcomes = 5;
constexpr std::string_view outcome_name(Outcome outcome) {
  constexpr std::array<std::string_view, kOutcomes> kNames{"applied", "dead_letter", "duplicate", "late", "skewed"};
  return kNames[static_cast<std::size_t>(outcome)];
}

// A record that could not be an event. `reason` is one of a small documented set (it becomes a metric label); `detail`
// says what was found, what was expected and where.
struct DeadLetter {
  Record record;
  std::string reason;
  std::string detail;
};

}  // namespace millrace
