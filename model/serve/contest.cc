#include "model/serve/contest.h"

#include <algorithm>

#include "core/bytes.h"

namespace millrace {
namespace {

constexpr std::uint8_t kFormat = 1;

}  // namespace

Contest::Contest(std::vector<std::string> learners, const ContestOptions& options)
    : names_(std::move(learners)),
      hedge_(names_.size(), options.hedge_rate, options.weight_min),
      champion_(names_.size(), 0, options.confidence, options.horizon),
      credits_(names_.size(), 0),
      gains_(names_.size()),
      losses_(names_.size()) {}

std::optional<std::size_t> Contest::find(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names_.begin());
}

void Contest::learn(std::span<const LearnerTrial> trials) {
  for (const LearnerTrial& trial : trials) {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      gains_[i] = gain_of(trial.places[i]);
      losses_[i] = 1.0 - gains_[i];
    }
    hedge_.learn(losses_);
    champion_.learn(gains_);
  }
  champion_.decide();
}

std::string Contest::encode() const {
  ByteWriter out;
  out.u8(kFormat);
  out.varint(names_.size());
  out.string(names_[champion_.champion()]);
  out.varint(champion_.changes());
  for (std::size_t i = 0; i < names_.size(); ++i) {
    out.string(names_[i]);
    out.f64(hedge_.log_weight(i));
    out.varint(credits_[i]);
    champion_.difference(i).encode(out);
  }
  return out.take();
}

Status Contest::decode(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  const std::uint64_t learners = in.varint();
  const auto champion = find(in.string());
  const std::uint64_t changes = in.varint();
  if (champion) champion_.restore(*champion, changes);
  for (std::uint64_t left = learners; left > 0 && in.ok(); --left) {
    const auto learner = find(in.string());
    const double log_weight = in.f64();
    const std::uint64_t credits = in.varint();
    PairedDifference unused(1.0, 1);
    (learner && champion ? champion_.difference(*learner) : unused).decode(in);
    if (!learner) continue;
    hedge_.restore(*learner, log_weight);
    credits_[*learner] = credits;
  }
  if (format == kFormat && in.done()) return Ok{};
  return stop_error(ErrorCode::kCorruption, "restoring the learners' contest: found format " + std::to_string(format) +
                                                " in " + std::to_string(bytes.size()) +
                                                " bytes, expected format 1; restore a backup");
}

}  // namespace millrace
