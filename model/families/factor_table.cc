#include "model/families/factor_table.h"

#include <algorithm>
#include <cmath>

#include "core/bytes.h"
#include "core/random.h"
#include "model/families/row_error.h"
#include "model/nn/adagrad.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr std::size_t kStateFloats = 3;  // after the factors: bias and the two sums of squares

std::size_t padded(std::size_t dimension) {
  return (std::max<std::size_t>(dimension, 1) + nn::kLanes - 1) / nn::kLanes * nn::kLanes;
}

}  // namespace

FactorTable::FactorTable(const FactorTableOptions& options)
    : options_(options),
      dimension_(padded(options.dimension)),
      slots_(options.max_rows),
      values_(dimension_ + nn::kLanes) {}

std::uint32_t FactorTable::touch(std::uint64_t key, std::uint64_t clock) {
  const auto [row, made] = slots_.touch(key, clock);
  if (made) draw(row, key);
  return row;
}

void FactorTable::draw(std::uint32_t row, std::uint64_t key) {
  if (row == values_.size()) values_.push();
  Random random(options_.seed, key, options_.purpose);
  float* values = values_.row(row);
  std::fill_n(values, dimension_ + nn::kLanes, 0.0F);
  for (std::size_t k = 0; k < dimension_; ++k) {
    values[k] = options_.initial_deviation * static_cast<float>(random.normal());
  }
}

void FactorTable::step(std::uint32_t row, const float* gradient, float rate) {
  float* factors = values_.row(row);
  nn::adagrad_row_step({rate}, gradient, factors, factors + dimension_ + 1, dimension_);
}

void FactorTable::step_bias(std::uint32_t row, float gradient, float rate) {
  float& bias = values_.row(row)[dimension_];
  float& squares = values_.row(row)[dimension_ + 2];
  squares += gradient * gradient;
  if (squares > 0.0F) bias -= rate * gradient / std::sqrt(squares);
}

void FactorTable::save(std::string_view table, const RowSink& sink, bool all) {
  slots_.save(table, sink, all, [this](std::uint32_t row, ByteWriter& out) {
    out.floats({values_.row(row), dimension_ + kStateFloats});
  });
}

Status FactorTable::load(std::string_view key, std::string_view value) {
  ByteReader in(value);
  const auto row = slots_.load(key, in);
  if (!row || in.remaining() != (dimension_ + kStateFloats) * sizeof(float)) {
    return unreadable_row("factors", "of factors");
  }
  while (values_.size() < rows()) values_.push();
  in.floats({values_.row(*row), dimension_ + kStateFloats});
  return Ok{};
}

Status FactorTable::loaded() { return slots_.loaded() ? Status(Ok{}) : unreadable_row("factors", "of factors"); }

std::uint64_t FactorTable::memory_bytes() const { return values_.memory_bytes() + rows() * KeyedSlots::kBytesPerSlot; }

}  // namespace millrace
