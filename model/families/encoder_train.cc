#include "model/families/encoder_train.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/families/encoder_attention.h"
#include "model/families/encoder_contexts.h"
#include "model/families/positive.h"
#include "model/nn/dropout.h"
#include "model/nn/lookup.h"
#include "model/nn/normalise.h"
#include "model/nn/sampled_softmax.h"
#include "model/nn/vector_ops.h"

namespace millrace::encoder {
namespace {

using nn::ConstMatrix;
using nn::EmbeddingTable;
using nn::Matrix;

// The exponentials' shift as a share of the scale: with it, a logit of the full scale and of −scale both stay within
// f32.
constexpr float kShiftShare = 0.8F;
constexpr float kShiftMore = 3.0F;
// Rows fetched ahead of use: weights alone to gather, Adam's moments too to update.
constexpr std::size_t kAheadGathering = 12;
constexpr std::size_t kAheadUpdating = 4;

struct Batch {
  std::vector<const Context*> contexts;
  std::vector<std::uint32_t> targets;  // rows
};

Batch usable(const State& state, const Minibatch& minibatch) {
  Batch batch;
  for (const Example* example : minibatch.examples) {
    if (!is_positive(*example)) continue;
    const std::uint32_t row = find_row(state.items, example->item);
    if (row == EmbeddingTable::kNoRow || !attendable(example->context, state.items, state.options.length)) continue;
    batch.contexts.push_back(&example->context);
    batch.targets.push_back(row);
  }
  return batch;
}

// The exact candidates of every example: the items attended to, each once at its newest place, and the target.
struct Extras {
  std::span<std::uint32_t> begin;  // B + 1
  std::span<std::uint32_t> item;   // local rows
  std::span<float> bias;
  std::span<std::uint32_t> place;     // position of the repeat bias, or kNoPosition for a target that is no repeat
  std::span<std::uint32_t> positive;  // B
  std::span<nn::SharedHit> hits;
};

class ExtrasBuilder {
 public:
  ExtrasBuilder(State& state, const Contexts& contexts, std::span<const std::uint32_t> locals, std::size_t negatives)
      : repeat_bias_(state.parameters.repeat_bias.value.data),
        contexts_(contexts),
        locals_(locals),
        negatives_(negatives) {
    const std::size_t most = contexts.row.size() + contexts.size;
    extras_.begin = state.arena.indices(contexts.size + 1);
    extras_.item = state.arena.indices(most);
    extras_.bias = state.arena.floats(most);
    extras_.place = state.arena.indices(most);
    extras_.positive = state.arena.indices(contexts.size);
    const auto pairs = state.arena.indices(2 * most);
    extras_.hits = {reinterpret_cast<nn::SharedHit*>(pairs.data()), most};
  }

  // `target`: local row.
  void add(std::uint32_t b, std::uint32_t target) {
    extras_.begin[b] = count_;
    extras_.positive[b] = kNoPosition;
    for (std::uint32_t p = contexts_.begin[b]; p < contexts_.begin[b + 1]; ++p) {
      if (repeated_later(b, p)) continue;
      if (locals_[p] == target) extras_.positive[b] = count_;
      const std::uint32_t place = contexts_.position[p];
      push(b, locals_[p], place, repeat_bias_[place]);
    }
    if (extras_.positive[b] != kNoPosition) return;
    extras_.positive[b] = count_;
    push(b, target, kNoPosition, 0.0F);
  }

  Extras finish() {
    extras_.begin[contexts_.size] = count_;
    extras_.item = extras_.item.first(count_);
    extras_.bias = extras_.bias.first(count_);
    extras_.place = extras_.place.first(count_);
    extras_.hits = extras_.hits.first(hits_);
    return extras_;
  }

 private:
  bool repeated_later(std::uint32_t b, std::uint32_t p) const {
    const auto later = locals_.subspan(p + 1, contexts_.begin[b + 1] - p - 1);
    return std::find(later.begin(), later.end(), locals_[p]) != later.end();
  }
  void push(std::uint32_t b, std::uint32_t local, std::uint32_t place, float bias) {
    extras_.item[count_] = local;
    extras_.place[count_] = place;
    extras_.bias[count_] = bias;
    if (local < negatives_) extras_.hits[hits_++] = {b, local};
    ++count_;
  }

