#include "model/families/related.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/bytes.h"
#include "model/families/positive.h"
#include "model/families/row_error.h"
#include "model/families/visit.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr std::string_view kItemTable = "i";
constexpr std::string_view kStateTable = "t";
constexpr std::uint8_t kRowVersion = 2;
constexpr std::uint8_t kTogetherOnlyVersion = 1;
constexpr std::size_t kMostPlaces = 255;  // a history is no longer
// What lies together stays related over a distance; what the user wants next depends on the newest items.
constexpr float kLearningDecay = 0.4F;
constexpr float kRankingDecay = 0.75F;
constexpr float kFollowingDecay = 3.0F;
constexpr float kRecentEvents = 6'000.0F;

enum Column : std::uint8_t { kScore, kRootShare, kFollowing, kRecent, kOfLast, kAfterLast, kVisit, kColumns };
constexpr std::array<std::string_view, kColumns> kNames{"score",   "root_share", "following", "recent",
                                                        "of_last", "after_last", "visit"};

}  // namespace

RelatedFamily::RelatedFamily(const RelatedOptions& options, const ItemTable& items) : options_(options), items_(items) {
  options_.window = std::clamp<std::size_t>(options.window, 1, kMostPlaces);
  options_.neighbours_per_item =
      std::clamp<std::size_t>(options.neighbours_per_item, 1, FlatLists<Neighbour>::kMaxElements);
  for (std::size_t place = 1; place <= options_.window; ++place) {
    learning_weights_.push_back(std::pow(static_cast<float>(place), -kLearningDecay));
    ranking_weights_.push_back(std::pow(static_cast<float>(place), -kRankingDecay));
    following_weights_.push_back(std::exp(-static_cast<float>(place - 1) / kFollowingDecay));
  }
}

void RelatedFamily::read_history(const Context& context, std::vector<std::uint32_t>& distinct) const {
  distinct.clear();
  for (auto at = context.history.rbegin(); at != context.history.rend() && distinct.size() < options_.window; ++at) {
    const std::uint32_t index = raw(at->item);
    if (at->item == kUnknownItem || std::find(distinct.begin(), distinct.end(), index) != distinct.end()) continue;
    distinct.push_back(index);
  }
}

void RelatedFamily::observe(const Example& example) {
  if (!is_positive(example)) return;
  const std::uint32_t index = raw(example.item);
  std::vector<std::uint32_t>& history = answers_.mine().history;
  read_history(example.context, history);
  if (std::find(history.begin(), history.end(), index) != history.end()) return;
  std::uint32_t highest = index;
  for (const std::uint32_t earlier : history) highest = std::max(highest, earlier);
  if (highest >= items_seen_.size()) items_seen_.resize(highest + std::size_t{1});
  for (std::size_t i = 0; i < history.size(); ++i) {
    relate(history[i], index, i, true);
    relate(index, history[i], i, false);
  }
  ++events_;
  dirty_state_ = true;
  ++items_seen_[index].count;
  dirty_.mark(index);
  ++observed_;
}

void RelatedFamily::relate(std::uint32_t item, std::uint32_t to, std::size_t place, bool follows) {
  dirty_.mark(item);
  Neighbour& neighbour = neighbour_of(item, to);
  neighbour.together += learning_weights_[place];
  neighbour.recent = recent_at(neighbour) + learning_weights_[place];
  neighbour.as_of = events_;
  if (follows) neighbour.followed += following_weights_[place];
}

// Found, added, or in the place of the weakest.
RelatedFamily::Neighbour& RelatedFamily::neighbour_of(std::uint32_t item, std::uint32_t to) {
  FlatLists<Neighbour>::List& list = items_seen_[item].neighbours;
  const auto neighbours = lists_.view(list);
  const auto known =
      std::find_if(neighbours.begin(), neighbours.end(), [to](const Neighbour& n) { return n.item == to; });
  if (known != neighbours.end()) return *known;
  if (list.size < options_.neighbours_per_item) {
    lists_.push_back(list, {.item = to, .as_of = events_});
    return lists_.view(list).back();
  }
  const auto weakest = std::min_element(neighbours.begin(), neighbours.end(), weaker);
  *weakest = {.item = to, .as_of = events_};
  return *weakest;
}

