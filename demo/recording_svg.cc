// The picture of a recording: four charts over one axis of time.
#include <string>
#include <utility>
#include <vector>

#include "demo/recording.h"
#include "plot/chart.h"

namespace millrace {
namespace {

using Field = double RecordedMoment::*;

Chart chart_of(const std::vector<RecordedMoment>& moments, std::string title,
               const std::vector<std::pair<std::string, Field>>& fields, bool logarithmic = false) {
  Chart chart;
  chart.title = std::move(title);
  chart.y.logarithmic = logarithmic;
  chart.y.from_zero = !logarithmic;
  chart.x.ticks = time_ticks(moments.empty() ? 1.0 : moments.back().seconds);
  for (const auto& [name, field] : fields) {
    ChartLine line;
    line.name = name;
    for (const RecordedMoment& moment : moments) line.points.push_back({moment.seconds, moment.*field, 0.0});
    chart.lines.push_back(std::move(line));
  }
  return chart;
}

}  // namespace

std::string draw_moments(const std::vector<RecordedMoment>& moments) {
  using Moment = RecordedMoment;
  const std::vector<Chart> charts{
      chart_of(moments, "resident memory, MiB", {{"RSS", &Moment::resident_mib}}),
      chart_of(moments, "state directory, MiB", {{"disk", &Moment::disk_mib}}),
      chart_of(moments, "freshness, ms (logarithmic)",
               {{"p99", &Moment::freshness_p99_ms}, {"p50", &Moment::freshness_p50_ms}}, true),
      chart_of(moments, "recall@k of recent trials",
               {{"served", &Moment::recall}, {"popularity", &Moment::popularity_recall}})};
  return draw_charts(charts);
}

}  // namespace millrace
