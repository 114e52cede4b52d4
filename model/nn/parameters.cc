#include "model/nn/parameters.h"

#include <algorithm>
#include <cstring>

#include "core/bytes.h"
#include "model/nn/clip.h"
#include "model/nn/matmul.h"
#include "model/nn/sgd.h"
#include "model/nn/vector_ops.h"

namespace millrace::nn {
namespace {

constexpr std::uint8_t kVersion = 1;

std::string_view bytes_of(ConstMatrix matrix) {
  return {reinterpret_cast<const char*>(matrix.data), matrix.size() * sizeof(float)};
}

}  // namespace

std::size_t Parameter::padded_size() const { return padded(value.size(), kLanes); }

Parameter& ParameterSet::add(std::string name, std::size_t rows, std::size_t columns) {
  Parameter& parameter = parameters_.emplace_back();
  parameter.name = std::move(name);
  for (Matrix* matrix : {&parameter.value, &parameter.gradient, &parameter.mean, &parameter.variance}) {
    *matrix = {arena_.zeros(1, padded(rows * columns, kLanes)).data, rows, columns};
  }
  gradients_.emplace_back(parameter.gradient.data, parameter.padded_size());
  return parameter;
}

void ParameterSet::zero_gradients() {
  for (const auto gradient : gradients_) std::fill(gradient.begin(), gradient.end(), 0.0F);
}

void ParameterSet::step(const AdamSettings& settings, std::uint64_t step, float clip, float decay) {
  clip_global_norm(gradients_, clip);
  const AdamStep adam(settings, step);
  for (Parameter& p : parameters_) {
    decay_weights(settings.rate, decay, p.value.data, p.padded_size());
    adam_step(adam, p.gradient.data, p.value.data, p.mean.data, p.variance.data, p.padded_size());
  }
}

void ParameterSet::save(const Sink& sink) const {
  for (const Parameter& p : parameters_) {
    ByteWriter out;
    out.u8(kVersion);
    out.varint(p.value.rows);
    out.varint(p.value.columns);
    for (const Matrix& matrix : {p.value, p.mean, p.variance}) out.raw(bytes_of(matrix));
    sink(p.name, out.take());
  }
}

Status ParameterSet::load(std::string_view name, std::string_view bytes) {
  const auto found =
      std::find_if(parameters_.begin(), parameters_.end(), [&](const Parameter& p) { return p.name == name; });
  ByteReader in(bytes);
  const bool fits = found != parameters_.end() && in.u8() == kVersion && in.varint() == found->value.rows &&
                    in.varint() == found->value.columns;
  if (!fits || in.remaining() != 3 * found->value.size() * sizeof(float)) {
    return stop_error(
        ErrorCode::kCorruption,
        "restoring the model: dense parameter '" + std::string(name) +
            "' is unknown or not of the configured shape; set the dimensions that it was trained with, or "
            "let the model be rebuilt");
  }
  for (const Matrix& matrix : {found->value, found->mean, found->variance}) {
    const std::string_view values = in.raw(matrix.size() * sizeof(float));
    std::memcpy(matrix.data, values.data(), values.size());
  }
  return Ok{};
}

void fill_normal(Parameter& parameter, Random& random, float deviation) {
  for (std::size_t i = 0; i < parameter.value.size(); ++i) {
    parameter.value.data[i] = deviation * static_cast<float>(random.normal());
  }
}

void fill_uniform(Parameter& parameter, Random& random, float bound) {
  for (std::size_t i = 0; i < parameter.value.size(); ++i) {
    parameter.value.data[i] = bound * static_cast<float>(2.0 * random.uniform() - 1.0);
  }
}

}  // namespace millrace::nn
