#include "model/families/encoder_extras.h"

#include <algorithm>

namespace millrace::encoder {
namespace {

class Builder {
 public:
  Builder(const Parameters& parameters, const Contexts& contexts, std::span<const std::uint32_t> rows,
          std::size_t negatives, nn::Arena& arena)
      : repeat_bias_(parameters.repeat_bias.value.data), contexts_(contexts), rows_(rows), negatives_(negatives) {
    const std::size_t most = contexts.row.size() + contexts.size;
    extras_.begin = arena.indices(contexts.size + 1);
    extras_.item = arena.indices(most);
    extras_.bias = arena.floats(most);
    extras_.position = arena.indices(most);
    extras_.positive = arena.indices(contexts.size);
    extras_.hits = arena.of<nn::SharedHit>(most);
  }

  void add(std::uint32_t b, std::uint32_t target) {
    extras_.begin[b] = count_;
    extras_.positive[b] = kNoPosition;
    for (std::uint32_t p = contexts_.begin[b]; p < contexts_.begin[b + 1]; ++p) {
      if (repeated_later(b, p)) continue;
      if (rows_[p] == target) extras_.positive[b] = count_;
      const std::uint32_t position = contexts_.position[p];
      push(b, rows_[p], position, repeat_bias_[position]);
    }
    if (extras_.positive[b] != kNoPosition) return;
    extras_.positive[b] = count_;
    push(b, target, kNoPosition, 0.0F);
  }

  Extras finish() {
    extras_.begin[contexts_.size] = count_;
    extras_.item = extras_.item.first(count_);
    extras_.bias = extras_.bias.first(count_);
    extras_.position = extras_.position.first(count_);
    extras_.hits = extras_.hits.first(hits_);
    return extras_;
  }

 private:
  bool repeated_later(std::uint32_t b, std::uint32_t p) const {
    const auto later = rows_.subspan(p + 1, contexts_.begin[b + 1] - p - 1);
    return std::find(later.begin(), later.end(), rows_[p]) != later.end();
  }
  void push(std::uint32_t b, std::uint32_t row, std::uint32_t position, float bias) {
    extras_.item[count_] = row;
    extras_.position[count_] = position;
    extras_.bias[count_] = bias;
    if (row < negatives_) extras_.hits[hits_++] = {b, row};
    ++count_;
  }

  const float* repeat_bias_;
  const Contexts& contexts_;
  std::span<const std::uint32_t> rows_;
  std::size_t negatives_;
  Extras extras_;
  std::uint32_t count_ = 0;
  std::size_t hits_ = 0;
};

}  // namespace

Extras build_extras(const Parameters& parameters, const Contexts& contexts, std::span<const std::uint32_t> rows,
                    std::span<const std::uint32_t> targets, std::size_t negatives, nn::Arena& arena) {
  Builder builder(parameters, contexts, rows, negatives, arena);
  for (std::uint32_t b = 0; b < contexts.size; ++b) builder.add(b, targets[b]);
  return builder.finish();
}

void repeat_bias_backward(const Extras& extras, const float* dbias, Parameters& parameters) {
  for (std::size_t e = 0; e < extras.position.size(); ++e) {
    if (extras.position[e] != kNoPosition) parameters.repeat_bias.gradient.data[extras.position[e]] += dbias[e];
  }
}

}  // namespace millrace::encoder
