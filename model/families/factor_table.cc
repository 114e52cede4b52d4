#include "model/families/factor_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/random.h"
#include "model/nn/adagrad.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

std::size_t padded(std::size_t dimension) {
  return (std::max<std::size_t>(dimension, 1) + nn::kLanes - 1) / nn::kLanes * nn::kLanes;
}

nn::EmbeddingOptions table_options(const FactorTableOptions& options) {
  nn::EmbeddingOptions table;
  table.dimension = padded(options.dimension) + nn::kLanes;
  table.vectors = 1;
  table.max_rows = std::max<std::size_t>(options.max_rows, 1);
  return table;
}

}  // namespace

FactorTable::FactorTable(const FactorTableOptions& options)
    : options_(options), dimension_(padded(options.dimension)), table_(table_options(options)) {}

std::uint32_t FactorTable::touch(std::uint64_t key, std::uint64_t clock) {
  const auto touched = table_.touch(key, clock);
  if (!touched.admitted) return touched.row;
  Random random(options_.seed, key, options_.purpose);
  float* factors = table_.vector(touched.row, 0);
  for (std::size_t k = 0; k < dimension_; ++k) {
    factors[k] = options_.initial_deviation * static_cast<float>(random.normal());
  }
  return touched.row;
}

void FactorTable::step(std::uint32_t row, const float* gradient, float rate) {
  float* factors = table_.vector(row, 0);
  nn::adagrad_row_step({rate}, gradient, factors, factors + dimension_ + 1, dimension_);
  table_.mark(row);
}

void FactorTable::step_bias(std::uint32_t row, float gradient, float rate) {
  float& bias = table_.vector(row, 0)[dimension_];
  float& squares = table_.vector(row, 0)[dimension_ + 2];
  squares += gradient * gradient;
  if (squares > 0.0F) bias -= rate * gradient / std::sqrt(squares);
  table_.mark(row);
}

void FactorTable::save(std::string_view table, const RowSink& sink, bool all) {
  table_.save([&](std::string key, std::optional<std::string> value) { sink(table, std::move(key), std::move(value)); },
              all);
}

}  // namespace millrace
