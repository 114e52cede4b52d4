// Line charts as SVG: for evaluations and long runs. Plain computation; the same chart gives the same bytes. (Debian's
// charting libraries draw bitmaps, or, as PLplot, bring Qt and Fortran along.)
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

struct ChartPoint {
  double x = 0.0;
  double y = 0.0;
  double error = 0.0;  // one standard error; shown is what lies within 1.96 of them
};

struct ChartLine {
  enum class Errors : unsigned char { kNone, kBand, kBars };
  std::string name;
  std::vector<ChartPoint> points;  // ascending in x; one whose y is not finite, or not above 0 on a logarithmic axis,
                                   // leaves a gap
  Errors errors = Errors::kNone;
  bool strong = false;  // drawn thick
  bool markers = false;
};

struct ChartAxis {
  std::string label;
  bool logarithmic = false;
  bool from_zero = false;
  // Absent: at round numbers.
  std::vector<std::pair<double, std::string>> ticks;
};

struct Chart {
  std::string title;
  std::string subtitle;
  ChartAxis x;
  ChartAxis y;
  std::vector<ChartLine> lines;
  bool diagonal = false;  // y = x, dashed; both axes then show the same range
};

// At round distances over [0, end] seconds, as "10 s", "5 min" or "2 h".
std::vector<std::pair<double, std::string>> time_ticks(double end);

// A document; several charts stand below each other.
std::string draw_charts(std::span<const Chart> charts);

}  // namespace millrace
