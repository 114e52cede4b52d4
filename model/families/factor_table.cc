#include "model/families/factor_table.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/bytes.h"
#include "core/random.h"
#include "model/families/row_error.h"
#include "model/nn/adagrad.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr std::uint8_t kRowVersion = 1;
constexpr std::size_t kStateFloats = 3;  // after the factors: bias and the two sums of squares

std::size_t padded(std::size_t dimension) {
  return (std::max<std::size_t>(dimension, 1) + nn::kLanes - 1) / nn::kLanes * nn::kLanes;
}

}  // namespace

FactorTable::FactorTable(const FactorTableOptions& options)
    : options_(options), dimension_(padded(options.dimension)), values_(dimension_ + nn::kLanes) {
  options_.max_rows = std::clamp<std::size_t>(options.max_rows, 1, kNoRow);
}

std::uint32_t FactorTable::find(std::uint64_t key) const {
  const auto at = index_.find(key);
  return at == index_.end() ? kNoRow : at->second;
}

std::uint32_t FactorTable::touch(std::uint64_t key, std::uint64_t clock) {
  std::uint32_t row = find(key);
  if (row == kNoRow) {
    row = make_row(key);
  } else {
    order_.remove(row);
  }
  order_.push_newest(row);
  entries_[row].clock = clock;
  mark(row);
  return row;
}

std::uint32_t FactorTable::make_row(std::uint64_t key) {
  std::uint32_t row = static_cast<std::uint32_t>(rows());
  if (rows() < options_.max_rows) {
    push_row();
  } else {
    row = order_.oldest();
    order_.remove(row);
    index_.erase(entries_[row].key);
    changed_keys_.push_back(entries_[row].key);
  }
  entries_[row] = {.key = key, .present = true};
  index_.emplace(key, row);
  Random random(options_.seed, key, options_.purpose);
  float* values = values_.row(row);
  std::fill_n(values, dimension_ + nn::kLanes, 0.0F);
  for (std::size_t k = 0; k < dimension_; ++k) {
    values[k] = options_.initial_deviation * static_cast<float>(random.normal());
  }
  return row;
}

void FactorTable::push_row() {
  entries_.emplace_back();
  values_.push();
}

void FactorTable::mark(std::uint32_t row) {
  stale_.mark(row);
  if (entries_[row].dirty) return;
  entries_[row].dirty = true;
  changed_keys_.push_back(entries_[row].key);
}

void FactorTable::step(std::uint32_t row, const float* gradient, float rate) {
  float* factors = values_.row(row);
  nn::adagrad_row_step({rate}, gradient, factors, factors + dimension_ + 1, dimension_);
  mark(row);
}

void FactorTable::step_bias(std::uint32_t row, float gradient, float rate) {
  float& bias = values_.row(row)[dimension_];
  float& squares = values_.row(row)[dimension_ + 2];
  squares += gradient * gradient;
  if (squares > 0.0F) bias -= rate * gradient / std::sqrt(squares);
  mark(row);
}

void FactorTable::save(std::string_view table, const RowSink& sink, bool all) {
  if (all) {
    for (const Entry& entry : entries_) changed_keys_.push_back(entry.key);
  }
  std::sort(changed_keys_.begin(), changed_keys_.end());
  changed_keys_.erase(std::unique(changed_keys_.begin(), changed_keys_.end()), changed_keys_.end());
  for (const std::uint64_t key : changed_keys_) {
    const std::uint32_t row = find(key);
    if (row == kNoRow) {
      sink(table, key_u64(key), std::nullopt);
      continue;
    }
    entries_[row].dirty = false;
    sink(table, key_u64(key), encode(row));
  }
  changed_keys_.clear();
}

std::string FactorTable::encode(std::uint32_t row) const {
  ByteWriter out;
  out.u8(kRowVersion);
  out.varint(entries_[row].clock);
  out.varint(row);
  const float* values = values_.row(row);
  for (std::size_t k = 0; k < dimension_ + kStateFloats; ++k) out.f32(values[k]);
  return out.take();
}

Status FactorTable::load(std::string_view key, std::string_view value) {
  ByteReader in(value);
  const std::uint8_t version = in.u8();
  const std::uint64_t clock = in.varint();
  const std::uint64_t row = in.varint();
  const bool fits = in.ok() && key.size() == 8 && version == kRowVersion && row < options_.max_rows &&
                    in.remaining() == (dimension_ + kStateFloats) * sizeof(float);
  if (!fits) return unreadable_row("factors", "of factors");
  while (rows() <= row) push_row();
  const auto at = static_cast<std::uint32_t>(row);
  entries_[at] = {.key = read_key(key), .clock = clock, .present = true};
  index_.emplace(entries_[at].key, at);
  float* values = values_.row(at);
  for (std::size_t k = 0; k < dimension_ + kStateFloats; ++k) values[k] = in.f32();
  return Ok{};
}

Status FactorTable::loaded() {
  const auto missing = [](const Entry& entry) { return !entry.present; };
  if (std::any_of(entries_.begin(), entries_.end(), missing)) return unreadable_row("factors", "of factors");
  std::vector<std::uint32_t> rows_by_touch(rows());
  std::iota(rows_by_touch.begin(), rows_by_touch.end(), 0U);
  std::sort(rows_by_touch.begin(), rows_by_touch.end(), [this](std::uint32_t a, std::uint32_t b) {
    return std::pair(entries_[a].clock, a) < std::pair(entries_[b].clock, b);
  });
  for (const std::uint32_t row : rows_by_touch) {
    order_.push_newest(row);
    stale_.mark(row);
  }
  return Ok{};
}

std::uint64_t FactorTable::memory_bytes() const {
  constexpr std::uint64_t kPerRowBytes = sizeof(Entry) + 8 + 20;  // with links and the map's entry
  return values_.memory_bytes() + rows() * kPerRowBytes;
}

}  // namespace millrace
