// Rows of a small table added by index (biases, positions, kinds, buckets), and the gradient that flows back into the
// table. Also how a row of a batch reaches all of its positions.
#pragma once

#include <cstdint>
#include <span>

#include "model/nn/matrix.h"

namespace millrace::nn {

// out_i += table_{index_i} for the first index.size() rows of `out`.
void add_lookup(ConstMatrix table, std::span<const std::uint32_t> index, Matrix out);

// dtable_{index_i} += dout_i, in order of i.
void add_lookup_backward(std::span<const std::uint32_t> index, ConstMatrix dout, Matrix dtable);

// out_i = table_{index_i}
void gather_rows(ConstMatrix table, std::span<const std::uint32_t> index, Matrix out);

}  // namespace millrace::nn
