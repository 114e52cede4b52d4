#include "plot/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "plot/scale.h"

namespace millrace {
namespace {

constexpr double kWidth = 900.0;
constexpr double kLeft = 70.0;
constexpr double kRight = 190.0;  // the legend
constexpr double kTop = 58.0;     // title, subtitle
constexpr double kBottom = 52.0;  // ticks, label
constexpr double kTallest = 300.0;
constexpr double kLowest = 190.0;  // of charts below each other
constexpr double kConfidence = 1.96;

// Okabe and Ito's colours, told apart by the colour-blind too.
constexpr std::array<const char*, 8> kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                              "#e69f00", "#56b4e9", "#555555", "#882255"};

template <class... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 512> text{};
  std::snprintf(text.data(), text.size(), pattern, values...);
  return text.data();
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
    }
  }
  return result;
}

struct Range {
  double low = HUGE_VAL;
  double high = -HUGE_VAL;
  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return high < low; }
};

struct Extent {
  Range x;
  Range y;
};

Extent extent_of(const Chart& chart) {
  Extent extent;
  for (const ChartLine& line : chart.lines) {
    for (const ChartPoint& point : line.points) {
      if (!std::isfinite(point.y) || (chart.y.logarithmic && point.y <= 0.0)) continue;
      const double error = line.errors == ChartLine::Errors::kNone ? 0.0 : kConfidence * point.error;
      extent.x.take(point.x);
      if (!chart.y.logarithmic) extent.y.take(point.y - error);
      extent.y.take(chart.y.logarithmic ? point.y : point.y + error);
    }
  }
  if (extent.x.empty()) extent = {{0.0, 1.0}, {0.0, 1.0}};
  for (const auto& [x, label] : chart.x.ticks) extent.x.take(x);
  if (chart.diagonal) {
    extent.x.take(extent.y.low);
    extent.x.take(extent.y.high);
    extent.y = extent.x;
  }
  const double room = chart.y.logarithmic || chart.diagonal ? 0.0 : 0.05 * (extent.y.high - extent.y.low);
  extent.y.high += room;
  if (!chart.y.from_zero) extent.y.low -= room;
  return extent;
}

// One chart, `top` below the document's upper edge.
class Drawing {
 public:
  Drawing(const Chart& chart, double top, double height)
      : chart_(chart),
        top_(top + kTop),
        bottom_(top + kTop + height),
        extent_(extent_of(chart)),
        x_(chart.x, extent_.x.low, extent_.x.high, kLeft, kWidth - kRight),
        y_(chart.y, extent_.y.low, extent_.y.high, bottom_, top_) {}

  std::string draw() {
    text(kLeft, top_ - 30.0, "start", chart_.title, "#111", "font-size=\"15\" font-weight=\"bold\"");
    if (!chart_.subtitle.empty()) text(kLeft, top_ - 12.0, "start", chart_.subtitle, "#555");
    draw_axes();
    for (std::size_t i = 0; i < chart_.lines.size(); ++i) draw_errors(chart_.lines[i], i);
    for (std::size_t i = chart_.lines.size(); i-- > 0;) draw_line(chart_.lines[i], i);
    draw_legend();
    return std::move(out_);
  }

 private:
  static const char* colour(std::size_t line) { return kColours[line % kColours.size()]; }
  static const char* dash(std::size_t line) { return line < kColours.size() ? "" : " stroke-dasharray=\"5 3\""; }

