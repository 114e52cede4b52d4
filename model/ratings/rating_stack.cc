#include "model/ratings/rating_stack.h"

#include <algorithm>

#include "core/bytes.h"
#include "model/families/row_error.h"

namespace millrace {
namespace {

constexpr std::string_view kRidgeTable = "r";
constexpr std::uint8_t kRowVersion = 1;

}  // namespace

RatingStack::Inputs RatingStack::inputs_of(const RatingOpinion& opinion) const {
  Inputs inputs;
  inputs.features = features_.standardise(opinion.features);
  inputs.correction = ridge_.predict(inputs.features);
  std::copy(inputs.features.begin(), inputs.features.end(), inputs.net.begin());
  inputs.net.back() = corrections_.standardise({inputs.correction}).front();
  return inputs;
}

float RatingStack::predict(const RatingOpinion& opinion) const {
  const Inputs inputs = inputs_of(opinion);
  const float ridge = opinion.factors.mean() + inputs.correction;
  return (ridge + net_.predict(inputs.net, ridge)) / 2.0F;
}

void RatingStack::learn(const RatingOpinion& opinion, float level, std::uint32_t replays) {
  const Inputs inputs = inputs_of(opinion);
  const float mean = opinion.factors.mean();
  ridge_.learn(inputs.features, level - mean);
  net_.learn(inputs.net, mean + inputs.correction, level, replays);
  features_.observe(opinion.features);
  corrections_.observe({inputs.correction});
  dirty_ = true;
}

void RatingStack::save(const RowSink& sink, bool all) {
  net_.save(sink, all);
  if (!dirty_ && !all) return;
  dirty_ = false;
  ByteWriter row;
  row.u8(kRowVersion);
  features_.encode(row);
  corrections_.encode(row);
  ridge_.encode(row);
  sink(kRidgeTable, "", row.take());
}

Status RatingStack::load(std::string_view table, std::string_view key, std::string_view value) {
  if (table != kRidgeTable) return net_.load(table, key, value);
  ByteReader row(value);
  const std::uint8_t version = row.u8();
  features_.decode(row);
  corrections_.decode(row);
  ridge_.decode(row);
  return version == kRowVersion && row.done() ? Status(Ok{}) : unreadable_row("ratings", kRidgeTable);
}

}  // namespace millrace
