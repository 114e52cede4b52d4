#include "model/families/encoder_ranker.h"

#include <algorithm>
#include <cmath>

#include "model/families/encoder_attention.h"
#include "model/families/encoder_contexts.h"
#include "model/nn/matmul.h"
#include "model/nn/normalise.h"
#include "model/nn/vector_ops.h"

namespace millrace::encoder {
namespace {

using nn::EmbeddingTable;
using nn::Matrix;

// The part of a context that decides its vector.
Context key_of(const Context& context, std::size_t length) {
  Context key;
  key.user = context.user;
  key.session = context.session;
  key.session_length = context.session_length;
  key.now = context.now;
  key.first_seen = context.first_seen;
  key.interactions = context.interactions;
  key.mean_rating = context.mean_rating;
  const std::size_t count = std::min(length, context.history.size());
  key.history.assign(context.history.end() - static_cast<std::ptrdiff_t>(count), context.history.end());
  return key;
}

bool same(const Context& key, const Context& context) {
  return key.user == context.user && key.now == context.now && key.session == context.session &&
         key.session_length == context.session_length && key.first_seen == context.first_seen &&
         key.interactions == context.interactions && key.mean_rating == context.mean_rating &&
         key.history.size() <= context.history.size() &&
         std::equal(key.history.rbegin(), key.history.rend(), context.history.rbegin());
}

bool better(const ScoredItem& a, const ScoredItem& b) {
  return a.score != b.score ? a.score > b.score : a.item < b.item;
}

// Σ e^(l − shift) of the logits below `threshold`, and how many they are.
struct Tail {
  double sum = 0.0;
  std::size_t count = 0;
};
Tail tail_below(std::span<const float> logits, float threshold, float shift) {
  Tail tail;
  for (const float logit : logits) {
    if (logit >= threshold) continue;
    tail.sum += static_cast<double>(std::exp(logit - shift));
    ++tail.count;
  }
  return tail;
}

}  // namespace

Ranker::Ranker(State& state, const ItemTable& facts)
    : state_(state),
      facts_(facts),
      index_(state.options.dimension, choose_scan_kernel()),
      sample_(kSample * state.options.dimension, 0.0F),
      embedding_(state.options.dimension) {}

bool Ranker::has_opinion(const Context& context) const {
  return state_.parameters.has_start() || attendable(context, state_.items, state_.options.length);
}

bool Ranker::is_stale() const {
  return state_.items.has_stale() || indexed_rows_ != state_.items.rows() || stride_ != wanted_stride();
}

void Ranker::refresh() {
  if (!is_stale()) return;
  const std::size_t rows = state_.items.rows();
  if (stride_ != wanted_stride()) {
    stride_ = wanted_stride();
    for (std::uint32_t row = 0; row < rows; row += static_cast<std::uint32_t>(stride_)) state_.items.mark_stale(row);
  }
  for (const std::uint32_t row : state_.items.take_stale()) refresh_row(row);
  for (; indexed_rows_ > rows; --indexed_rows_) index_.clear_row(static_cast<std::uint32_t>(indexed_rows_ - 1));
  indexed_rows_ = rows;
  index_.refresh();
}

// Powers of two, so that a growing catalogue seldom changes the sample.
std::size_t Ranker::wanted_stride() const {
  std::size_t stride = 1;
  while (state_.items.rows() > stride * kSample) stride *= 2;
  return stride;
}

void Ranker::refresh_row(std::uint32_t row) {
  const std::size_t depth = embedding_.size();
  state_.embedding(row, embedding_.data());
  float norm = 0.0F;
  const Matrix unit{embedding_.data(), 1, depth};
  nn::normalise_rows(unit, unit, &norm);
  index_.set_row(row, embedding_);
  const auto item = ItemIndex{state_.items.key_of(row)};
  index_.set_available(row, raw(item) >= facts_.size() || facts_.at(item).available);
  if (row % stride_ == 0) std::copy(embedding_.begin(), embedding_.end(), sample_.begin() + row / stride_ * depth);
}

std::vector<std::vector<ScoredItem>> Ranker::rank(std::span<const RankRequest> requests, std::size_t k) {
  std::vector<RankRequest> possible;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!has_opinion(*requests[i].context)) continue;
    possible.push_back(requests[i]);
    places.push_back(i);
  }
  std::vector<std::vector<ScoredItem>> lists(requests.size());
  if (possible.empty()) return lists;
  const Found found = search(possible, k);
  for (std::size_t i = 0; i < possible.size(); ++i) {
    lists[places[i]] = merge(answers_.mine().encoded[i], found[i], possible[i].exclude, k);
  }
  return lists;
}

