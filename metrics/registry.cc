#include "metrics/registry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>
#include <set>
#include <string_view>
#include <variant>

#include "core/check.h"

namespace millrace {
namespace {

using CounterFamily = prometheus::Family<prometheus::Counter>;
using GaugeFamily = prometheus::Family<prometheus::Gauge>;
using HistogramFamily = prometheus::Family<prometheus::Histogram>;
using AnyFamily = std::variant<CounterFamily*, GaugeFamily*, HistogramFamily*>;

prometheus::Histogram::BucketBoundaries bounds(const MetricDescription& metric) {
  return {metric.buckets.begin(), metric.buckets.end()};
}

AnyFamily declare(prometheus::Registry& registry, const MetricDescription& metric) {
  const std::string name(metric.name);
  const std::string help(metric.help);
  switch (metric.type) {
    case MetricType::kCounter: {
      auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(registry);
      if (metric.labels.empty()) family.Add({});
      return &family;
    }
    case MetricType::kGauge: {
      auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(registry);
      if (metric.labels.empty()) family.Add({});
      return &family;
    }
    case MetricType::kHistogram: {
      auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
      if (metric.labels.empty()) family.Add({}, bounds(metric));
      return &family;
    }
  }
  MILLRACE_CHECK(false);
}

bool labels_match(const MetricDescription& metric, const Labels& labels) {
  std::set<std::string_view> names;
  std::string_view rest = metric.labels;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    names.insert(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  if (names.size() != labels.size()) return false;
  for (const auto& [name, value] : labels) {
    if (!names.contains(name)) return false;
  }
  return true;
}

}  // namespace

struct Registry::State {
  prometheus::Registry registry;
  std::vector<AnyFamily> families;  // by Metric
  std::mutex mutex;                 // guards what follows
  std::map<std::pair<Metric, Labels>, double> followed;
  std::map<std::pair<Metric, Labels>, prometheus::Histogram*> histograms;  // Family::Add builds one at every call
  std::map<Metric, std::map<Labels, prometheus::Gauge*>> replaced;

  template <class Family>
  Family& family(Metric metric, const Labels& labels) {
    MILLRACE_CHECK(labels_match(describe(metric), labels));
    auto* const* found = std::get_if<Family*>(&families[static_cast<std::size_t>(metric)]);
    MILLRACE_CHECK(found != nullptr);
    return **found;
  }
};

Registry::Registry() : state_(std::make_unique<State>()) {
  for (const MetricDescription& metric : all_metrics()) state_->families.push_back(declare(state_->registry, metric));
}

Registry::~Registry() = default;

void Registry::add(Metric counter, const Labels& labels, double amount) {
  state_->family<CounterFamily>(counter, labels).Add(labels).Increment(amount);
}

void Registry::follow(Metric counter, const Labels& labels, double total) {
  const std::lock_guard lock(state_->mutex);
  double& last = state_->followed[{counter, labels}];
  add(counter, labels, total < last ? total : total - last);
  last = total;
}

void Registry::set(Metric gauge, const Labels& labels, double value) {
  state_->family<GaugeFamily>(gauge, labels).Add(labels).Set(value);
}

void Registry::replace(Metric gauge, const std::vector<std::pair<Labels, double>>& series) {
  const std::lock_guard lock(state_->mutex);
  std::map<Labels, prometheus::Gauge*> former = std::exchange(state_->replaced[gauge], {});
  for (const auto& [labels, value] : series) {
    prometheus::Gauge& found = state_->family<GaugeFamily>(gauge, labels).Add(labels);
    found.Set(value);
    state_->replaced[gauge][labels] = &found;
    former.erase(labels);
  }
  for (const auto& [labels, gone] : former) state_->family<GaugeFamily>(gauge, labels).Remove(gone);
}

void Registry::observe(Metric histogram, const Labels& labels, double value) {
  const std::lock_guard lock(state_->mutex);
  prometheus::Histogram*& series = state_->histograms[{histogram, labels}];
  if (series == nullptr) {
    series = &state_->family<HistogramFamily>(histogram, labels).Add(labels, bounds(describe(histogram)));
  }
  series->Observe(value);
}

std::string Registry::text() const { return prometheus::TextSerializer().Serialize(state_->registry.Collect()); }

}  // namespace millrace