float RelatedFamily::recent_at(const Neighbour& neighbour) const {
  return neighbour.recent * std::exp2(-static_cast<float>(events_ - neighbour.as_of) / kRecentEvents);
}

RelatedFamily::Answer& RelatedFamily::answer(const Context& context) {
  Answer& answer = answers_.mine();
  read_history(context, answer.history);
  if (answer.given && answer.observed == observed_ && answer.asked == answer.history) return answer;
  answer.scores.begin(items_seen_.size());
  for (std::size_t i = 0; i < answer.history.size(); ++i) {
    if (answer.history[i] >= items_seen_.size()) continue;
    const Item& item = items_seen_[answer.history[i]];
    const float weight = ranking_weights_[i] / std::sqrt(static_cast<float>(item.count) + 1.0F);
    for (const Neighbour& neighbour : lists_.view(item.neighbours)) {
      answer.scores.add(neighbour.item, weight * neighbour.together);
    }
  }
  for (const std::uint32_t touched : answer.scores.touched()) {
    answer.scores.multiply(touched, 1.0F / std::sqrt(static_cast<float>(items_seen_[touched].count) + 3.0F));
  }
  answer.scores.finish();
  answer.asked = answer.history;
  answer.observed = observed_;
  answer.given = true;
  return answer;
}

std::vector<std::vector<ScoredItem>> RelatedFamily::rank(std::span<const RankRequest> requests, std::size_t k) {
  std::vector<std::vector<ScoredItem>> lists;
  lists.reserve(requests.size());
  for (const RankRequest& request : requests) {
    lists.push_back(answer(*request.context).scores.best(items_, request.exclude, k));
  }
  return lists;
}

void RelatedFamily::score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) {
  answer(context).scores.log_shares(items, scores);
}

std::span<const std::string_view> RelatedFamily::columns() const { return kNames; }

void RelatedFamily::describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) {
  Answer& answer = this->answer(context);
  answer.scores.log_shares(items, columns.column(kScore));
  for (std::size_t i = 0; i < items.size(); ++i)
    columns.column(kRootShare)[i] = std::exp(0.5F * columns.column(kScore)[i]);
  for (std::size_t c = kFollowing; c < kColumns; ++c) {
    std::fill(columns.column(c).begin(), columns.column(c).end(), 0.0F);
  }
  answer.slots.begin(items);
  std::size_t in_visit = 0;  // places of the history that are of this visit
  for (auto at = context.history.rbegin(); at != context.history.rend() && context.now - at->time < kVisitGap; ++at) {
    ++in_visit;
  }
  for (std::size_t place = 0; place < answer.history.size(); ++place)
    describe_item(answer, place, place < in_visit, columns);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::uint32_t index = raw(items[i]);
    const std::uint32_t count = index < items_seen_.size() ? items_seen_[index].count : 0;
    const float rarity = 1.0F / std::sqrt(static_cast<float>(count) + 3.0F);
    for (std::size_t c = kFollowing; c < kColumns; ++c) {
      float& value = columns.column(c)[i];
      value = (c == kAfterLast ? value : value * rarity) + 1e-3F;
    }
  }
  for (std::size_t c = kFollowing; c < kColumns; ++c) nn::logarithm(columns.column(c));
}

// Adds what the item at `place` of the history says of the candidates.
void RelatedFamily::describe_item(const Answer& answer, std::size_t place, bool in_visit,
                                  FeatureColumns columns) const {
  if (answer.history[place] >= items_seen_.size()) return;
  const Item& item = items_seen_[answer.history[place]];
  const auto count = static_cast<float>(item.count);
  const float rarity = 1.0F / std::sqrt(count + 1.0F);
  for (const Neighbour& neighbour : lists_.view(item.neighbours)) {
    const std::uint32_t slot = answer.slots.find(neighbour.item);
    if (slot == CandidateSlots::kNone) continue;
    columns.column(kFollowing)[slot] += following_weights_[place] * rarity * neighbour.followed;
    columns.column(kRecent)[slot] += ranking_weights_[place] * rarity * recent_at(neighbour);
    if (in_visit) columns.column(kVisit)[slot] += following_weights_[place] * rarity * neighbour.together;
    if (place > 0) continue;
    columns.column(kOfLast)[slot] = rarity * neighbour.together;
    columns.column(kAfterLast)[slot] = neighbour.followed / (count + 3.0F);
  }
}