  void text(double x, double y, const char* anchor, std::string_view words, const char* fill, const char* more = "") {
    out_ += format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\" %s>", x, y, anchor, fill, more) +
            escaped(words) + "</text>\n";
  }
  void rule(double x1, double y1, double x2, double y2, const char* style) {
    out_ += format("<path d=\"M%.1f %.1fL%.1f %.1f\" %s/>\n", x1, y1, x2, y2, style);
  }

  void draw_axes() {
    constexpr const char* kGrid = "stroke=\"#e3e3e3\"";
    for (const auto& [value, label] : y_.ticks((bottom_ - top_) / 45.0)) {
      rule(kLeft, y_.place(value), kWidth - kRight, y_.place(value), kGrid);
      text(kLeft - 8.0, y_.place(value) + 4.0, "end", label, "#333");
    }
    for (const auto& [value, label] : x_.ticks(8.0)) {
      rule(x_.place(value), top_, x_.place(value), bottom_, kGrid);
      text(x_.place(value), bottom_ + 17.0, "middle", label, "#333");
    }
    rule(kLeft, bottom_, kWidth - kRight, bottom_, "stroke=\"#888\"");
    text((kLeft + kWidth - kRight) / 2.0, bottom_ + 37.0, "middle", chart_.x.label, "#333");
    const double middle = (top_ + bottom_) / 2.0;
    text(16.0, middle, "middle", chart_.y.label, "#333", format("transform=\"rotate(-90 16 %.1f)\"", middle).c_str());
    if (!chart_.diagonal) return;
    const double low = std::max(extent_.x.low, extent_.y.low);
    const double high = std::min(extent_.x.high, extent_.y.high);
    rule(x_.place(low), y_.place(low), x_.place(high), y_.place(high), "stroke=\"#999\" stroke-dasharray=\"4 4\"");
  }

  bool shown(const ChartPoint& point) const { return x_.shows(point.x) && y_.shows(point.y); }

  void draw_errors(const ChartLine& line, std::size_t index) {
    if (line.errors == ChartLine::Errors::kBars) {
      for (const ChartPoint& point : line.points) {
        if (!shown(point) || point.error <= 0.0) continue;
        const double error = kConfidence * point.error;
        rule(x_.place(point.x), y_.place(point.y - error), x_.place(point.x), y_.place(point.y + error),
             format("stroke=\"%s\"", colour(index)).c_str());
      }
    } else if (line.errors == ChartLine::Errors::kBand) {
      draw_band(line, index);
    }
  }

  void draw_band(const ChartLine& line, std::size_t index) {
    std::string upper;
    std::string lower;
    for (const ChartPoint& point : line.points) {
      if (!shown(point)) continue;
      const double error = kConfidence * point.error;
      upper += format("%c%.1f %.1f", upper.empty() ? 'M' : 'L', x_.place(point.x), y_.place(point.y + error));
      lower.insert(0, format("L%.1f %.1f", x_.place(point.x), y_.place(point.y - error)));
    }
    if (upper.empty()) return;
    out_ += format("<path fill=\"%s\" fill-opacity=\"0.15\" d=\"", colour(index)) + upper + lower + "Z\"/>\n";
  }

  void draw_line(const ChartLine& line, std::size_t index) {
    std::string path;
    bool down = false;
    for (const ChartPoint& point : line.points) {
      if (shown(point)) path += format("%c%.1f %.1f", down ? 'L' : 'M', x_.place(point.x), y_.place(point.y));
      down = shown(point);
    }
    if (path.empty()) return;
    out_ += format("<path fill=\"none\" stroke=\"%s\" stroke-width=\"%s\"%s d=\"", colour(index),
                   line.strong ? "2.5" : "1.3", dash(index)) +
            path + "\"/>\n";
    if (!line.markers) return;
    for (const ChartPoint& point : line.points) {
      if (!shown(point)) continue;
      out_ += format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%s\" fill=\"%s\"/>\n", x_.place(point.x), y_.place(point.y),
                     line.strong ? "3.5" : "2.5", colour(index));
    }
  }

  void draw_legend() {
    const double left = kWidth - kRight + 16.0;
    double y = top_ + 6.0;
    for (std::size_t i = 0; i < chart_.lines.size(); ++i, y += 19.0) {
      const bool strong = chart_.lines[i].strong;
      rule(left, y, left + 22.0, y,
           format("stroke=\"%s\" stroke-width=\"%s\"%s", colour(i), strong ? "2.5" : "1.3", dash(i)).c_str());
      text(left + 28.0, y + 4.0, "start", chart_.lines[i].name, "#333", strong ? "font-weight=\"bold\"" : "");
    }
  }

  const Chart& chart_;
  double top_, bottom_;
  Extent extent_;
  Scale x_, y_;
  std::string out_;
};

}  // namespace

std::string draw_charts(std::span<const Chart> charts) {
  const double height = charts.size() > 1 ? kLowest : kTallest;
  const double each = kTop + height + kBottom;
  std::string svg = format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
      kWidth, each * static_cast<double>(charts.size()), kWidth, each * static_cast<double>(charts.size()));
  double top = 0.0;
  for (const Chart& chart : charts) {
    svg += Drawing(chart, top, height).draw();
    top += each;
  }
  return svg + "</svg>\n";
}

}  // namespace millrace
