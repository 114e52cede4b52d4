#include "app/evaluate/plots.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <utility>

#include "plot/chart.h"

namespace millrace {
namespace {

Status not_written(const std::string& path) {
  return stop_error(ErrorCode::kIo, "drawing " + path + ": it cannot be written; check path and rights");
}

Status write(std::span<const Chart> charts, const std::string& folder, const std::string& name) {
  const std::string path = (std::filesystem::path(folder) / name).string();
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << draw_charts(charts);
  file.close();
  return file ? Status(Ok{}) : not_written(path);
}

// What is served first, the others from the best at the end of the line to the worst.
void put_best_first(std::vector<ChartLine>& lines, bool more_is_better) {
  const auto last = [](const ChartLine& line) { return line.points.empty() ? 0.0 : line.points.back().y; };
  std::stable_sort(lines.begin(), lines.end(), [&](const ChartLine& a, const ChartLine& b) {
    if (a.strong != b.strong) return a.strong;
    return more_is_better ? last(a) > last(b) : last(a) < last(b);
  });
}

Chart over_time(const Timelines& timelines, const std::string& title, bool more_is_better) {
  Chart chart;
  chart.title = timelines.metric + " over the stream";
  chart.subtitle = title + "; bands: 95 %, trials taken as independent";
  chart.x.label = "events";
  chart.y.label = timelines.metric;
  chart.y.from_zero = more_is_better;
  for (const auto& [name, points] : timelines.lines) {
    ChartLine line;
    line.name = name;
    line.strong = name == "served";
    if (line.strong) line.errors = ChartLine::Errors::kBand;
    for (const TimelinePoint& point : points) {
      line.points.push_back({static_cast<double>(point.events), point.mean, point.standard_error});
    }
    chart.lines.push_back(std::move(line));
  }
  put_best_first(chart.lines, more_is_better);
  return chart;
}

Chart calibration(const std::vector<CalibrationBin>& bins, const std::string& x, const std::string& y) {
  Chart chart;
  chart.x.label = x;
  chart.y.label = y;
  chart.diagonal = true;
  ChartLine line;
  line.name = "served";
  line.strong = line.markers = true;
  line.errors = ChartLine::Errors::kBars;
  for (const CalibrationBin& bin : bins) line.points.push_back({bin.predicted, bin.observed, bin.standard_error});
  chart.lines.push_back(std::move(line));
  return chart;
}

double value_of(const ReportRow& row, const std::string& name) {
  const double* value = find_value(row, name);
  return value == nullptr ? 0.0 : *value;
}

Chart list_calibration(const EvaluationReport& report, const std::string& title) {
  Chart chart = calibration(report.list_calibration, "predicted probability to be the one taken", "share taken");
  chart.title = "calibration of the lists";
  char figures[80];
  std::snprintf(figures, sizeof figures, "; AUC %.4f, expected calibration error %.4f", value_of(report.served, "auc"),
                value_of(report.served, "calibration_error"));
  chart.subtitle = title + figures;
  return chart;
}

// The synchronisations stand at the logarithm of their number, every event a step further.
Chart staleness(const StalenessCurve& curve, const std::string& metric, const std::string& title) {
  Chart chart;
  chart.title = metric + " by freshness of the lists";
  chart.subtitle = title + "; bars: 95 %";
  chart.x.label = "synchronisations a period";
  chart.y.label = metric;
  double x = 0.0;
  std::vector<double> places;
  for (const SyncReport& point : curve) {
    x = point.sync.every_event() ? (places.empty() ? 0.0 : x + 0.5)
                                 : std::log10(static_cast<double>(point.sync.per_period));
    places.push_back(x);
    chart.x.ticks.emplace_back(x, point.sync.per_period == 1 ? "1" : point.sync.name());
  }
  const auto line_of = [&](const std::string& name, auto&& row_of) {
    ChartLine line;
    line.name = name;
    line.markers = true;
    line.errors = ChartLine::Errors::kBars;
    for (std::size_t i = 0; i < curve.size(); ++i) {
      const ReportRow* row = row_of(curve[i].report);
      const double* value = row == nullptr ? nullptr : find_value(*row, metric);
      if (value != nullptr) line.points.push_back({places[i], *value, value_of(*row, metric + "_se")});
    }
    return line;
  };
  chart.lines.push_back(line_of("served", [](const EvaluationReport& report) { return &report.served; }));
  chart.lines.back().strong = true;
  for (const auto& [name, row] : curve.back().report.learners) {
    chart.lines.push_back(
        line_of(name, [&learner = name](const EvaluationReport& report) { return find_learner(report, learner); }));
  }
  put_best_first(chart.lines, metric != "mae" && metric != "rmse");
  return chart;
}

Chart by_speed(const ReportVariants& variants, const std::string& metric, const std::string& title) {
  Chart chart;
  chart.title = metric + " by effort";
  chart.subtitle = title + "; bars: 95 %";
  chart.x.label = "events a second (" + variants.way + ", %)";
  chart.y.label = metric;
  ChartLine line;
  line.name = "served";
  line.strong = line.markers = true;
  line.errors = ChartLine::Errors::kBars;
  for (const auto& [name, report] : variants.reports) {
    const double speed = events_per_second(*report);
    line.points.push_back({speed, value_of(report->served, metric), value_of(report->served, metric + "_se")});
    char tick[48];
    std::snprintf(tick, sizeof tick, "%.0f (%s)", speed, name.c_str());
    chart.x.ticks.emplace_back(speed, tick);
  }
  const auto slower = [](const ChartPoint& a, const ChartPoint& b) { return a.x < b.x; };
  std::sort(line.points.begin(), line.points.end(), slower);
  chart.lines.push_back(std::move(line));
  return chart;
}

}  // namespace

Status check_plots_folder(const std::string& folder) {
  if (folder.empty()) return Ok{};
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  const std::string probe = (std::filesystem::path(folder) / ".millrace-plots").string();
  if (!std::ofstream(probe, std::ios::binary | std::ios::app)) return not_written(folder);
  std::filesystem::remove(probe, failure);
  return Ok{};
}

Status write_plots(const StalenessCurve& curve, const std::string& title, const std::string& folder) {
  const EvaluationReport& report = curve.back().report;
  const std::string at = title + ", sync " + curve.back().sync.name();
  if (!report.timelines.lines.empty()) {
    MILLRACE_RETURN_IF_ERROR(write(std::array{over_time(report.timelines, at, true)}, folder, "metric-over-time.svg"));
  }
  if (!report.list_calibration.empty()) {
    MILLRACE_RETURN_IF_ERROR(write(std::array{list_calibration(report, at)}, folder, "calibration.svg"));
  }
  if (!report.rating_timelines.lines.empty()) {
    MILLRACE_RETURN_IF_ERROR(
        write(std::array{over_time(report.rating_timelines, at, false)}, folder, "rating-error-over-time.svg"));
  }
  if (!report.rating_calibration.empty()) {
    Chart chart = calibration(report.rating_calibration, "predicted rating", "mean rating given");
    chart.title = "calibration of the ratings";
    chart.subtitle = at;
    MILLRACE_RETURN_IF_ERROR(write({&chart, 1}, folder, "rating-calibration.svg"));
  }
  if (curve.size() < 2 || report.served.values.empty()) return Ok{};
  const Chart all = staleness(curve, report.served.values.front().first, title);
  Chart served = all;
  served.lines.resize(1);
  return write(std::array{served, all}, folder, "staleness.svg");
}

Status write_effort_plot(const ReportVariants& variants, const std::string& title, const std::string& folder) {
  std::vector<std::string> metrics;
  for (const auto& [name, value] : variants.reports.back().second->served.values) {
    if (!name.ends_with("_se") && metrics.size() < 2) metrics.push_back(name);
  }
  std::vector<Chart> charts;
  charts.reserve(metrics.size());
  for (const std::string& metric : metrics) charts.push_back(by_speed(variants, metric, title));
  return write(charts, folder, "effort.svg");
}

}  // namespace millrace