  const float* repeat_bias_;
  const Contexts& contexts_;
  std::span<const std::uint32_t> locals_;
  std::size_t negatives_;
  Extras extras_;
  std::uint32_t count_ = 0;
  std::size_t hits_ = 0;
};

// Embeddings of all local rows, normalised; padding is zero.
struct Rows {
  Matrix unit;
  float* norms = nullptr;
};

void prefetch_row(State& state, std::span<const std::uint32_t> rows, std::size_t at, std::size_t vectors) {
  if (at >= rows.size() || rows[at] == EmbeddingTable::kNoRow) return;
  const auto* bytes = reinterpret_cast<const char*>(state.items.vector(rows[at], 0));
  const std::size_t size = state.options.dimension * sizeof(float) * vectors;
  for (std::size_t i = 0; i < size; i += 64) __builtin_prefetch(bytes + i);
}

Rows gather(State& state) {
  const auto rows = state.locals.rows();
  const std::size_t depth = state.options.dimension;
  Rows out{state.arena.matrix(rows.size(), depth), state.arena.floats(rows.size()).data()};
  if (state.options.use_content) state.content.start();
  for (std::size_t local = 0; local < rows.size(); ++local) {
    prefetch_row(state, rows, local + kAheadGathering, 1);
    float* to = out.unit.row(local);
    if (rows[local] == EmbeddingTable::kNoRow) {
      std::fill_n(to, depth, 0.0F);
      continue;
    }
    if (state.options.use_content) {
      const auto item = ItemIndex{state.items.key_of(rows[local])};
      state.content.forward(item, static_cast<std::uint32_t>(local), state.content_vector(rows[local]));
    }
    state.embedding(rows[local], to);
    const Matrix row = nn::slice(out.unit, local, 1);
    nn::normalise_rows(row, row, out.norms + local);
  }
  return out;
}

void update_rows(State& state, const Rows& rows, Matrix gradient, const nn::AdamStep& step) {
  const auto table_rows = state.locals.rows();
  for (std::size_t local = 0; local < table_rows.size(); ++local) {
    prefetch_row(state, table_rows, local + kAheadUpdating, 3);
    const std::uint32_t row = table_rows[local];
    if (row == EmbeddingTable::kNoRow) continue;
    const Matrix drow = nn::slice(gradient, local, 1);
    nn::normalise_rows_backward(nn::slice(rows.unit, local, 1), rows.norms + local, drow, drow);
    nn::adam_step(step, gradient.row(local), state.items.vector(row, 0), state.items.vector(row, 1),
                  state.items.vector(row, 2), gradient.columns);
    state.items.mark(row);
  }
  if (state.options.use_content) state.content.backward(gradient, step);
}

// The contexts' vectors, of unit length and times the scale, with what their gradient needs.
struct Encoded {
  Matrix unit;
  Matrix scaled;
  float* norms = nullptr;
};

Encoded encode(State& state, ConstMatrix pooled, float scale) {
  Encoded out{state.arena.matrix(pooled.rows, pooled.columns), state.arena.zeros(pooled.rows, pooled.columns),
              state.arena.floats(pooled.rows).data()};
  nn::normalise_rows(pooled, out.unit, out.norms);
  nn::add_scaled(out.scaled.data, scale, out.unit.data, out.scaled.size());
  return out;
}

// Gradient of the scale, then of the pooled vectors (in place of `dscaled`).
void encode_backward(State& state, const Encoded& encoded, float scale, Matrix dscaled) {
  state.parameters.log_scale.gradient.data[0] += nn::dot(encoded.scaled.data, dscaled.data, dscaled.size());
  nn::scale(dscaled.data, scale, dscaled.size());
  nn::normalise_rows_backward(encoded.unit, encoded.norms, dscaled, dscaled);
}

std::span<std::uint32_t> local_positions(State& state, const Contexts& contexts) {
  const auto locals = state.arena.indices(contexts.row.size());
  for (std::size_t p = 0; p < locals.size(); ++p) locals[p] = state.locals.add(contexts.row[p]);
  return locals;
}

Extras build_extras(State& state, const Contexts& contexts, std::span<const std::uint32_t> positions,
                    std::span<const std::uint32_t> targets, std::size_t negatives) {
  ExtrasBuilder builder(state, contexts, positions, negatives);
  for (std::uint32_t b = 0; b < contexts.size; ++b) builder.add(b, state.locals.add(targets[b]));
  return builder.finish();
}

void repeat_bias_backward(State& state, const Extras& extras, const float* dbias) {
  for (std::size_t e = 0; e < extras.place.size(); ++e) {
    if (extras.place[e] != kNoPosition) state.parameters.repeat_bias.gradient.data[extras.place[e]] += dbias[e];
  }
}

}  // namespace

TrainReport train_minibatch(State& state, const Minibatch& minibatch) {
  const Batch batch = usable(state, minibatch);
  if (batch.contexts.empty()) return {};
  const EncoderOptions& options = state.options;
  nn::Arena& arena = state.arena;
  arena.reset();
  Random random = minibatch.random;

  state.locals.start(state.items.rows());
  const auto offsets = draw_negatives(state.items, state.recent, options.negatives, random, state.locals, arena);
  const Contexts contexts = pack_contexts(batch.contexts, state.items, options, state.kinds, arena);
  const auto positions = local_positions(state, contexts);
  const Extras extras = build_extras(state, contexts, positions, batch.targets, offsets.size());
  const Rows rows = gather(state);

  const Matrix x = arena.matrix(contexts.padded_positions, options.dimension);
  std::fill(x.row(positions.size()), x.row(x.rows), 0.0F);
  nn::gather_rows(rows.unit, positions, x);
  const nn::DropoutRate rate(options.dropout);
  const auto noise = arena.bytes(x.size());
  nn::fill_noise(random, noise);
  nn::dropout(x, noise, rate, x);
  const Attention attention = attention_forward(state.parameters, options, contexts, x, arena);
  const float scale = state.parameters.scale();
  const Encoded encoded = encode(state, attention.pooled, scale);

  const nn::SampledSoftmax softmax{.contexts = encoded.scaled,
                                   .items = rows.unit,
                                   .offsets = offsets,
                                   .hits = extras.hits,
                                   .extra_begin = extras.begin,
                                   .extra_item = extras.item,
                                   .extra_bias = extras.bias,
                                   .positive = extras.positive,
                                   .shift = kShiftShare * scale + kShiftMore,
                                   .weight = 1.0F / static_cast<float>(contexts.size)};
  const Matrix drows = arena.matrix(rows.unit.rows, rows.unit.columns);
  std::fill(drows.row(offsets.size()), drows.row(drows.rows), 0.0F);  // the negatives' rows are overwritten
  const Matrix dscaled = arena.zeros(encoded.scaled.rows, encoded.scaled.columns);
  float* dbias = arena.floats(extras.item.size()).data();
  const double loss = nn::sampled_softmax(softmax, arena, {.contexts = dscaled, .items = drows, .extra_bias = dbias});

  state.parameters.set.zero_gradients();
  repeat_bias_backward(state, extras, dbias);
  encode_backward(state, encoded, scale, dscaled);
  const Matrix dx = attention_backward(state.parameters, options, contexts, x, attention, dscaled, arena);
  nn::dropout(dx, noise, rate, dx);
  nn::add_lookup_backward(positions, dx, drows);

  ++state.steps;
  state.parameters.set.step({.rate = options.dense_rate}, state.steps, options.gradient_clip, options.weight_decay);
  update_rows(state, rows, drows, nn::AdamStep({.rate = options.row_rate}, state.steps));
  return {loss, contexts.size};
}

}  // namespace millrace::encoder
