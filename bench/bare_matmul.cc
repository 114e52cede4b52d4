#include "bench/bare_matmul.h"

#include <algorithm>

#include "core/random.h"
#include "model/nn/matmul.h"

namespace millrace::bench {
namespace {

using nn::gemm_f32;
using nn::padded;
using nn::Transposed;

constexpr std::size_t kRowUnit = 64;
constexpr std::size_t kQueryBlock = 64;
constexpr std::size_t kItemBlock = 2048;
// As the encoder does it, whose blocks stay in the second-level cache: one product over all negatives is slower.
constexpr std::size_t kNegativeBlock = 256;

}  // namespace

float* BareMatmul::buffer(std::size_t which, std::size_t size) {
  std::vector<float>& floats = buffers_[which];
  if (floats.size() < size) {
    Random random(which);
    floats.resize(size);
    for (float& value : floats) value = static_cast<float>(random.uniform() - 0.5);
  }
  return floats.data();
}

void BareMatmul::train(const TrainShape& shape) {
  const std::size_t depth = shape.dimension;
  const std::size_t rows = padded(shape.examples, kRowUnit);
  const std::size_t negatives = padded(shape.negatives, kNegativeBlock);
  const float* contexts = buffer(0, rows * depth);
  const float* items = buffer(1, negatives * depth);
  float* logits = buffer(2, rows * negatives);
  float* dcontexts = buffer(3, rows * depth);
  float* ditems = buffer(4, negatives * depth);
  for (std::size_t first = 0; first < negatives; first += kNegativeBlock) {
    float* block = logits + first * rows;
    gemm_f32(Transposed::kNo, Transposed::kYes, rows, kNegativeBlock, depth, contexts, items + first * depth, block);
    gemm_f32(Transposed::kNo, Transposed::kNo, rows, depth, kNegativeBlock, block, items + first * depth, dcontexts);
  }
  for (std::size_t first = 0; first < negatives; first += kNegativeBlock) {
    gemm_f32(Transposed::kYes, Transposed::kNo, kNegativeBlock, depth, rows, logits + first * rows, contexts,
             ditems + first * depth);
  }
  linear(padded(shape.positions, kRowUnit), depth);
  linear(rows, depth);
}

// y = x Wᵀ, and the gradients of x and W.
void BareMatmul::linear(std::size_t rows, std::size_t dimension) {
  const float* x = buffer(0, rows * dimension);
  const float* weights = buffer(1, dimension * dimension);
  float* y = buffer(3, rows * dimension);
  float* dx = buffer(4, rows * dimension);
  float* dweights = buffer(5, dimension * dimension);
  gemm_f32(Transposed::kNo, Transposed::kYes, rows, dimension, dimension, x, weights, y);
  gemm_f32(Transposed::kNo, Transposed::kNo, rows, dimension, dimension, y, weights, dx);
  gemm_f32(Transposed::kYes, Transposed::kNo, dimension, dimension, rows, y, x, dweights);
}

void BareMatmul::score(std::size_t queries, std::size_t items, std::size_t dimension) {
  const std::size_t rows = padded(items, 256);
  const float* contexts = buffer(0, padded(queries, kQueryBlock) * dimension);
  const float* vectors = buffer(1, rows * dimension);
  float* scores = buffer(2, kQueryBlock * kItemBlock);
  for (std::size_t query = 0; query < queries; query += kQueryBlock) {
    const std::size_t block = std::min(kQueryBlock, padded(queries - query, 16));
    for (std::size_t first = 0; first < rows; first += kItemBlock) {
      gemm_f32(Transposed::kNo, Transposed::kYes, block, std::min(kItemBlock, rows - first), dimension,
               contexts + query * dimension, vectors + first * dimension, scores);
    }
  }
}

}  // namespace millrace::bench
