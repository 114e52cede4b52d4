// What the session memory tells the ranker of each candidate, beside its share of the votes.
#include <algorithm>
#include <array>
#include <cmath>

#include "model/families/memory.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

enum Column : std::uint8_t {
  kScore,
  kRootShare,
  kRecentShare,
  kNeighbours,
  kBest,
  kNewest,
  kWithoutLast,
  kForward,
  kShort,
  kNext,
  kNextRecent,
  kLater,
  kBefore,
  kLaterSecond,
  kCoverage,
  kColumns
};
constexpr std::array<std::string_view, kColumns> kNames{
    "score", "root_share", "recent_share", "neighbours", "best",   "newest",       "without_last", "forward",
    "short", "next",       "next_recent",  "later",      "before", "later_second", "coverage"};
constexpr std::array<std::string_view, 5> kEventNames{"similarity", "neighbours", "followed", "followed_second",
                                                      "last_frequency"};

constexpr float kRecentDecay = 40'000.0F;  // examples
constexpr std::size_t kShortSession = 3;

}  // namespace

struct MemoryFamily::Votes {
  float all = 0.0F, recent = 0.0F, best = 0.0F, without_last = 0.0F, forward = 0.0F, in_short = 0.0F;
  float count = 0.0F;
  std::uint64_t newest = 0;  // 1 + sequence
};

struct MemoryFamily::Following {
  float next = 0.0F, next_recent = 0.0F, later = 0.0F, before = 0.0F, later_second = 0.0F;
};

std::span<const std::string_view> MemoryFamily::columns() const { return kNames; }
std::span<const std::string_view> MemoryFamily::event_columns() const { return kEventNames; }

std::vector<std::uint32_t> MemoryFamily::last_two(const Asked& asked) const {
  std::vector<std::uint32_t> last;
  for (const std::uint32_t item : asked.items) {
    if (item >= items_seen_.size() || items_seen_[item].frequency == 0) continue;
    if (std::find(last.begin(), last.end(), item) != last.end()) continue;
    last.push_back(item);
    if (last.size() == 2) break;
  }
  return last;
}

void MemoryFamily::vote_for_candidates(const Answer& answer, std::size_t at, std::vector<Votes>& votes) const {
  const Match& match = answer.matches[at];
  const std::size_t matched = match.place;
  if (matched == 0 || match.similarity <= 0.0F) return;
  const Session& session = sessions_[match.slot];
  const auto held = session_lists_.view(session.items);
  const float recency = answer.decays[at];
  const bool holds_last = !answer.asked.items.empty() && match.item == answer.asked.items.front();
  for (std::size_t i = 0; i < held.size(); ++i) {
    const std::uint32_t slot = answer.slots.find(held[i]);
    if (slot == CandidateSlots::kNone) continue;
    const std::size_t place = i + 1;
    float vote = match.similarity;
    if (place > matched) vote *= following_[place - matched - 1];
    if (place < matched) vote *= options_.before_weight * following_[matched - place - 1];
    Votes& candidate = votes[slot];
    candidate.all += vote;
    candidate.recent += vote * recency;
    candidate.best = std::max(candidate.best, vote);
    candidate.newest = std::max(candidate.newest, session.last + 1);
    candidate.count += 1.0F;
    if (!holds_last) candidate.without_last += vote;
    if (place > matched) candidate.forward += vote;
    if (held.size() <= kShortSession) candidate.in_short += vote;
  }
}

// What stood around `item` in the newest sessions that hold it. Returns how many they are.
float MemoryFamily::follow(const Answer& answer, std::uint32_t item, bool is_last,
                           std::vector<Following>& following) const {
  const auto ring = rings_.view(items_seen_[item].ring);
  std::size_t at = items_seen_[item].next;
  float sessions = 0.0F;
  for (std::size_t n = std::min(ring.size(), depth_.sessions); n > 0; --n) {
    at = (at == 0 ? ring.size() : at) - 1;
    if (!remembered(ring[at])) continue;
    const Session& session = sessions_[slot_of(ring[at])];
    if (session.key == answer.asked.session) continue;
    const auto held = session_lists_.view(session.items);
    const std::size_t matched = place_of(held, item);
    if (matched == 0) continue;
    sessions += 1.0F;
    for (std::size_t i = 0; i < held.size(); ++i) {
      const std::uint32_t slot = answer.slots.find(held[i]);
      if (slot == CandidateSlots::kNone || i + 1 == matched) continue;
      Following& candidate = following[slot];
      const bool after = i + 1 > matched;
      const float near = 1.0F / static_cast<float>(after ? i + 1 - matched : matched - i - 1);
      if (!is_last) {
        if (after) candidate.later_second += near;
      } else if (i == matched) {
        candidate.next += 1.0F;
        candidate.next_recent += std::exp(-age_of(session) / kRecentDecay);
      } else {
        (after ? candidate.later : candidate.before) += near;
      }
    }
  }
  return sessions;
}