void RelatedFamily::explain(const Context& context, std::span<const ItemIndex> items, std::span<ItemIndex> because) {
  Answer& answer = answers_.mine();
  const std::vector<std::uint32_t>& history = answer.history;
  read_history(context, answer.history);
  answer.slots.begin(items);
  std::vector<float> most(items.size(), 0.0F);
  for (std::size_t h = 0; h < history.size(); ++h) {
    if (history[h] >= items_seen_.size()) continue;
    const Item& item = items_seen_[history[h]];
    const float weight = ranking_weights_[h] / std::sqrt(static_cast<float>(item.count) + 1.0F);
    for (const Neighbour& neighbour : lists_.view(item.neighbours)) {
      const std::uint32_t slot = answer.slots.find(neighbour.item);
      if (slot == CandidateSlots::kNone || weight * neighbour.together <= most[slot]) continue;
      most[slot] = weight * neighbour.together;
      because[slot] = ItemIndex{history[h]};
    }
  }
}

void RelatedFamily::save(const RowSink& sink, bool all) {
  const auto changed = dirty_.take();
  for (const std::uint32_t index : all ? all_rows(items_seen_.size()) : changed) save_item(sink, index);
  if (!dirty_state_ && !all) return;
  dirty_state_ = false;
  ByteWriter row;
  row.u8(kRowVersion);
  row.varint(events_);
  sink(kStateTable, "", row.take());
}

void RelatedFamily::save_item(const RowSink& sink, std::uint32_t index) const {
  const Item& item = items_seen_[index];
  ByteWriter row;
  row.u8(kRowVersion);
  row.varint(item.count);
  row.varint(item.neighbours.size);
  for (const Neighbour& neighbour : lists_.view(item.neighbours)) {
    row.varint(neighbour.item);
    row.f32(neighbour.together);
    row.f32(neighbour.followed);
    row.f32(neighbour.recent);
    row.varint(neighbour.as_of);
  }
  sink(kItemTable, key_u32(index), row.take());
}

// Where fewer are kept than when the row was saved.
void RelatedFamily::keep_strongest(std::vector<Neighbour>& neighbours) const {
  const std::size_t most = options_.neighbours_per_item;
  if (neighbours.size() <= most) return;
  std::nth_element(neighbours.begin(), neighbours.begin() + static_cast<std::ptrdiff_t>(most), neighbours.end(),
                   [](const Neighbour& a, const Neighbour& b) { return weaker(b, a); });
  neighbours.resize(most);
}

Status RelatedFamily::load(std::string_view table, std::string_view key, std::string_view value) {
  ByteReader row(value);
  const std::uint8_t version = row.u8();
  if (version != kRowVersion && version != kTogetherOnlyVersion) return unreadable_row(name(), table);
  if (table == kStateTable) {
    events_ = static_cast<std::uint32_t>(row.varint());
    return row.done() ? Status(Ok{}) : unreadable_row(name(), table);
  }
  if (table != kItemTable || key.size() != 4) return unreadable_row(name(), table);
  const std::uint64_t index = read_key(key, 0, 4);
  if (index >= items_seen_.size()) items_seen_.resize(index + 1);
  Item& item = items_seen_[index];
  item.count = static_cast<std::uint32_t>(row.varint());
  const std::uint64_t size = row.varint();
  std::vector<Neighbour> neighbours;
  for (std::uint64_t i = 0; i < size && row.ok(); ++i) {
    Neighbour neighbour;
    neighbour.item = static_cast<std::uint32_t>(row.varint());
    neighbour.together = row.f32();
    if (version != kTogetherOnlyVersion) {
      neighbour.followed = row.f32();
      neighbour.recent = row.f32();
      neighbour.as_of = static_cast<std::uint32_t>(row.varint());
    }
    neighbours.push_back(neighbour);
  }
  keep_strongest(neighbours);
  for (const Neighbour& neighbour : neighbours) lists_.push_back(item.neighbours, neighbour);
  return row.done() ? Status(Ok{}) : unreadable_row(name(), table);
}

std::uint64_t RelatedFamily::memory_bytes() const {
  std::uint64_t bytes = items_seen_.capacity() * sizeof(Item) + lists_.memory_bytes();
  for (const Answer& answer : answers_.all()) bytes += answer.scores.memory_bytes() + answer.slots.memory_bytes();
  return bytes;
}

}  // namespace millrace
