#include "model/families/encoder_train.h"

#include <algorithm>
#include <vector>

#include "model/families/encoder_attention.h"
#include "model/families/encoder_contexts.h"
#include "model/families/encoder_extras.h"
#include "model/families/encoder_rows.h"
#include "model/families/encoder_start.h"
#include "model/families/positive.h"
#include "model/nn/bfloat16.h"
#include "model/nn/dropout.h"
#include "model/nn/lookup.h"
#include "model/nn/normalise.h"
#include "model/nn/sampled_softmax.h"
#include "model/nn/vector_ops.h"

namespace millrace::encoder {
namespace {

using nn::EmbeddingTable;
using nn::Matrix;

// The exponentials' shift as a share of the scale: with it, a logit of the full scale and of −scale both stay within
// f32.
constexpr float kShiftShare = 0.8F;
constexpr float kShiftMore = 3.0F;
constexpr std::size_t kHurriedShare = 2;  // of the negatives, where the stream leaves no time

struct Positives {
  std::vector<const Context*> contexts;
  std::vector<std::uint32_t> targets;  // rows
  std::vector<std::uint32_t> starts;   // rows: targets of contexts without anything to attend to
};

Positives positives_of(const State& state, const Minibatch& minibatch) {
  Positives positives;
  for (const Example* example : minibatch.examples) {
    if (!is_positive(*example)) continue;
    const std::uint32_t row = find_row(state.items, example->item);
    if (row == EmbeddingTable::kNoRow) continue;
    if (!attendable(example->context, state.items, state.options.length)) {
      positives.starts.push_back(row);
      continue;
    }
    positives.contexts.push_back(&example->context);
    positives.targets.push_back(row);
  }
  return positives;
}

// One mini-batch, its matrices in the state's arena; each stage once, in the order of declaration.
class Step {
 public:
  Step(State& state, const Positives& positives, const Minibatch& minibatch)
      : state_(state),
        arena_(state.arena),
        random_(minibatch.random),
        workers_(minibatch.workers),
        rate_(state.options.dropout) {
    state_.locals.start(state_.items.rows());
    const std::size_t negatives = state_.options.negatives / (minibatch.hurried ? kHurriedShare : 1);
    offsets_ = draw_negatives(state_.items, state_.recent, negatives, random_, state_.locals, arena_);
    contexts_ = pack_contexts(positives.contexts, state_.items, state_.options, state_.kinds, arena_);
    positions_ = local_rows(contexts_.row);
    extras_ =
        build_extras(state_.parameters, contexts_, positions_, local_rows(positives.targets), offsets_.size(), arena_);
    starts_ = local_rows(positives.starts);
    rows_ = gather_rows(state_, workers_);
  }

  void encode() {
    x_ = arena_.matrix(contexts_.padded_positions, state_.options.dimension);
    std::fill(x_.row(positions_.size()), x_.row(x_.rows), 0.0F);
    nn::gather_rows(rows_.unit, positions_, x_);
    noise_ = arena_.bytes(x_.size());
    nn::fill_noise(random_, noise_);
    nn::dropout(x_, noise_, rate_, x_);
    attention_ = attention_forward(state_.parameters, state_.options, contexts_, x_, arena_);
    const Matrix& pooled = attention_.pooled;
    scale_ = state_.parameters.scale();
    unit_ = arena_.matrix(pooled.rows, pooled.columns);
    norms_ = arena_.floats(pooled.rows).data();
    nn::normalise_rows(pooled, unit_, norms_);
    scaled_ = arena_.zeros(pooled.rows, pooled.columns);
    nn::add_scaled(scaled_.data, scale_, unit_.data, scaled_.size());
  }

  // The sum of the losses; leaves the gradients of the scaled contexts, of the rows, of the extras' biases and of the
  // start.
  double loss() {
    state_.parameters.set.zero_gradients();
    const double starts = start_gradient(rows_.unit, offsets_, starts_, state_.parameters.start, arena_);
    const nn::SampledSoftmax softmax{.contexts = scaled_,
                                     .items = rows_.unit,
                                     .offsets = offsets_,
                                     .hits = extras_.hits,
                                     .extra_begin = extras_.begin,
                                     .extra_item = extras_.item,
                                     .extra_bias = extras_.bias,
                                     .positive = extras_.positive,
                                     .shift = kShiftShare * scale_ + kShiftMore,
                                     .weight = 1.0F / static_cast<float>(contexts_.size),
                                     .workers = workers_,
                                     .half = state_.options.bf16 && nn::has_bf16()};
    drows_ = arena_.matrix(rows_.unit.rows, rows_.unit.columns);
    std::fill(drows_.row(offsets_.size()), drows_.row(drows_.rows), 0.0F);  // the negatives' rows are overwritten
    dscaled_ = arena_.zeros(scaled_.rows, scaled_.columns);
    dbias_ = arena_.floats(extras_.item.size()).data();
    return starts + nn::sampled_softmax(softmax, arena_, {.contexts = dscaled_, .items = drows_, .extra_bias = dbias_});
  }

  void backward() {
    Parameters& parameters = state_.parameters;
    repeat_bias_backward(extras_, dbias_, parameters);
    parameters.log_scale.gradient.data[0] += nn::dot(scaled_.data, dscaled_.data, dscaled_.size());
    nn::scale(dscaled_.data, scale_, dscaled_.size());
    nn::normalise_rows_backward(unit_, norms_, dscaled_, dscaled_);
    const Matrix dx = attention_backward(parameters, state_.options, contexts_, x_, attention_, dscaled_, arena_);
    nn::dropout(dx, noise_, rate_, dx);
    nn::add_lookup_backward(positions_, dx, drows_);
  }

  void update() {
    const EncoderOptions& options = state_.options;
    ++state_.steps;
    state_.parameters.step(options, state_.steps);
    update_rows(state_, rows_, drows_, nn::AdamStep({.rate = options.row_rate}, state_.steps), workers_);
  }

 private:
  std::span<std::uint32_t> local_rows(std::span<const std::uint32_t> rows) {
    const auto locals = arena_.indices(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) locals[i] = state_.locals.add(rows[i]);
    return locals;
  }

  State& state_;
  nn::Arena& arena_;
  Random random_;
  Workers* workers_;
  nn::DropoutRate rate_;
  std::span<const float> offsets_;  // K
  Contexts contexts_;
  std::span<std::uint32_t> positions_;  // P: local rows
  Extras extras_;
  std::span<const std::uint32_t> starts_;  // local rows
  UnitRows rows_;
  std::span<std::uint8_t> noise_;  // of x's dropout
  Matrix x_;                       // P × D
  Attention attention_;
  Matrix unit_;             // B × D: contexts of unit length
  float* norms_ = nullptr;  // B: before
  Matrix scaled_;           // B × D: unit times the scale
  float scale_ = 1.0F;
  Matrix drows_, dscaled_;
  float* dbias_ = nullptr;
};

}  // namespace

TrainReport train_minibatch(State& state, const Minibatch& minibatch) {
  const Positives positives = positives_of(state, minibatch);
  if (positives.contexts.empty()) return {};
  state.arena.reset();
  Step step(state, positives, minibatch);
  step.encode();
  const double loss = step.loss();
  step.backward();
  step.update();
  return {loss, positives.contexts.size() + positives.starts.size()};
}

}  // namespace millrace::encoder