void MemoryFamily::describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) {
  Answer& answer = this->answer(context);
  answer.slots.begin(items);
  std::vector<Votes> votes(items.size());
  decay_matches(kRecentDecay, answer);
  for (std::size_t i = 0; i < answer.matches.size(); ++i) vote_for_candidates(answer, i, votes);
  answer.neighbourhood = 0.0F;
  for (const Match& match : answer.matches) answer.neighbourhood += match.similarity;
  std::vector<Following> following(items.size());
  const std::vector<std::uint32_t> last = last_two(answer.asked);
  answer.followed = {0.0F, 0.0F};
  for (std::size_t i = 0; i < last.size(); ++i) answer.followed[i] = follow(answer, last[i], i == 0, following);

  answer.scores.log_shares(items, columns.column(kScore));
  float all = 1e-9F;
  float recent = 1e-9F;
  for (const Votes& vote : votes) {
    all += vote.all;
    recent += vote.recent;
  }
  const float mean =
      answer.matches.empty() ? 1.0F : answer.neighbourhood / static_cast<float>(answer.matches.size()) + 1e-9F;
  constexpr float kFloor = 1e-3F;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Votes& vote = votes[i];
    const Following& near = following[i];
    const auto put = [&](Column column, float value) { columns.column(column)[i] = value; };
    put(kRootShare, std::sqrt(vote.all / all));
    put(kRecentShare, vote.recent / recent + kFloor);
    put(kNeighbours, 1.0F + vote.count);
    put(kBest, vote.best / mean + 1e-2F);
    put(kNewest,
        vote.newest > 0 ? -std::log(static_cast<float>(clock_ + 1 - std::min(vote.newest, clock_)) + 100.0F) : -14.0F);
    put(kWithoutLast, vote.without_last / all + kFloor);
    put(kForward, vote.forward / all + kFloor);
    put(kShort, vote.in_short / all + kFloor);
    put(kNext, near.next / (answer.followed[0] + 2.0F) + kFloor);
    put(kNextRecent, near.next_recent / (answer.followed[0] + 0.5F) + kFloor);
    put(kLater, near.later / (answer.followed[0] + 2.0F) + kFloor);
    put(kBefore, near.before / (answer.followed[0] + 2.0F) + kFloor);
    put(kLaterSecond, near.later_second / (answer.followed[1] + 2.0F) + kFloor);
    const std::uint32_t index = raw(items[i]);
    const float frequency = index < items_seen_.size() ? static_cast<float>(items_seen_[index].frequency) : 0.0F;
    put(kCoverage, (vote.count + 0.5F) / (frequency + 2.0F));
  }
  for (const Column column : {kRecentShare, kNeighbours, kBest, kWithoutLast, kForward, kShort, kNext, kNextRecent,
                              kLater, kBefore, kLaterSecond, kCoverage}) {
    nn::logarithm(columns.column(column));
  }
}

void MemoryFamily::describe_event(const Context& /*context*/, std::span<float> values) {
  const Answer& answer = answers_.mine();
  const std::vector<std::uint32_t> last = last_two(answer.asked);
  values[0] = std::log(answer.neighbourhood + 1e-2F);
  values[1] = std::log1p(static_cast<float>(answer.matches.size()));
  values[2] = std::log1p(answer.followed[0]);
  values[3] = std::log1p(answer.followed[1]);
  values[4] = last.empty() ? 0.0F : std::log1p(static_cast<float>(items_seen_[last[0]].frequency));
}

}  // namespace millrace