void Ranker::score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) {
  std::fill(scores.begin(), scores.end(), kNoOpinion);
  if (!has_opinion(context)) return;
  const Encoded& encoded = encoded_for(context);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::uint32_t row = find_row(state_.items, items[i]);
    if (row != EmbeddingTable::kNoRow) scores[i] = logit(encoded, row) - encoded.log_sum;
  }
}

const Ranker::Encoded& Ranker::encoded_for(const Context& context) {
  if (const Encoded* known = recall(context)) return *known;
  const RankRequest request{&context, {}};
  search({&request, 1}, kBest);
  return answers_.mine().encoded.front();
}

Ranker::Found Ranker::search(std::span<const RankRequest> requests, std::size_t k) {
  refresh();
  Answer& answer = answers_.mine();
  encode(requests, answer);
  const std::size_t depth = embedding_.size();
  std::vector<float> queries;
  queries.reserve(requests.size() * depth);
  std::vector<std::vector<std::uint32_t>> excluded;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    queries.insert(queries.end(), answer.encoded[i].vector.begin(), answer.encoded[i].vector.end());
    excluded.push_back(left_out(answer.encoded[i], requests[i].exclude));
  }
  const std::vector<std::span<const std::uint32_t>> spans(excluded.begin(), excluded.end());
  Found found = index_.search(queries, std::max(k, kBest), spans);
  normalise(found, answer);
  return found;
}

void Ranker::encode(std::span<const RankRequest> requests, Answer& answer) const {
  const std::size_t depth = embedding_.size();
  nn::Arena& arena = answer.arena;
  arena.reset();
  std::vector<const Context*> contexts;
  for (const RankRequest& request : requests) contexts.push_back(request.context);
  const Contexts packed = pack_contexts(contexts, state_.items, state_.options, state_.kinds, arena);
  const Matrix x = arena.zeros(packed.padded_positions, depth);
  for (std::size_t p = 0; p < packed.row.size(); ++p) state_.embedding(packed.row[p], x.row(p));
  nn::normalise_rows(x, x, arena.floats(x.rows).data());
  const Attention attention = attention_forward(state_.parameters, state_.options, packed, x, arena);
  nn::normalise_rows(attention.pooled, attention.pooled, arena.floats(attention.pooled.rows).data());
  nn::scale(attention.pooled.data, state_.parameters.scale(), attention.pooled.size());

  answer.encoded.assign(requests.size(), {});
  for (std::size_t b = 0; b < requests.size(); ++b) {
    Encoded& encoded = answer.encoded[b];
    encoded.key = key_of(*contexts[b], state_.options.length);
    const bool starts = packed.begin[b] == packed.begin[b + 1];
    const float* vector = starts ? state_.parameters.start.value.data : attention.pooled.row(b);
    encoded.vector.assign(vector, vector + depth);
    // Newest first: an item repeated within the context counts at its newest place.
    for (std::uint32_t p = packed.begin[b + 1]; p-- > packed.begin[b];) {
      const auto same_row = [&](const Repeat& repeat) { return repeat.row == packed.row[p]; };
      if (std::any_of(encoded.repeats.begin(), encoded.repeats.end(), same_row)) continue;
      encoded.repeats.push_back({packed.row[p], state_.parameters.repeat_bias.value.data[packed.position[p]]});
    }
  }
}

