// Streams with a known structure, for the encoder's tests.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/example.h"
#include "core/random.h"
#include "model/families/encoder.h"

namespace millrace::encoder {

inline ModelOptions small_options() {
  ModelOptions options;
  options.kinds = KindTable({{"click", Signal::kClick, 1.0F}, {"purchase", Signal::kPurchase, 2.0F}});
  options.encoder.dimension = 32;
  options.encoder.length = 5;
  options.encoder.negatives = 64;
  options.encoder.recent_window = 2'000;
  options.encoder.row_rate = 0.01F;
  return options;
}

// Sessions in which item i is followed by one of its two successors, most of the time.
class MarkovStream {
 public:
  MarkovStream(std::size_t items, std::uint64_t seed) : random_(seed) {
    Random shape(99);
    for (std::size_t i = 0; i < items; ++i) {
      const auto often = static_cast<std::uint32_t>(shape.below(items));
      const auto seldom = static_cast<std::uint32_t>(shape.below(items));
      successors_.emplace_back(often, seldom);
    }
  }

  Example next() {
    if (history_.size() >= 8 || history_.empty()) {
      history_.clear();
      ++session_;
    }
    Example example;
    example.sequence = count_;
    example.time = {static_cast<std::int64_t>(1'700'000'000'000 + 1'000 * count_)};
    example.item = draw();
    example.context.user = UserIndex{session_ % 50};
    example.context.session = session_;
    example.context.session_length = static_cast<std::uint32_t>(history_.size());
    example.context.history = history_;
    example.context.now = example.time;
    example.context.first_seen = example.time;
    example.context.interactions = static_cast<std::uint32_t>(history_.size());
    history_.push_back({example.item, KindIndex{}, example.time, 0.0F});
    ++count_;
    return example;
  }
  std::vector<Example> take(std::size_t count) {
    std::vector<Example> examples;
    for (std::size_t i = 0; i < count; ++i) examples.push_back(next());
    return examples;
  }

 private:
  ItemIndex draw() {
    if (history_.empty() || random_.uniform() < 0.1)
      return ItemIndex{static_cast<std::uint32_t>(random_.below(successors_.size()))};
    const auto& successors = successors_[raw(history_.back().item)];
    return ItemIndex{random_.uniform() < 0.7 ? successors.first : successors.second};
  }

  Random random_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> successors_;
  std::vector<Interaction> history_;
  std::uint64_t session_ = 0;
  std::uint64_t count_ = 0;
};

inline std::vector<const Example*> pointers(std::span<const Example> examples) {
  std::vector<const Example*> out;
  for (const Example& example : examples) out.push_back(&example);
  return out;
}

// Observes and learns the examples in mini-batches of 64, each twice. Returns the mean loss of the first passes.
inline double learn(EncoderFamily& family, std::span<const Example> examples) {
  TrainReport total;
  for (std::size_t at = 0; at < examples.size(); at += 64) {
    const auto part = examples.subspan(at, std::min<std::size_t>(64, examples.size() - at));
    for (const Example& example : part) family.observe(example);
    const auto batch = pointers(part);
    for (const bool fresh : {true, false}) {
      const Random random(1, part.front().sequence, fresh ? 0 : 1);
      const TrainReport report = family.train({batch, fresh ? batch.size() : 0, part.back().sequence + 1, random});
      if (!fresh) continue;
      total.loss_sum += report.loss_sum;
      total.examples += report.examples;
    }
  }
  return total.loss_sum / static_cast<double>(std::max<std::uint64_t>(total.examples, 1));
}

// Share of the examples with a history whose item is among the best `k`.
inline double recall(EncoderFamily& family, std::span<const Example> examples, std::size_t k) {
  std::vector<RankRequest> requests;
  std::vector<ItemIndex> targets;
  for (const Example& example : examples) {
    if (example.context.history.empty()) continue;
    requests.push_back({&example.context, {}});
    targets.push_back(example.item);
  }
  const auto lists = family.rank(requests, k);
  double hits = 0.0;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    for (const ScoredItem& scored : lists[i]) hits += scored.item == targets[i] ? 1.0 : 0.0;
  }
  return hits / static_cast<double>(targets.size());
}

using SavedRows = std::map<std::pair<std::string, std::string>, std::string>;

inline void save_into(Family& family, SavedRows& rows, bool all) {
  family.save(
      [&](std::string_view table, std::string key, std::optional<std::string> value) {
        const std::pair<std::string, std::string> at{table, std::move(key)};
        if (value) {
          rows[at] = *std::move(value);
        } else {
          rows.erase(at);
        }
      },
      all);
}

}  // namespace millrace::encoder
