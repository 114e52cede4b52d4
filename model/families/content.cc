#include "model/families/content.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/bytes.h"
#include "model/families/positive.h"
#include "model/families/row_error.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

enum Column : std::uint8_t { kAffinity, kOverlap, kColumns };
constexpr std::array<std::string_view, kColumns> kNames{"affinity", "overlap"};

constexpr std::string_view kCategoryTable = "c";
constexpr std::uint8_t kRowVersion = 1;
constexpr std::uint32_t kTotalRow = ContentSource::kBuckets;

// What is added to the weight of a category that the user has not met, and to its share.
constexpr float kLeastWeight = 0.05F;
constexpr float kShareWeight = 0.5F;
constexpr float kLeastShare = 0.02F;

std::uint32_t bucket_of(std::uint32_t category) { return category % ContentSource::kBuckets; }

}  // namespace

std::span<const std::string_view> ContentSource::columns() const { return kNames; }

std::span<const std::uint32_t> ContentSource::categories_of(ItemIndex item) const {
  if (item == kUnknownItem || raw(item) >= items_.size()) return {};
  const ItemFacts& facts = items_.at(item);
  return std::span(facts.tokens).first(facts.categories);
}

float ContentSource::share(std::uint32_t category) const {
  if (total_ == 0) return 0.0F;
  return static_cast<float>(taken_[bucket_of(category)]) / static_cast<float>(total_);
}

std::vector<ContentSource::Weight> ContentSource::taste_of(const Context& context) const {
  std::vector<Weight> taste;
  float total = 0.0F;
  const auto& history = context.history;
  for (std::size_t place = 1; place <= history.size(); ++place) {
    const auto categories = categories_of(history[history.size() - place].item);
    if (categories.empty()) continue;
    const float weight = 1.0F / std::sqrt(static_cast<float>(place));
    total += weight;
    for (const std::uint32_t category : categories) {
      taste.push_back({category, weight / static_cast<float>(categories.size())});
    }
  }
  std::sort(taste.begin(), taste.end(), [](const Weight& a, const Weight& b) {
    return a.category != b.category ? a.category < b.category : a.value > b.value;
  });
  std::size_t kept = 0;
  for (const Weight& weight : taste) {
    if (kept > 0 && taste[kept - 1].category == weight.category) {
      taste[kept - 1].value += weight.value;
    } else {
      taste[kept++] = weight;
    }
  }
  taste.resize(kept);
  for (Weight& weight : taste) weight.value /= total;
  return taste;
}

void ContentSource::describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) {
  const std::span<float> affinity = columns.column(kAffinity);
  const std::span<float> overlap = columns.column(kOverlap);
  std::fill(affinity.begin(), affinity.end(), 0.0F);
  std::fill(overlap.begin(), overlap.end(), 0.0F);
  const std::vector<Weight> taste = taste_of(context);
  if (taste.empty()) return;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto categories = categories_of(items[i]);
    float ratios = 1.0F;  // their product; at most kMaxTokens of them, each between 0.09 and 53
    for (const std::uint32_t category : categories) {
      const auto at = std::lower_bound(taste.begin(), taste.end(), category,
                                       [](const Weight& w, std::uint32_t wanted) { return w.category < wanted; });
      const float weight = at != taste.end() && at->category == category ? at->value : 0.0F;
      ratios *= (weight + kLeastWeight) / (kShareWeight * share(category) + kLeastShare);
      overlap[i] += weight;
    }
    affinity[i] = ratios;
  }
  nn::logarithm(affinity);
  for (std::size_t i = 0; i < items.size(); ++i) {
    affinity[i] /= static_cast<float>(std::max<std::size_t>(categories_of(items[i]).size(), 1));
  }
}

void ContentSource::observe(const Example& example) {
  if (!is_positive(example)) return;
  const auto categories = categories_of(example.item);
  if (categories.empty()) return;
  taken_.resize(kBuckets, 0);
  for (const std::uint32_t category : categories) {
    if (taken_[bucket_of(category)]++ == 0) ++used_;
    dirty_.mark(bucket_of(category));
  }
  ++total_;
  dirty_.mark(kTotalRow);
  if (total_ >= kMostTaken) halve();
}

void ContentSource::halve() {
  total_ /= 2;
  for (std::uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
    if (taken_[bucket] == 0) continue;
    taken_[bucket] /= 2;
    if (taken_[bucket] == 0) --used_;
    dirty_.mark(bucket);
  }
}

void ContentSource::save(const RowSink& sink, bool all) {
  std::vector<std::uint32_t> rows = dirty_.take();
  if (taken_.empty()) return;
  if (all) rows = all_rows(kBuckets + 1);
  for (const std::uint32_t row : rows) {
    const std::uint32_t count = row == kTotalRow ? total_ : taken_[row];
    if (count == 0) {
      if (!all) sink(kCategoryTable, key_u32(row), std::nullopt);
      continue;
    }
    ByteWriter out;
    out.u8(kRowVersion);
    out.varint(count);
    sink(kCategoryTable, key_u32(row), out.take());
  }
}

Status ContentSource::load(std::string_view table, std::string_view key, std::string_view value) {
  if (table != kCategoryTable || key.size() != 4) return unreadable_row(name(), table);
  ByteReader in(value);
  const std::uint8_t version = in.u8();
  const auto row = static_cast<std::uint32_t>(read_key(key, 0, 4));
  const auto count = static_cast<std::uint32_t>(in.varint());
  if (version != kRowVersion || row > kTotalRow || !in.done()) return unreadable_row(name(), table);
  taken_.resize(kBuckets, 0);
  if (row != kTotalRow && count > 0) ++used_;
  (row == kTotalRow ? total_ : taken_[row]) = count;
  return Ok{};
}

}  // namespace millrace