std::vector<std::uint32_t> Ranker::left_out(const Encoded& encoded, Exclusions exclude) const {
  std::vector<std::uint32_t> rows;
  for (const ItemIndex item : exclude) {
    const std::uint32_t row = find_row(state_.items, item);
    if (row != EmbeddingTable::kNoRow) rows.push_back(row);
  }
  for (const Repeat& repeat : encoded.repeats) rows.push_back(repeat.row);
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

void Ranker::normalise(std::span<const std::vector<ScoredSlot>> found, Answer& answer) const {
  const std::size_t depth = embedding_.size();
  const std::size_t rows = state_.items.rows();
  const std::size_t samples = (rows + stride_ - 1) / stride_;
  const Matrix vectors = answer.arena.zeros(nn::padded(answer.encoded.size(), kContextPadding), depth);
  for (std::size_t b = 0; b < answer.encoded.size(); ++b) {
    std::copy(answer.encoded[b].vector.begin(), answer.encoded[b].vector.end(), vectors.row(b));
  }
  const Matrix logits = answer.arena.matrix(vectors.rows, kSample);
  nn::gemm_f32(nn::Transposed::kNo, nn::Transposed::kYes, vectors.rows, kSample, depth, vectors.data, sample_.data(),
               logits.data);
  const float shift = state_.parameters.scale();
  for (std::size_t b = 0; b < answer.encoded.size(); ++b) {
    Encoded& encoded = answer.encoded[b];
    double sum = 0.0;
    for (const ScoredSlot& slot : found[b]) sum += static_cast<double>(std::exp(slot.score - shift));
    for (const Repeat& repeat : encoded.repeats) {
      sum += static_cast<double>(std::exp(logit(encoded, repeat.row) - shift));
    }
    const std::size_t counted = found[b].size() + encoded.repeats.size();
    if (!found[b].empty() && counted < rows) {
      const Tail tail = tail_below({logits.row(b), samples}, found[b].back().score, shift);
      if (tail.count > 0) sum += tail.sum * static_cast<double>(rows - counted) / static_cast<double>(tail.count);
    }
    encoded.log_sum = shift + static_cast<float>(std::log(sum));
  }
}

std::vector<ScoredItem> Ranker::merge(const Encoded& encoded, std::span<const ScoredSlot> found, Exclusions exclude,
                                      std::size_t k) {
  std::vector<ScoredItem> list;
  list.reserve(found.size() + encoded.repeats.size());
  for (const ScoredSlot& slot : found) {
    const auto item = ItemIndex{state_.items.key_of(slot.slot)};
    list.push_back({item, slot.score - encoded.log_sum});
  }
  for (const Repeat& repeat : encoded.repeats) {
    const auto item = ItemIndex{state_.items.key_of(repeat.row)};
    const bool available = raw(item) >= facts_.size() || facts_.at(item).available;
    if (!available || std::binary_search(exclude.begin(), exclude.end(), item)) continue;
    list.push_back({item, logit(encoded, repeat.row) - encoded.log_sum});
  }
  std::sort(list.begin(), list.end(), better);
  if (list.size() > k) list.resize(k);
  return list;
}

float Ranker::logit(const Encoded& encoded, std::uint32_t row) const {
  float value = index_.score(row, encoded.vector);
  for (const Repeat& repeat : encoded.repeats) {
    if (repeat.row == row) value += repeat.bias;
  }
  return value;
}

const Ranker::Encoded* Ranker::recall(const Context& context) const {
  const std::vector<Encoded>& encoded = answers_.mine().encoded;
  const auto found =
      std::find_if(encoded.begin(), encoded.end(), [&](const Encoded& e) { return same(e.key, context); });
  return found == encoded.end() ? nullptr : &*found;
}

}  // namespace millrace::encoder
