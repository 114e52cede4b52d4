#include "model/top_k_scan.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "model/nn/matmul.h"
#include "model/top_k_kernels.h"
#include "model/top_k_selection.h"

namespace millrace::top_k {
namespace {

// Room above the largest value, so that a growing table is not quantised again with every row.
constexpr float kHeadroom = 1.25F;
// Squares below the smallest float vanish: what they can add to a norm of kMaxDimension values.
constexpr float kUnderflow = 1e-20F;
// What sums of products that vanish or are flushed to zero can lack, whatever the order.
constexpr double kAbsoluteError = 1e-34;
// Twice the unit of rounding of f32 for every one of n operations: Higham's γ_n, generously.
double rounding(std::size_t operations) { return static_cast<double>(operations + 8) * 0x1.0p-23; }

// By how much exact_dot may differ from the true product, divided by |q||x|.
double exact_dot_error(std::size_t dimension) { return rounding(dimension / 16); }

float residual_bound(const Quantised& quantised, float norm) {
  return std::sqrt(quantised.residual_squared) * 1.0001F + norm * 0x1.0p-21F + kUnderflow;
}

}  // namespace

float norm_bound(const float* x, std::size_t dimension) {
  return std::sqrt(dot(x, x, dimension)) * 1.0001F + kUnderflow;
}

void FloatScan::resize(const Rows& /*rows*/, std::size_t capacity) {
  bias_.resize(capacity, ScoreRange<float>::kMasked);
}

void FloatScan::set_visible(std::size_t slot, bool visible) {
  bias_[slot] = visible ? 0.0F : ScoreRange<float>::kMasked;
}

void FloatScan::resize_queries(const Rows& rows, std::size_t count, Queries& queries) const {
  queries.assign(count * rows.dimension, 0.0F);
}

float FloatScan::prepare(const Rows& rows, std::size_t position, const float* query, Queries& queries) const {
  std::copy_n(query, rows.dimension, queries.data() + position * rows.dimension);
  const double error = exact_dot_error(rows.dimension) + rounding(rows.dimension);
  const double scale = static_cast<double>(norm_bound(query, rows.dimension)) * rows.norm_max;
  return static_cast<float>(2.0 * (error * scale + kAbsoluteError));
}

void FloatScan::multiply(const Rows& rows, const Queries& queries, std::size_t first, std::size_t count,
                         float* scores) const {
  nn::gemm_f32(nn::Transposed::kNo, nn::Transposed::kYes, queries.size() / rows.dimension, count, rows.dimension,
               queries.data(), rows.at(first), scores);
}

std::uint64_t FloatScan::memory_bytes() const { return bias_.capacity() * sizeof(float); }

void IntegerScan::resize(const Rows& rows, std::size_t capacity) {
  quantised_.resize(capacity * rows.dimension);
  sums_.resize(capacity);
  residuals_.resize(capacity);
  bias_.resize(capacity, ScoreRange<std::int32_t>::kMasked);
}

void IntegerScan::set_row(const Rows& rows, std::size_t slot) {
  if (largest_magnitude(rows.at(slot), rows.dimension) > 127.0F * scale_) stale_ = true;
  if (!stale_) quantise_row(rows, slot);
}

void IntegerScan::quantise_row(const Rows& rows, std::size_t slot) {
  const Quantised row = quantise(rows.at(slot), rows.dimension, scale_, quantised_.data() + slot * rows.dimension);
  sums_[slot] = row.sum;
  residuals_[slot] = residual_bound(row, rows.norms[slot]);
  residual_max_ = std::max(residual_max_, residuals_[slot]);
  if (bias_[slot] != ScoreRange<std::int32_t>::kMasked) set_visible(slot, true);
}

void IntegerScan::set_visible(std::size_t slot, bool visible) {
  bias_[slot] = visible ? -128 * sums_[slot] : ScoreRange<std::int32_t>::kMasked;
}

void IntegerScan::refresh(const Rows& rows) {
  if (!stale_) return;
  scale_ = std::max(kHeadroom * largest_magnitude(rows.values.data(), rows.values.size()) / 127.0F, kLeastScale);
  residual_max_ = 0.0F;
  for (std::size_t slot = 0; slot < bias_.size(); ++slot) quantise_row(rows, slot);
  stale_ = false;
}

void IntegerScan::resize_queries(const Rows& rows, std::size_t count, Queries& queries) const {
  queries.shifted.assign(count * rows.dimension, 128);
  queries.scratch.resize(rows.dimension);
}

std::int32_t IntegerScan::prepare(const Rows& rows, std::size_t position, const float* query, Queries& queries) const {
  const float scale = std::max(largest_magnitude(query, rows.dimension) / 127.0F, kLeastScale);
  const Quantised quantised = quantise(query, rows.dimension, scale, queries.scratch.data());
  std::uint8_t* const shifted = queries.shifted.data() + position * rows.dimension;
  for (std::size_t j = 0; j < rows.dimension; ++j) shifted[j] = static_cast<std::uint8_t>(queries.scratch[j] + 128);

  const double norm = norm_bound(query, rows.dimension);
  const double residual = residual_bound(quantised, static_cast<float>(norm));
  const double error = norm * residual_max_ + (static_cast<double>(rows.norm_max) + residual_max_) * residual +
                       norm * rows.norm_max * exact_dot_error(rows.dimension) + kAbsoluteError;
  const double width = 2.0 * error / (static_cast<double>(scale) * scale_);
  // A width that reaches the floor keeps every slot.
  return static_cast<std::int32_t>(std::min(std::ceil(width), -1.0 * ScoreRange<std::int32_t>::kFloor));
}

void IntegerScan::multiply(const Rows& rows, const Queries& queries, std::size_t first, std::size_t count,
                           std::int32_t* scores) const {
  nn::gemm_u8s8s32(nn::Transposed::kNo, nn::Transposed::kYes, queries.shifted.size() / rows.dimension, count,
                   rows.dimension, queries.shifted.data(), quantised_.data() + first * rows.dimension, scores);
}

std::uint64_t IntegerScan::memory_bytes() const {
  return quantised_.capacity() + (sums_.capacity() + bias_.capacity()) * sizeof(std::int32_t) +
         residuals_.capacity() * sizeof(float);
}

}  // namespace millrace::top_k
