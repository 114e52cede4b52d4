#include "model/families/peers.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/bytes.h"
#include "model/families/positive.h"
#include "model/families/row_error.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr std::string_view kItemTable = "i";
constexpr std::string_view kUserTable = "u";
constexpr std::uint8_t kRowVersion = 1;

enum Column : std::uint8_t { kRecent, kSum, kMean, kMost, kWithinHour, kWithinDays, kLeaders, kNewest, kColumns };
constexpr std::array<std::string_view, kColumns> kNames{"recent", "sum",  "mean",    "most",
                                                        "hour",   "days", "leaders", "newest"};
constexpr std::array<std::string_view, 1> kEventNames{"peers"};

constexpr float kDayMillis = 86'400'000.0F;
constexpr float kFloor = 1e-2F;
// Takers older than this tell who is alike, not what is wanted now.
constexpr float kOldDays = 30.0F;

float days(Millis span) { return std::abs(static_cast<float>(span.count)) / kDayMillis; }

bool in_history(const Context& context, ItemIndex item) {
  return std::any_of(context.history.begin(), context.history.end(),
                     [item](const Interaction& interaction) { return interaction.item == item; });
}

}  // namespace

std::span<const std::string_view> PeersSource::columns() const { return kNames; }
std::span<const std::string_view> PeersSource::event_columns() const { return kEventNames; }

std::vector<std::vector<ScoredItem>> PeersSource::rank(std::span<const RankRequest> requests, std::size_t /*k*/) {
  return std::vector<std::vector<ScoredItem>>(requests.size());
}

void PeersSource::observe(const Example& example) {
  const std::uint64_t user = raw(example.context.user);
  if (!is_positive(example) || in_history(example.context, example.item) || user >= kMostUsers) return;
  const std::uint32_t index = raw(example.item);
  if (index >= items_.size()) items_.resize(index + std::size_t{1});
  Item& item = items_[index];
  ++item.takers;
  const Taker taker{static_cast<std::uint32_t>(user), example.time};
  if (item.ring.size < kTakers) {
    rings_.push_back(item.ring, taker);
  } else {
    rings_.view(item.ring)[item.next] = taker;
    item.next = (item.next + 1) % kTakers;
  }
  dirty_items_.mark(index);
  if (user >= taken_.size()) taken_.resize(user + 1, 0);
  ++taken_[user];
  dirty_users_.mark(taker.user);
}

// The user's newest items stand in for all of them.
void PeersSource::weigh_peers(const Context& context) {
  weights_.resize(taken_.size());
  peers_ = 0;
  if (++epoch_ == 0) {  // wrapped around: old stamps would look fresh
    std::fill(weights_.begin(), weights_.end(), Weight{});
    epoch_ = 1;
  }
  const auto self = static_cast<std::uint32_t>(std::min<std::uint64_t>(raw(context.user), kMostUsers));
  std::size_t own = 0;
  for (auto at = context.history.rbegin(); at != context.history.rend() && own < kOwnItems; ++at) {
    const bool again =
        std::any_of(context.history.rbegin(), at, [&](const Interaction& i) { return i.item == at->item; });
    if (again || raw(at->item) >= items_.size()) continue;
    ++own;
    weigh_takers(items_[raw(at->item)], self, at->time);
  }
}

void PeersSource::weigh_takers(const Item& item, std::uint32_t self, Millis own_time) {
  constexpr float kLikenessDays = 2.0F;
  constexpr float kLeadDays = 2.0F / 24.0F;
  const float rarity = 1.0F / std::log(3.0F + static_cast<float>(item.takers));
  for (const Taker& taker : rings_.view(item.ring)) {
    if (taker.user == self) continue;
    Weight& weight = weights_[taker.user];
    if (weight.epoch != epoch_) {
      weight = {epoch_, 0.0F, 0.0F};
      ++peers_;
    }
    const float distance = days(taker.time - own_time);
    const auto taken = static_cast<float>(taken_[taker.user]);
    weight.likeness += rarity * (0.3F + 0.7F * std::exp(-distance / kLikenessDays)) / std::sqrt(taken + 3.0F);
    if (taker.time < own_time) weight.leads += std::exp(-distance / kLeadDays) / (taken + 5.0F);
  }
}

