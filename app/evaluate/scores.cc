#include "app/evaluate/scores.h"

#include <algorithm>

#include "core/check.h"

namespace millrace {

std::string_view part_name(Part part) {
  switch (part) {
    case Part::kReturning:
      return "returning";
    case Part::kNew:
      return "new";
    case Part::kWarm:
      return "warm";
    case Part::kCold:
      break;
  }
  return "cold";
}

RowScores::RowScores(const ScoreOptions& options)
    : options_(options),
      means_(options.metrics.size()),
      parts_(options.parts.size(), ClusteredMeans(options.metrics.size())),
      timeline_(options.stretch),
      values_(options.metrics.size()) {}

void RowScores::add(ClusteredMeans& means, const ScoredTrial& trial,
                    std::span<const std::optional<std::size_t>> ranks) {
  for (std::size_t m = 0; m < values_.size(); ++m) values_[m] = options_.metrics[m].value(ranks);
  means.add(trial.group, trial.cluster, values_);
}

void RowScores::score(const ScoredTrial& trial) {
  if (values_.empty()) return;
  add(means_, trial, trial.ranks);
  timeline_.add(trial.event, values_.front());
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    switch (options_.parts[p]) {
      case Part::kReturning:
        if (trial.returning) add(parts_[p], trial, trial.ranks);
        break;
      case Part::kNew:
        if (!trial.returning) add(parts_[p], trial, trial.ranks);
        break;
      case Part::kWarm:
        score_items(p, trial, false);
        break;
      case Part::kCold:
        score_items(p, trial, true);
        break;
    }
  }
}

void RowScores::score_items(std::size_t part, const ScoredTrial& trial, bool cold) {
  ranks_.clear();
  for (std::size_t i = 0; i < trial.ranks.size(); ++i) {
    if (trial.cold[i] == cold) ranks_.push_back(trial.ranks[i]);
  }
  if (!ranks_.empty()) add(parts_[part], trial, ranks_);
}

void RowScores::show(std::span<const std::uint32_t> items, const StreamMemory& memory) {
  const std::span<const std::uint32_t> shown = items.first(std::min(options_.list_length, items.size()));
  for (const std::uint32_t item : shown) {
    if (item >= shown_.size()) shown_.resize(item + std::size_t{1});
    ++shown_[item];
    surprise_ += memory.surprise(item);
  }
  listed_ += shown.size();
  if (!options_.beyond_accuracy || shown.size() < 2) return;
  ++lists_;
  diversity_ += memory.sketches().diversity(shown);
}

void RowScores::append_means(const ClusteredMeans& means, ReportRow& row) const {
  for (std::size_t m = 0; m < options_.metrics.size(); ++m) {
    const std::string name = options_.metrics[m].name();
    row.values.emplace_back(name, means.mean(m));
    row.values.emplace_back(name + "_se", means.standard_error(m));
  }
}

void RowScores::append_list_measures(const StreamMemory& memory, ReportRow& row) const {
  const std::string at = "@" + std::to_string(options_.list_length);
  const auto shown = static_cast<std::size_t>(
      std::count_if(shown_.begin(), shown_.end(), [](std::uint64_t times) { return times > 0; }));
  const std::size_t items = std::max<std::size_t>({memory.items(), shown, 1});
  row.values.emplace_back("coverage" + at, static_cast<double>(shown) / static_cast<double>(items));
  row.values.emplace_back("novelty" + at, surprise_ / static_cast<double>(listed_));
  if (!options_.beyond_accuracy) return;
  if (lists_ > 0) row.values.emplace_back("diversity" + at, diversity_ / static_cast<double>(lists_));
  std::vector<std::uint64_t> times;
  std::copy_if(shown_.begin(), shown_.end(), std::back_inserter(times), [](std::uint64_t n) { return n > 0; });
  row.values.emplace_back("gini" + at, gini(std::move(times), items));
}

ReportRow RowScores::report(const StreamMemory& memory) const {
  ReportRow row;
  append_means(means_, row);
  if (listed_ > 0) append_list_measures(memory, row);
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    ReportPart part{std::string(part_name(options_.parts[p])), {}};
    if (parts_[p].count() > 0) append_means(parts_[p], part.row);
    row.parts.push_back(std::move(part));
  }
  return row;
}

}  // namespace millrace
