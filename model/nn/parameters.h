// The dense parameters of a model: few, named, each with its gradient and Adam's moments. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "core/result.h"
#include "model/nn/adam.h"
#include "model/nn/arena.h"
#include "model/nn/matrix.h"

namespace millrace::nn {

// All four have the same shape; their memory is padded with zeros to a multiple of 16.
struct Parameter {
  std::string name;
  Matrix value, gradient, mean, variance;
  std::size_t padded_size() const;
};

class ParameterSet {
 public:
  using Sink = std::function<void(std::string key, std::string value)>;

  // Zero at first. The reference stays valid as long as the set.
  Parameter& add(std::string name, std::size_t rows, std::size_t columns);
  void zero_gradients();
  // One step of Adam on every parameter, counted from 1, after clipping (0: none) and with decoupled weight decay.
  void step(const AdamSettings& settings, std::uint64_t step, float clip, float decay);

  void save(const Sink& sink) const;
  // An error for an unknown name, another shape or other bytes.
  Status load(std::string_view name, std::string_view bytes);
  std::uint64_t memory_bytes() const { return arena_.capacity_bytes(); }

 private:
  Arena arena_;  // never reset
  std::deque<Parameter> parameters_;
  std::vector<std::span<float>> gradients_;
};

// Normal with the given deviation.
void fill_normal(Parameter& parameter, Random& random, float deviation);
// Uniform in ±bound.
void fill_uniform(Parameter& parameter, Random& random, float bound);

}  // namespace millrace::nn
