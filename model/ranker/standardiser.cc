#include "model/ranker/standardiser.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace millrace {
namespace {

constexpr double kLeastVariance = 1e-3;
// Means of all predictions up to here, then of about so many of the newest.
constexpr std::uint64_t kMemory = 20'000;
// Columns that are turned into rows at a time: a cache line of each.
constexpr std::size_t kBlock = 16;

}  // namespace

Standardiser::Standardiser(std::size_t columns) : mean_(columns, 0.0), square_(columns, 1.0) {}

void Standardiser::observe(std::span<const float> values, std::size_t items) {
  if (items == 0) return;
  const double rate = 1.0 / static_cast<double>(std::min(predictions_, kMemory) + 1);
  for (std::size_t c = 0; c < mean_.size(); ++c) {
    float sum = 0.0F;
    float squares = 0.0F;
    for (const float value : values.subspan(c * items, items)) {
      sum += value;
      squares += value * value;
    }
    const double count = static_cast<double>(items);
    mean_[c] += rate * (static_cast<double>(sum) / count - mean_[c]);
    square_[c] += rate * (static_cast<double>(squares) / count - square_[c]);
  }
  ++predictions_;
}

void Standardiser::apply(std::span<const float> values, std::size_t items, float* rows, std::size_t stride) const {
  for (std::size_t begin = 0; begin < mean_.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, mean_.size() - begin);
    std::array<float, kBlock> mean{};
    std::array<float, kBlock> scale{};
    for (std::size_t c = 0; c < count; ++c) {
      const double square = mean_[begin + c] * mean_[begin + c];
      mean[c] = static_cast<float>(mean_[begin + c]);
      scale[c] = static_cast<float>(1.0 / std::sqrt(std::max(square_[begin + c] - square, kLeastVariance)));
    }
    const float* block = values.data() + begin * items;
    for (std::size_t i = 0; i < items; ++i) {
      float* row = rows + i * stride + begin;
      for (std::size_t c = 0; c < count; ++c) {
        row[c] = std::clamp((block[c * items + i] - mean[c]) * scale[c], -kClip, kClip);
      }
    }
  }
}

bool Standardiser::is_finite(std::size_t column) const {
  return std::isfinite(mean_[column]) && std::isfinite(square_[column]);
}

bool Standardiser::is_finite() const {
  for (std::size_t c = 0; c < mean_.size(); ++c) {
    if (!is_finite(c)) return false;
  }
  return true;
}

void Standardiser::encode(ByteWriter& out) const {
  out.varint(predictions_);
  for (const auto* values : {&mean_, &square_}) {
    for (const double value : *values) out.f64(value);
  }
}

void Standardiser::decode(ByteReader& in, const StoredColumns& stored) {
  *this = Standardiser(mean_.size());
  predictions_ = in.varint();
  std::vector<double> was(stored.size());
  for (auto* values : {&mean_, &square_}) {
    for (double& value : was) value = in.f64();
    stored.place(was.data(), values->data());
  }
}

}  // namespace millrace
