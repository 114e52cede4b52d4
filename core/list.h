// What flows out: one user's recommendations, as the model ranked them and as they are published.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.h"
#include "core/ids.h"
#include "core/time.h"

namespace millrace {

// Why an item stands in a list: the source that contributed most to its score.
enum class Reason : std::uint8_t { kEncoder = 0, kMemory = 1, kRelated = 2, kTrending = 3, kPopular = 4, kHabit = 5 };
std::string_view reason_name(Reason reason);

inline constexpr std::uint8_t kNoLearner = 255;

struct RankedItem {
  ItemIndex item = kUnknownItem;
  float score = 0.0F;       // comparable within one list only; higher is better
  float propensity = 1.0F;  // probability with which the policy put it at its place, given those above; 1: certain
  Reason reason = Reason::kPopular;
  ItemIndex because = kUnknownItem;   // the item of the user's history that speaks most for it, if any
  std::uint8_t learner = kNoLearner;  // of several learners, the one that put it there: a position in their list
  bool operator==(const RankedItem&) const = default;
};

using Ranking = std::vector<RankedItem>;  // best first

// The offsets that a list reflects: everything before `next` of that partition has been applied.
struct Reflected {
  TopicIndex topic{};
  PartitionIndex partition{};
  Offset next{};
  bool operator==(const Reflected&) const = default;
};

struct RecommendationList {
  UserId user;
  std::uint64_t version = 0;          // grows with every list of this user, never goes back
  std::uint64_t step = 0;             // the step that made it
  std::uint64_t model_step = 0;       // that the model had learnt from; the encoder trains later
  Millis event_time;                  // of the newest event it reflects
  Millis record_time;                 // of the oldest record that it was made for; freshness is measured from it
  std::vector<Reflected> reflects;    // the partitions that carry this user, ordered
  std::vector<std::string> learners;  // names of those that the items tell of; empty where one alone is served
  Ranking items;
  bool operator==(const RecommendationList&) const = default;
};

}  // namespace millrace
