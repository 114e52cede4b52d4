// The picture of a recording: four panels over one axis of time.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "demo/recording.h"

namespace millrace {
namespace {

constexpr double kWidth = 960.0;
constexpr double kPanelHeight = 150.0;
constexpr double kPanelGap = 46.0;
constexpr double kLeft = 70.0;
constexpr double kRight = 20.0;
constexpr double kTop = 40.0;

using Field = double RecordedMoment::*;

struct Line {
  std::string_view name;
  std::string_view colour;
  Field field;
};
struct Panel {
  std::string_view title;
  std::vector<Line> lines;
  bool logarithmic = false;  // values of 0 are left out
};

const std::vector<Panel>& panels() {
  static const std::vector<Panel> kPanels{
      {"resident memory, MiB", {{"RSS", "#1f77b4", &RecordedMoment::resident_mib}}},
      {"state directory, MiB", {{"disk", "#8c564b", &RecordedMoment::disk_mib}}},
      {"freshness, ms (logarithmic)",
       {{"p99", "#d62728", &RecordedMoment::freshness_p99_ms}, {"p50", "#2ca02c", &RecordedMoment::freshness_p50_ms}},
       true},
      {"recall@k of recent trials",
       {{"served", "#9467bd", &RecordedMoment::recall}, {"popularity", "#7f7f7f", &RecordedMoment::popularity_recall}}},
  };
  return kPanels;
}

template <class... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 512> text{};
  std::snprintf(text.data(), text.size(), pattern, values...);
  return text.data();
}

// 1, 2 or 5 times a power of ten, so that about `count` of them make `range`.
double nice_step(double range, double count) {
  const double raw = std::max(range, 1e-9) / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) return factor * power;
  }
  return 10.0 * power;
}

class Picture {
 public:
  explicit Picture(const std::vector<RecordedMoment>& moments) : moments_(moments) {
    if (!moments.empty()) end_ = std::max(1.0, moments.back().seconds);
  }

  std::string draw() {
    const double height = kTop + static_cast<double>(panels().size()) * (kPanelHeight + kPanelGap);
    out_ = format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" "
        "font-size=\"12\" fill=\"#333\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
        kWidth, height);
    double top = kTop;
    for (const Panel& panel : panels()) {
      draw_panel(panel, top);
      top += kPanelHeight + kPanelGap;
    }
    return std::move(out_) + "</svg>\n";
  }

 private:
  double x_of(double seconds) const { return kLeft + (kWidth - kLeft - kRight) * seconds / end_; }

  void text(double x, double y, const char* anchor, const std::string& words, std::string_view colour = "#333") {
    out_ += format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n", x, y, anchor,
                   std::string(colour).c_str(), words.c_str());
  }
  void rule(double x1, double y1, double x2, double y2) {
    out_ += format("<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"#ddd\"/>\n", x1, y1, x2, y2);
  }

  // Where values of a panel stand.
  struct Scale {
    double low = 0.0, high = 1.0, top = 0.0;
    bool logarithmic = false;
    double y(double value) const {
      const double share = logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
      return top + kPanelHeight * (1.0 - std::clamp(share, 0.0, 1.0));
    }
  };

  Scale scale_of(const Panel& panel, double top) const {
    double low = HUGE_VAL;
    double high = 0.0;
    for (const RecordedMoment& moment : moments_) {
      for (const Line& line : panel.lines) {
        const double value = moment.*line.field;
        high = std::max(high, value);
        if (value > 0.0) low = std::min(low, value);
      }
    }
    if (high <= 0.0) return {0.0, 1.0, top, false};
    if (!panel.logarithmic) return {0.0, high * 1.1, top, false};
    return {std::pow(10.0, std::floor(std::log10(low))), std::pow(10.0, std::ceil(std::log10(high * 1.001))), top,
            true};
  }

  void draw_panel(const Panel& panel, double top) {
    const Scale scale = scale_of(panel, top);
    text(kLeft, top - 10.0, "start", std::string(panel.title));
    double x = kWidth - kRight;
    for (const Line& line : panel.lines) {
      text(x, top - 10.0, "end", std::string(line.name), line.colour);
      x -= 80.0;
    }
    draw_axes(scale, top);
    for (const Line& line : panel.lines) draw_line(line, scale);
  }

  void draw_axes(const Scale& scale, double top) {
    const double step = scale.logarithmic ? 10.0 : nice_step(scale.high - scale.low, 4.0);
    double value = scale.low;
    while (value <= scale.high * 1.0001) {
      rule(kLeft, scale.y(value), kWidth - kRight, scale.y(value));
      text(kLeft - 8.0, scale.y(value) + 4.0, "end", format("%.6g", value));
      value = scale.logarithmic ? value * step : value + step;
    }
    const bool minutes = end_ > 600.0;
    const bool hours = end_ > 4.0 * 3600.0;
    const double unit = hours ? 3600.0 : minutes ? 60.0 : 1.0;
    const double pause = nice_step(end_ / unit, 10.0);
    const char* name = hours ? "h" : minutes ? "min" : "s";
    for (int mark = 0; mark * pause * unit <= end_; ++mark) {
      const double x = x_of(mark * pause * unit);
      rule(x, top, x, top + kPanelHeight);
      text(x, top + kPanelHeight + 16.0, "middle", format("%g %s", mark * pause, name));
    }
  }

  void draw_line(const Line& line, const Scale& scale) {
    std::string path;
    bool down = false;
    for (const RecordedMoment& moment : moments_) {
      const double value = moment.*line.field;
      const bool shown = !scale.logarithmic || value > 0.0;
      if (shown) path += format("%c%.1f %.1f", down ? 'L' : 'M', x_of(moment.seconds), scale.y(value));
      down = shown;
    }
    out_ += format("<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" d=\"", std::string(line.colour).c_str()) +
            path + "\"/>\n";
  }

  const std::vector<RecordedMoment>& moments_;
  double end_ = 1.0;
  std::string out_;
};

}  // namespace

std::string draw_moments(const std::vector<RecordedMoment>& moments) { return Picture(moments).draw(); }

}  // namespace millrace
