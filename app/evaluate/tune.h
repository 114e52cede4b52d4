// `millrace tune`: which configuration of a space does best on the first part of a stream. Successive halving (Jamieson
// and Talwalkar, AISTATS 2016): all candidates on a little of it, the best share of them on more, until few have gone
// through all of it. Plain computation over a function that measures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/evaluate/report.h"
#include "app/evaluate/tune_space.h"
#include "core/result.h"

namespace millrace {

using Settings = std::vector<std::string>;  // "KEY=VALUE", for --set; empty: the configuration as it is

struct TuneOptions {
  std::vector<SpaceKey> space;
  std::size_t candidates = 9;  // the configuration as it is comes besides
  std::size_t keep = 3;        // one of so many goes on to the next rung, which is so many times as long
  std::size_t events = 0;      // of the part that is tuned on
  std::string metric;          // empty: the report's first; of mae and rmse less is better, of all else more
  std::uint64_t seed = 1;      // of the draw
};

struct TuneTrial {
  Settings settings;
  double figure = 0.0;
  EvaluationReport report;
};

struct TuneRung {
  std::size_t events = 0;
  std::vector<TuneTrial> trials;  // the best first
};

struct TuneOutcome {
  std::string metric;
  std::vector<TuneRung> rungs;
  TuneTrial winner;
  TuneTrial as_it_is;  // on the last rung
};

// Candidates of a space: all of them where it has no more than `candidates`, else drawn, distinct, seeded.
std::vector<Settings> draw_settings(const std::vector<SpaceKey>& space, std::size_t candidates, std::uint64_t seed);

// `measure`: a configuration on the first events of the stream. The configuration as it is goes through every rung, and
// wins where no other is better. kInvalid for an empty space, or a metric that the reports do not have.
Result<TuneOutcome> tune(const TuneOptions& options,
                         const std::function<Result<EvaluationReport>(const Settings&, std::size_t events)>& measure);

}  // namespace millrace
