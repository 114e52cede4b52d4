#include "app/evaluate/tune.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <utility>

#include "core/check.h"
#include "core/random.h"

namespace millrace {
namespace {

constexpr std::uint64_t kPurpose = 0x7a3e;
constexpr std::size_t kDrawsPerCandidate = 20;  // before a space is taken to have no more

std::string drawn_from(const SpaceRange& range, Random& random) {
  const double share = random.uniform();
  double value = range.logarithmic ? range.min * std::pow(range.max / range.min, share)
                                   : range.min + (range.max - range.min) * share;
  char text[40];
  if (range.whole) {
    std::snprintf(text, sizeof text, "%.0f", std::clamp(std::round(value), range.min, range.max));
    return text;
  }
  std::snprintf(text, sizeof text, "%.4g", value);
  const std::string written(text);
  return written.find_first_of(".e") == std::string::npos ? written + ".0" : written;
}

std::string setting(const SpaceKey& key, const std::string& value) { return key.key + "=" + value; }

// How many combinations there are; `most` where there are more.
std::size_t combinations(const std::vector<SpaceKey>& space, std::size_t most) {
  std::size_t count = 1;
  for (const SpaceKey& key : space) {
    if (key.range) return most;
    count *= key.values.size();
    if (count >= most) return most;
  }
  return count;
}

std::vector<Settings> all_of(const std::vector<SpaceKey>& space) {
  std::vector<Settings> result{{}};
  for (const SpaceKey& key : space) {
    std::vector<Settings> longer;
    for (const Settings& settings : result) {
      for (const std::string& value : key.values) {
        longer.push_back(settings);
        longer.back().push_back(setting(key, value));
      }
    }
    result = std::move(longer);
  }
  return result;
}

bool less_is_better(const std::string& metric) { return metric == "mae" || metric == "rmse"; }

class Halving {
 public:
  using Measure = std::function<Result<EvaluationReport>(const Settings&, std::size_t)>;
  Halving(const TuneOptions& options, const Measure& measure) : options_(options), measure_(measure) {
    outcome_.metric = options.metric;
  }

  Result<TuneOutcome> run() {
    std::vector<Settings> candidates = draw_settings(options_.space, options_.candidates, options_.seed);
    std::size_t rungs = 1;
    for (std::size_t left = candidates.size(); left > 1; left = (left + options_.keep - 1) / options_.keep) ++rungs;
    for (std::size_t rung = 0; rung < rungs; ++rung) {
      const double share = std::pow(static_cast<double>(options_.keep), -static_cast<double>(rungs - 1 - rung));
      MILLRACE_RETURN_IF_ERROR(
          climb(candidates, static_cast<std::size_t>(std::ceil(share * static_cast<double>(options_.events)))));
      candidates = best_of(outcome_.rungs.back(), (candidates.size() + options_.keep - 1) / options_.keep);
    }
    const std::vector<TuneTrial>& last = outcome_.rungs.back().trials;
    outcome_.winner = last.front();
    outcome_.as_it_is =
        *std::find_if(last.begin(), last.end(), [](const TuneTrial& trial) { return trial.settings.empty(); });
    return std::move(outcome_);
  }

 private:
  Status climb(const std::vector<Settings>& candidates, std::size_t events) {
    TuneRung rung{events, {}};
    MILLRACE_RETURN_IF_ERROR(try_out({}, rung));
    for (const Settings& settings : candidates) MILLRACE_RETURN_IF_ERROR(try_out(settings, rung));
    const double sign = less_is_better(outcome_.metric) ? 1.0 : -1.0;
    std::stable_sort(rung.trials.begin(), rung.trials.end(),
                     [sign](const TuneTrial& a, const TuneTrial& b) { return sign * a.figure < sign * b.figure; });
    outcome_.rungs.push_back(std::move(rung));
    return Ok{};
  }

  Status try_out(const Settings& settings, TuneRung& rung) {
    MILLRACE_ASSIGN_OR_RETURN(EvaluationReport report, measure_(settings, rung.events));
    const auto& values = report.served.values;
    if (outcome_.metric.empty() && !values.empty()) outcome_.metric = values.front().first;
    const double* figure = find_value(report.served, outcome_.metric);
    if (figure == nullptr) return unknown_metric(report);
    const double measured = *figure;
    rung.trials.push_back({settings, measured, std::move(report)});
    return Ok{};
  }

  Status unknown_metric(const EvaluationReport& report) const {
    std::string known;
    for (const auto& [name, value] : report.served.values) {
      if (!name.ends_with("_se")) known += (known.empty() ? "" : ", ") + name;
    }
    return stop_error(ErrorCode::kInvalid, "tuning by \"" + outcome_.metric +
                                               "\": the protocol measures no such thing; expected one of " + known);
  }

  // Of the candidates, so without the configuration as it is.
  static std::vector<Settings> best_of(const TuneRung& rung, std::size_t count) {
    std::vector<Settings> best;
    for (const TuneTrial& trial : rung.trials) {
      if (!trial.settings.empty() && best.size() < count) best.push_back(trial.settings);
    }
    return best;
  }

  const TuneOptions& options_;
  const Measure& measure_;
  TuneOutcome outcome_;
};

}  // namespace

std::vector<Settings> draw_settings(const std::vector<SpaceKey>& space, std::size_t candidates, std::uint64_t seed) {
  if (combinations(space, candidates + 1) <= candidates) return all_of(space);
  Random random(seed, 0, kPurpose);
  std::set<Settings> known;
  std::vector<Settings> drawn;
  for (std::size_t draw = 0; draw < candidates * kDrawsPerCandidate && drawn.size() < candidates; ++draw) {
    Settings settings;
    for (const SpaceKey& key : space) {
      settings.push_back(
          setting(key, key.range ? drawn_from(*key.range, random) : key.values[random.below(key.values.size())]));
    }
    if (known.insert(settings).second) drawn.push_back(std::move(settings));
  }
  return drawn;
}

Result<TuneOutcome> tune(const TuneOptions& options,
                         const std::function<Result<EvaluationReport>(const Settings&, std::size_t events)>& measure) {
  MILLRACE_CHECK(options.keep >= 2 && options.candidates >= 1 && options.events >= 1);
  if (options.space.empty()) {
    return stop_error(ErrorCode::kInvalid, "tuning: the space is empty, expected at least one setting with its values");
  }
  return Halving(options, measure).run();
}

}  // namespace millrace
