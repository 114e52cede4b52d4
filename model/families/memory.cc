#include "model/families/memory.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/check.h"
#include "model/families/positive.h"
#include "model/nn/matmul.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr std::uint32_t kNoSlot = 0xffffffff;
constexpr std::size_t kMostSessions = 1U << 28;
constexpr std::size_t kAhead = 8;  // sessions fetched before they are looked at

}  // namespace

MemoryFamily::MemoryFamily(const MemoryOptions& options, const ItemTable& items)
    : options_(options),
      items_(items),
      slot_mask_(static_cast<std::uint32_t>(
          std::bit_ceil(std::clamp<std::size_t>(options.max_sessions, 1, kMostSessions)) - 1)),
      max_sessions_(static_cast<std::uint32_t>(std::clamp<std::size_t>(options.max_sessions, 1, kMostSessions))) {
  options_.session_items = std::clamp<std::size_t>(options.session_items, 1, Lists::kMaxElements);
  options_.sessions_per_item = std::clamp<std::size_t>(options.sessions_per_item, 1, Lists::kMaxElements);
  depth_ = {options_.sessions_per_item, options_.neighbours};
  following_.resize(options_.session_items + 1);
  for (std::size_t i = 0; i < following_.size(); ++i) {
    following_[i] = std::exp(-static_cast<float>(i) / options_.following_decay);
  }
}

void MemoryFamily::observe(const Example& example) {
  clock_ = example.sequence + 1;
  ++observed_;
  dirty_state_ = true;
  if (!is_positive(example)) return;
  const std::uint32_t index = raw(example.item);
  if (index >= items_seen_.size()) items_seen_.resize(index + std::size_t{1});
  const std::uint32_t number = open_session(example.context.session);
  Session& session = sessions_[slot_of(number)];
  const auto held = session_lists_.view(session.items);
  const bool again = std::find(held.begin(), held.end(), index) != held.end();
  append_item(session, index);
  session.last = example.sequence;
  Item& item = items_seen_[index];
  ++item.frequency;
  if (!again) enter_ring(item, number);
  dirty_sessions_.mark(slot_of(number));
  dirty_items_.mark(index);
}

std::uint32_t MemoryFamily::open_session(std::uint64_t key) {
  const auto [entry, is_new] = numbers_.try_emplace(key, created_);
  if (!is_new) return entry->second;
  const std::uint32_t number = created_++;
  forget(number - max_sessions_);
  const std::uint32_t slot = slot_of(number);
  if (slot >= sessions_.size()) sessions_.resize(slot + std::size_t{1});
  session_lists_.release(sessions_[slot].items);
  sessions_[slot].key = key;
  return number;
}

void MemoryFamily::forget(std::uint32_t number) {
  if (slot_of(number) >= sessions_.size()) return;
  const auto at = numbers_.find(sessions_[slot_of(number)].key);
  if (at != numbers_.end() && at->second == number) numbers_.erase(at);
}

void MemoryFamily::append_item(Session& session, std::uint32_t item) {
  if (session.items.size < options_.session_items) {
    session_lists_.push_back(session.items, item);
    return;
  }
  const auto held = session_lists_.view(session.items);
  std::copy(held.begin() + 1, held.end(), held.begin());
  held.back() = item;
}

void MemoryFamily::enter_ring(Item& item, std::uint32_t number) {
  if (item.ring.size < options_.sessions_per_item) {
    rings_.push_back(item.ring, number);
    return;
  }
  rings_.view(item.ring)[item.next] = number;
  item.next = (item.next + 1) % item.ring.size;
}

MemoryFamily::Asked MemoryFamily::question(const Context& context) const {
  Asked asked;
  asked.session = context.session;
  asked.observed = observed_;
  asked.depth = depth_;
  std::size_t count = std::min<std::size_t>(context.session_length, context.history.size());
  if (count == 0) count = context.history.size();
  count = std::min(count, kSessionPositions);
  asked.items.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    asked.items.push_back(raw(context.history[context.history.size() - 1 - i].item));
  }
  return asked;
}

MemoryFamily::Answer& MemoryFamily::answer(const Context& context) {
  Answer& answer = answers_.mine();
  Asked asked = question(context);
  if (answer.given && asked == answer.asked) return answer;
  collect_matches(asked, answer);
  weigh_matches(answer);
  keep_neighbours(answer);
  answer.scores.begin(items_seen_.size());
  for (std::size_t i = 0; i < answer.matches.size(); ++i) {
    if (i + kAhead < answer.matches.size()) prefetch_session(answer.matches[i + kAhead].slot);
    vote(answer.matches[i], answer.scores);
  }
  answer.scores.finish();
  answer.asked = std::move(asked);
  answer.given = true;
  return answer;
}

