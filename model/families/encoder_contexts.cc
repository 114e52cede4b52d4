#include "model/families/encoder_contexts.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "model/nn/matmul.h"

namespace millrace::encoder {
namespace {

using nn::EmbeddingTable;

std::span<const Interaction> newest_of(const Context& context, std::size_t length) {
  const std::span<const Interaction> history(context.history);
  return history.last(std::min(length, history.size()));
}

std::uint32_t gap_bucket(Millis now, Millis then) {
  const std::int64_t gap = std::max<std::int64_t>(now.count - then.count, 0);
  return std::min<std::uint32_t>(static_cast<std::uint32_t>(std::bit_width(static_cast<std::uint64_t>(gap))),
                                 kGapBuckets - 1);
}

float log_count(double count) { return static_cast<float>(std::log1p(std::max(count, 0.0))); }

// Scaled to about one, so that one learning rate suits all.
void user_features(const Context& context, float* out) {
  std::fill_n(out, kUserFeatures, 0.0F);
  const double hours_known = static_cast<double>((context.now - context.first_seen).count) / 3.6e6;
  out[0] = 0.25F * log_count(context.interactions);
  out[1] = 0.2F * context.mean_rating;
  out[2] = 0.5F * log_count(context.session_length);
  out[3] = 0.15F * log_count(hours_known);
  if (!context.history.empty()) {
    const double hours_away = static_cast<double>((context.now - context.history.back().time).count) / 3.6e6;
    out[4] = 0.25F * log_count(hours_away);
  }
  out[5] = context.session_length == 0 ? 1.0F : 0.0F;
  const std::int64_t day = context.now.count / kDay.count - (context.now.count % kDay.count < 0 ? 1 : 0);
  const double turn = static_cast<double>(context.now.count - day * kDay.count) / static_cast<double>(kDay.count);
  out[6] = static_cast<float>(std::sin(2.0 * std::numbers::pi * turn));
  out[7] = static_cast<float>(std::cos(2.0 * std::numbers::pi * turn));
  out[8 + static_cast<std::size_t>(((day % 7) + 7) % 7)] = 1.0F;
  out[15] = 1.0F;
}

class Packer {
 public:
  Packer(const EmbeddingTable& items, const EncoderOptions& options, std::size_t kinds, Contexts& out)
      : items_(items), length_(options.length), kinds_(kinds), out_(out) {}

  void add(const Context& context, std::uint32_t index) {
    out_.begin[index] = static_cast<std::uint32_t>(count_);
    out_.newest[index] = kNoPosition;
    const auto history = newest_of(context, length_);
    for (std::size_t i = 0; i < history.size(); ++i) {
      const std::uint32_t row = find_row(items_, history[i].item);
      if (row == EmbeddingTable::kNoRow) continue;
      if (i + 1 == history.size()) out_.newest[index] = static_cast<std::uint32_t>(count_);
      add_position(context, history[i], index, row, length_ - history.size() + i);
    }
  }
  std::size_t count() const { return count_; }

 private:
  void add_position(const Context& context, const Interaction& interaction, std::uint32_t index, std::uint32_t row,
                    std::size_t position) {
    out_.context[count_] = index;
    out_.row[count_] = row;
    out_.position[count_] = static_cast<std::uint32_t>(position);
    out_.kind[count_] = std::min<std::uint32_t>(raw(interaction.kind), static_cast<std::uint32_t>(kinds_ - 1));
    out_.gap[count_] = gap_bucket(context.now, interaction.time);
    ++count_;
  }

  const EmbeddingTable& items_;
  std::size_t length_;
  std::size_t kinds_;
  Contexts& out_;
  std::size_t count_ = 0;
};

}  // namespace

std::uint32_t find_row(const EmbeddingTable& items, ItemIndex item) {
  return item == kUnknownItem ? EmbeddingTable::kNoRow : items.find(raw(item));
}

bool attendable(const Context& context, const EmbeddingTable& items, std::size_t length) {
  const auto history = newest_of(context, length);
  return std::any_of(history.begin(), history.end(),
                     [&](const Interaction& i) { return find_row(items, i.item) != EmbeddingTable::kNoRow; });
}

Contexts pack_contexts(std::span<const Context* const> contexts, const EmbeddingTable& items,
                       const EncoderOptions& options, std::size_t kinds, nn::Arena& arena) {
  Contexts out;
  out.size = contexts.size();
  out.padded_size = nn::padded(contexts.size(), kContextPadding);
  out.begin = arena.indices(contexts.size() + 1);
  out.newest = arena.indices(contexts.size());
  for (auto* positions : {&out.context, &out.row, &out.position, &out.kind, &out.gap}) {
    *positions = arena.indices(contexts.size() * options.length);
  }
  out.features = arena.zeros(out.padded_size, kUserFeatures);
  Packer packer(items, options, std::max<std::size_t>(kinds, 1), out);
  for (std::size_t b = 0; b < contexts.size(); ++b) {
    packer.add(*contexts[b], static_cast<std::uint32_t>(b));
    if (options.use_user) user_features(*contexts[b], out.features.row(b));
  }
  out.begin[contexts.size()] = static_cast<std::uint32_t>(packer.count());
  for (auto* positions : {&out.context, &out.row, &out.position, &out.kind, &out.gap}) {
    *positions = positions->first(packer.count());
  }
  out.padded_positions = nn::padded(packer.count(), kPositionPadding);
  return out;
}

}  // namespace millrace::encoder