void PeersSource::describe_item(const Item& item, Millis now, std::size_t at, FeatureColumns columns) const {
  std::array<float, kColumns> sums{};
  Millis newest{};
  for (const Taker& taker : rings_.view(item.ring)) {
    const Weight& weight = weights_[taker.user];
    const bool known = weight.epoch == epoch_;
    if (taker.time >= newest) {
      newest = taker.time;
      sums[kNewest] = known ? weight.likeness : 0.0F;
    }
    if (!known) continue;
    const float age = days(now - taker.time);
    sums[kSum] += weight.likeness;
    sums[kMost] = std::max(sums[kMost], weight.likeness);
    if (age > kOldDays) continue;
    sums[kRecent] += weight.likeness * std::exp(-age / 0.5F);
    sums[kWithinHour] += weight.likeness * std::exp(-age * 24.0F);
    sums[kWithinDays] += weight.likeness * std::exp(-age / 4.0F);
    sums[kLeaders] += weight.leads * std::exp(-age * 6.0F);
  }
  sums[kMean] = sums[kSum] / (static_cast<float>(item.ring.size) + 1.0F);
  for (std::size_t c = 0; c < kColumns; ++c) columns.column(c)[at] = sums[c];
}

void PeersSource::describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) {
  weigh_peers(context);
  const Item nobody;
  for (std::size_t i = 0; i < items.size(); ++i) {
    describe_item(raw(items[i]) < items_.size() ? items_[raw(items[i])] : nobody, context.now, i, columns);
  }
  for (std::size_t c = 0; c < kColumns; ++c) {
    const auto column = columns.column(c);
    for (float& value : column) value += c == kMean ? 0.1F * kFloor : kFloor;
    nn::logarithm(column);
  }
}

void PeersSource::score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) {
  std::vector<float> values(kColumns * items.size());
  const FeatureColumns columns(values, items.size());
  describe(context, items, columns);
  std::copy(columns.column(0).begin(), columns.column(0).end(), scores.begin());
}

void PeersSource::describe_event(const Context& /*context*/, std::span<float> values) {
  values[0] = std::log1p(static_cast<float>(peers_));
}

void PeersSource::save(const RowSink& sink, bool all) {
  const auto items = dirty_items_.take();
  for (const std::uint32_t index : all ? all_rows(items_.size()) : items) {
    const Item& item = items_[index];
    ByteWriter row;
    row.u8(kRowVersion);
    row.varint(item.takers);
    row.varint(item.next);
    row.varint(item.ring.size);
    for (const Taker& taker : rings_.view(item.ring)) {
      row.varint(taker.user);
      row.zigzag(taker.time.count);
    }
    sink(kItemTable, key_u32(index), row.take());
  }
  const auto users = dirty_users_.take();
  for (const std::uint32_t user : all ? all_rows(taken_.size()) : users) {
    ByteWriter row;
    row.u8(kRowVersion);
    row.varint(taken_[user]);
    sink(kUserTable, key_u32(user), row.take());
  }
}

Status PeersSource::load(std::string_view table, std::string_view key, std::string_view value) {
  ByteReader row(value);
  if (row.u8() != kRowVersion || key.size() != 4) return unreadable_row(name(), table);
  const std::uint64_t index = read_key(key, 0, 4);
  if (table == kUserTable && index < kMostUsers) {
    if (index >= taken_.size()) taken_.resize(index + 1, 0);
    taken_[index] = static_cast<std::uint32_t>(row.varint());
    return row.done() ? Status(Ok{}) : unreadable_row(name(), table);
  }
  if (table != kItemTable) return unreadable_row(name(), table);
  if (index >= items_.size()) items_.resize(index + 1);
  Item& item = items_[index];
  item.takers = static_cast<std::uint32_t>(row.varint());
  item.next = static_cast<std::uint32_t>(row.varint());
  const std::uint64_t size = row.varint();
  for (std::uint64_t i = 0; i < size && row.ok() && item.ring.size < kTakers; ++i) {
    const auto user = static_cast<std::uint32_t>(row.varint());
    rings_.push_back(item.ring, {user, Millis{row.zigzag()}});
  }
  return row.done() && item.next < kTakers ? Status(Ok{}) : unreadable_row(name(), table);
}

Status PeersSource::loaded() {
  for (const Item& item : items_) {
    for (const Taker& taker : rings_.view(item.ring)) {
      if (taker.user >= taken_.size()) return unreadable_row(name(), kUserTable);
    }
  }
  return Ok{};
}

std::uint64_t PeersSource::memory_bytes() const {
  return items_.capacity() * sizeof(Item) + rings_.memory_bytes() + taken_.capacity() * sizeof(std::uint32_t) +
         weights_.capacity() * sizeof(Weight);
}

}  // namespace millrace