void MemoryFamily::collect_matches(const Asked& asked, Answer& answer) const {
  answer.matches.clear();
  answer.similarities.resize(sessions_.size());
  if (++answer.epoch == 0) {  // wrapped around: old stamps would look fresh
    std::fill(answer.similarities.begin(), answer.similarities.end(), Similarity{});
    answer.epoch = 1;
  }
  const auto own = numbers_.find(asked.session);
  const std::uint32_t own_slot = own == numbers_.end() ? kNoSlot : slot_of(own->second);
  float distance = 0.0F;
  for (std::size_t i = 0; i < asked.items.size(); ++i) {
    const std::uint32_t index = asked.items[i];
    if (index >= items_seen_.size() || items_seen_[index].frequency == 0) continue;  // as if it were not there
    const float decay = std::exp(-distance / options_.position_decay);
    distance += 1.0F;
    const auto newer = asked.items.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(asked.items.begin(), newer, index) != newer) continue;
    const float rarity = static_cast<float>(clock_ + 1) / static_cast<float>(items_seen_[index].frequency + 1);
    match_item(index, decay * std::log(1.0F + rarity), own_slot, answer);
  }
}

void MemoryFamily::match_item(std::uint32_t index, float weight, std::uint32_t own_slot, Answer& answer) const {
  const Item& item = items_seen_[index];
  const auto ring = rings_.view(item.ring);
  // Newest first: the place written next is the oldest of a full ring, and 0 before.
  std::size_t place = item.next;
  for (std::size_t i = std::min(ring.size(), depth_.sessions); i > 0; --i) {
    place = (place == 0 ? ring.size() : place) - 1;
    const std::uint32_t number = ring[place];
    const std::uint32_t slot = slot_of(number);
    if (slot == own_slot || !remembered(number)) continue;
    Similarity& similarity = answer.similarities[slot];
    if (similarity.epoch != answer.epoch) {
      similarity = {answer.epoch, 0.0F};
      answer.matches.push_back({slot, index, 0.0F});
    }
    similarity.sum += weight;
  }
}

void MemoryFamily::weigh_matches(Answer& answer) const {
  decay_matches(options_.age_decay, answer);
  for (std::size_t i = 0; i < answer.matches.size(); ++i) {
    Match& match = answer.matches[i];
    const auto held = static_cast<float>(sessions_[match.slot].items.size);
    match.similarity = answer.similarities[match.slot].sum / std::sqrt(held) * answer.decays[i];
  }
}

void MemoryFamily::decay_matches(float examples, Answer& answer) const {
  answer.decays.assign(nn::padded(answer.matches.size(), nn::kLanes), 0.0F);
  for (std::size_t i = 0; i < answer.matches.size(); ++i) {
    answer.decays[i] = -age_of(sessions_[answer.matches[i].slot]) / examples;
  }
  nn::exponential(answer.decays.data(), answer.decays.size());
}

void MemoryFamily::keep_neighbours(Answer& answer) const {
  if (answer.matches.size() <= depth_.neighbours) return;
  answer.thresholds.clear();
  for (const Match& match : answer.matches) answer.thresholds.push_back(match.similarity);
  const auto kth = answer.thresholds.begin() + static_cast<std::ptrdiff_t>(depth_.neighbours - 1);
  std::nth_element(answer.thresholds.begin(), kth, answer.thresholds.end(), std::greater<>());
  const float threshold = *kth;
  std::erase_if(answer.matches, [threshold](const Match& match) { return match.similarity < threshold; });
}

std::size_t MemoryFamily::place_of(std::span<const std::uint32_t> held, std::uint32_t item) {
  std::size_t place = held.size();
  while (place > 0 && held[place - 1] != item) --place;
  return place;
}

void MemoryFamily::vote(Match& match, SparseScores& scores) const {
  const auto held = session_lists_.view(sessions_[match.slot].items);
  match.place = static_cast<std::uint32_t>(place_of(held, match.item));
  if (match.place == 0 || match.similarity <= 0.0F) return;  // the item has fallen out of a long session
  const std::size_t place = match.place - 1;
  const float before = match.similarity * options_.before_weight;
  for (std::size_t i = 0; i < place; ++i) scores.add(held[i], before * following_[place - i - 1]);
  scores.add(held[place], match.similarity);
  for (std::size_t i = place + 1; i < held.size(); ++i) {
    scores.add(held[i], match.similarity * following_[i - place - 1]);
  }
}

std::vector<std::vector<ScoredItem>> MemoryFamily::rank(std::span<const RankRequest> requests, std::size_t k) {
  std::vector<std::vector<ScoredItem>> lists;
  lists.reserve(requests.size());
  for (const RankRequest& request : requests) {
    lists.push_back(answer(*request.context).scores.best(items_, request.exclude, k));
  }
  return lists;
}

void MemoryFamily::score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) {
  answer(context).scores.log_shares(items, scores);
}

std::uint64_t MemoryFamily::Answer::memory_bytes() const {
  return similarities.capacity() * sizeof(Similarity) + scores.memory_bytes() + slots.memory_bytes();
}

std::uint64_t MemoryFamily::memory_bytes() const {
  constexpr std::uint64_t kMapEntryBytes = 20;
  std::uint64_t answers = 0;
  for (const Answer& answer : answers_.all()) answers += answer.memory_bytes();
  return sessions_.capacity() * sizeof(Session) + session_lists_.memory_bytes() +
         items_seen_.capacity() * sizeof(Item) + rings_.memory_bytes() + numbers_.size() * kMapEntryBytes + answers;
}

}  // namespace millrace
