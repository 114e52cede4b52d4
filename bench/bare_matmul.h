// The f32 matrix products that a mini-batch or a list cannot do without, and nothing else: the reference of the
// model's benchmarks. Same shapes, same library, same thread.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace millrace::bench {

struct TrainShape {
  std::size_t examples = 0;
  std::size_t positions = 0;  // attended to, of all examples together
  std::size_t negatives = 0;  // distinct
  std::size_t dimension = 128;
};

class BareMatmul {
 public:
  // The encoder's mini-batch: logits of the negatives and both their gradients; the projection of every position and
  // of the newest one, and both gradients of each.
  void train(const TrainShape& shape);
  // Scores of all items for each query, in blocks that stay in the second-level cache.
  void score(std::size_t queries, std::size_t items, std::size_t dimension);

 private:
  void linear(std::size_t rows, std::size_t dimension);
  float* buffer(std::size_t which, std::size_t size);

  std::array<std::vector<float>, 6> buffers_;
};

}  // namespace millrace::bench
