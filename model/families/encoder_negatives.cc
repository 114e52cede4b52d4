#include "model/families/encoder_negatives.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/bytes.h"
#include "core/check.h"
#include "model/families/row_error.h"
#include "model/nn/matmul.h"
#include "model/nn/sampled_softmax.h"

namespace millrace::encoder {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

RecentItems::RecentItems(std::size_t window) : window_(window) { MILLRACE_CHECK(window > 0); }

void RecentItems::add(ItemIndex item) {
  const std::size_t slot = added_ % window_;
  if (slot == ring_.size()) {
    ring_.push_back(raw(item));
  } else {
    --counts_[ring_[slot]];
    ring_[slot] = raw(item);
  }
  count_one(raw(item));
  ++added_;
}

void RecentItems::count_one(std::uint32_t item) {
  if (item >= counts_.size()) counts_.resize(item + std::size_t{1}, 0);
  ++counts_[item];
}

void RecentItems::save(const Sink& sink, bool all) {
  const std::size_t chunks = (ring_.size() + kChunk - 1) / kChunk;
  const std::uint64_t fresh = added_ - saved_;
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    const std::size_t begin = chunk * kChunk;
    const std::size_t end = std::min(begin + kChunk, ring_.size());
    // Distance from the last saved position to this chunk, around the ring.
    const std::uint64_t at = saved_ % window_;
    const bool holds_next = begin <= at && at < begin + kChunk;
    const std::uint64_t distance = holds_next ? 0 : (begin + window_ - at) % window_;
    if (!all && distance >= fresh) continue;
    ByteWriter out;
    out.u8(kVersion);
    for (std::size_t i = begin; i < end; ++i) out.u32(ring_[i]);
    sink(key_u32(static_cast<std::uint32_t>(chunk)), out.take());
  }
  ByteWriter count;
  count.u8(kVersion);
  count.varint(added_);
  if (all || fresh > 0) sink("added", count.take());
  saved_ = added_;
}

Status RecentItems::load(std::string_view key, std::string_view value) {
  ByteReader in(value);
  const bool known = in.u8() == kVersion;
  if (known && key == "added") {
    added_ = saved_ = in.varint();
    if (in.done()) return Ok{};
  }
  if (!known || key.size() != 4 || in.remaining() % 4 != 0) return unreadable_row("encoder", "recent");
  const std::size_t begin = read_key(key, 0, 4) * kChunk;
  const std::size_t count = in.remaining() / 4;
  if (count > kChunk || begin + count > window_) return unreadable_row("encoder", "recent");
  if (ring_.size() < begin + count) ring_.resize(begin + count, 0);
  for (std::size_t i = 0; i < count; ++i) ring_[begin + i] = in.u32();
  return Ok{};
}

Status RecentItems::loaded() {
  if (ring_.size() != std::min<std::uint64_t>(added_, window_)) return unreadable_row("encoder", "recent");
  counts_.clear();
  for (const std::uint32_t item : ring_) count_one(item);
  return Ok{};
}

std::uint64_t RecentItems::memory_bytes() const { return (ring_.capacity() + counts_.capacity()) * 4; }

void LocalRows::start(std::size_t table_rows) {
  if (stamp_.size() < table_rows) {
    stamp_.resize(table_rows, 0);
    local_.resize(table_rows);
  }
  if (++generation_ == 0) {
    std::fill(stamp_.begin(), stamp_.end(), 0U);
    generation_ = 1;
  }
  rows_.clear();
}

std::uint32_t LocalRows::add(std::uint32_t row) {
  if (stamp_[row] == generation_) return local_[row];
  stamp_[row] = generation_;
  local_[row] = static_cast<std::uint32_t>(rows_.size());
  rows_.push_back(row);
  return local_[row];
}

std::span<const float> draw_negatives(const nn::EmbeddingTable& items, const RecentItems& recent, std::size_t count,
                                      Random& random, LocalRows& locals, nn::Arena& arena) {
  const std::size_t known = items.rows();
  const bool all = count >= known;
  const std::size_t from_recent = recent.size() > 0 ? count / 2 : 0;
  const std::size_t from_known = count - from_recent;
  if (all) {
    for (std::size_t row = 0; row < known; ++row) locals.add(static_cast<std::uint32_t>(row));
  } else {
    for (std::size_t i = 0; i < from_known; ++i) locals.add(static_cast<std::uint32_t>(random.below(known)));
    for (std::size_t i = 0; i < from_recent; ++i) {
      const std::uint32_t row = items.find(raw(recent.at(random.below(recent.size()))));
      if (row != nn::EmbeddingTable::kNoRow) locals.add(row);
    }
  }
  const std::size_t distinct = locals.size();
  const std::size_t padded_count = nn::padded(distinct, nn::kNegativeBlock);
  const std::span<float> offsets = arena.floats(padded_count);
  std::fill(offsets.begin(), offsets.end(), -std::numeric_limits<float>::infinity());
  const double uniform = static_cast<double>(from_known) / static_cast<double>(known);
  const double each = static_cast<double>(from_recent) / static_cast<double>(std::max<std::size_t>(recent.size(), 1));
  for (std::size_t k = 0; k < distinct; ++k) {
    const auto item = ItemIndex{items.key_of(locals.rows()[k])};
    const double q = all ? 1.0 : std::min(1.0, uniform + each * recent.count(item));
    offsets[k] = static_cast<float>(-std::log(q));
  }
  locals.pad(padded_count);
  return offsets;
}

}  // namespace millrace::encoder
