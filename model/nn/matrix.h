// Views of row-major f32 memory. Who owns the memory says so: an Arena (until its reset), a ParameterSet or an
// EmbeddingTable.
//
// One legend of dimensions for all of model/nn and the encoder:
//   B examples of a mini-batch     P positions attended to, of all examples, packed without gaps
//   D embedding dimension          K shared negatives          U distinct rows of a mini-batch, the negatives first
#pragma once

#include <cstddef>

namespace millrace::nn {

struct Matrix {
  float* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  float* row(std::size_t index) const { return data + index * columns; }
  std::size_t size() const { return rows * columns; }
};

// Rows first … first + count − 1.
inline Matrix slice(Matrix matrix, std::size_t first, std::size_t count) {
  return {matrix.row(first), count, matrix.columns};
}

struct ConstMatrix {
  const float* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  ConstMatrix() = default;
  ConstMatrix(const float* values, std::size_t row_count, std::size_t column_count)
      : data(values), rows(row_count), columns(column_count) {}
  ConstMatrix(Matrix matrix)  // NOLINT(google-explicit-constructor): reading what may be written is always fine
      : data(matrix.data), rows(matrix.rows), columns(matrix.columns) {}
  const float* row(std::size_t index) const { return data + index * columns; }
  std::size_t size() const { return rows * columns; }
};

inline ConstMatrix slice(ConstMatrix matrix, std::size_t first, std::size_t count) {
  return {matrix.row(first), count, matrix.columns};
}

}  // namespace millrace::nn
