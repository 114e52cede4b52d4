// What the encoder tells the ranker of each candidate, beside its log-probability: where it stands among the others,
// and how near its embedding is to those of the newest items of the context.
#include <algorithm>
#include <array>
#include <cmath>

#include "model/descending.h"
#include "model/families/encoder_contexts.h"
#include "model/families/encoder_ranker.h"
#include "model/nn/vector_ops.h"

namespace millrace::encoder {
namespace {

using nn::EmbeddingTable;

enum Column : std::uint8_t { kScore, kRootShare, kRank, kNearLast, kNearSecond, kNearest, kColumns };
constexpr std::array<std::string_view, kColumns> kNames{"score",     "root_share",  "rank",
                                                        "near_last", "near_second", "nearest"};
enum EventColumn : std::uint8_t { kBestScore, kEntropy, kLogSum, kEventColumns };
constexpr std::array<std::string_view, kEventColumns> kEventNames{"best", "entropy", "log_sum"};

constexpr std::size_t kNewest = 3;       // items of the context that are looked at
constexpr std::size_t kNewestApart = 2;  // so many of them with columns of their own
// Log-probabilities below are one: a candidate that the encoder has never heard of is no outlier.
constexpr float kLeastScore = -16.0F;

// ln of the place of each value among all of them, 1 the largest.
void log_places(std::span<const float> values, std::span<float> places) {
  float place = 1.0F;
  for (const std::uint32_t at : descending(values)) places[at] = place++;
  nn::logarithm(places);
}

// Of the distribution over the candidates alone.
float entropy_of(std::span<const float> log_probabilities) {
  double sum = 0.0;
  double weighted = 0.0;
  for (const float log_probability : log_probabilities) {
    const double p = std::exp(static_cast<double>(log_probability));
    sum += p;
    weighted += p * static_cast<double>(log_probability);
  }
  return static_cast<float>(std::log(sum) - weighted / sum);
}

}  // namespace

std::span<const std::string_view> Ranker::columns() { return kNames; }
std::span<const std::string_view> Ranker::event_columns() { return kEventNames; }

// Of a context without an item its scores alone.
void Ranker::describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) {
  const std::span<float> scores = columns.column(kScore);
  score(context, items, scores);
  for (float& log_probability : scores) log_probability = std::max(log_probability, kLeastScore);
  for (std::size_t c = kRootShare; c < kColumns; ++c) {
    std::fill(columns.column(c).begin(), columns.column(c).end(), 0.0F);
  }
  Confidence& confidence = answers_.mine().confidence;
  confidence = {.best = kLeastScore};
  if (items.empty() || !attendable(context, state_.items, state_.options.length)) return;
  const Encoded& encoded = encoded_for(context);
  for (std::size_t i = 0; i < items.size(); ++i) columns.column(kRootShare)[i] = std::exp(0.5F * scores[i]);
  log_places(scores, columns.column(kRank));
  describe_nearness(encoded, items, columns);
  confidence = {*std::max_element(scores.begin(), scores.end()), entropy_of(scores), encoded.log_sum};
}

// Cosines, for the rows of the index are of unit length.
void Ranker::describe_nearness(const Encoded& encoded, std::span<const ItemIndex> items, FeatureColumns columns) const {
  const std::size_t newest = std::min(kNewest, encoded.repeats.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::uint32_t row = find_row(state_.items, items[i]);
    if (row == EmbeddingTable::kNoRow) continue;
    float nearest = -1.0F;
    for (std::size_t n = 0; n < newest; ++n) {
      const float cosine = index_.score(row, index_.row(encoded.repeats[n].row));
      if (n < kNewestApart) columns.column(kNearLast + n)[i] = cosine;
      nearest = std::max(nearest, cosine);
    }
    columns.column(kNearest)[i] = nearest;
  }
}

void Ranker::describe_event(std::span<float> values) const {
  const Confidence& confidence = answers_.mine().confidence;
  values[kBestScore] = confidence.best;
  values[kEntropy] = confidence.entropy;
  values[kLogSum] = confidence.log_sum;
}

}  // namespace millrace::encoder
