// Scales and ticks by hand, and pictures that any reader of XML takes.
#include "plot/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "plot/scale.h"
#include "tests/plot/well_formed.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using testing::well_formed;

TEST(Scale, PutsValuesBetweenItsEnds) {
  const ChartAxis axis;
  const Scale scale(axis, 2.0, 4.0, 100.0, 300.0);
  EXPECT_EQ(scale.place(2.0), 100.0);
  EXPECT_EQ(scale.place(3.0), 200.0);
  EXPECT_EQ(scale.place(9.0), 300.0);  // outside: at the edge
  EXPECT_FALSE(scale.shows(std::nan("")));
  EXPECT_THAT(scale.ticks(4.0),
              ElementsAre(Pair(2.0, "2"), Pair(2.5, "2.5"), Pair(3.0, "3"), Pair(3.5, "3.5"), Pair(4.0, "4")));
}

TEST(Scale, LogarithmicOnesEndAtPowersOfTen) {
  ChartAxis axis;
  axis.logarithmic = true;
  const Scale scale(axis, 20.0, 3000.0, 0.0, 300.0);
  EXPECT_NEAR(scale.place(100.0), 100.0, 1e-9);
  EXPECT_FALSE(scale.shows(0.0));
  EXPECT_EQ(scale.ticks(4.0).size(), 4U);  // 10, 100, 1000, 10000
}

TEST(Scale, StepsAreOneTwoOrFive) {
  EXPECT_DOUBLE_EQ(nice_step(1.0, 5.0), 0.2);
  EXPECT_DOUBLE_EQ(nice_step(83.0, 4.0), 50.0);
  EXPECT_DOUBLE_EQ(nice_step(7.0, 10.0), 1.0);
}

TEST(TimeTicks, AreInTheUnitThatFits) {
  EXPECT_EQ(time_ticks(60.0)[1].second, "10 s");
  EXPECT_EQ(time_ticks(3600.0)[1], std::make_pair(600.0, std::string("10 min")));
  EXPECT_EQ(time_ticks(86'400.0)[1].second, "5 h");
}

Chart example() {
  Chart chart;
  chart.title = "recall <of> \"A & B\"";
  chart.y.label = "recall@10";
  ChartLine served{
      "served", {{0.0, 0.1, 0.01}, {1.0, 0.3, 0.01}, {2.0, 0.2, 0.01}}, ChartLine::Errors::kBand, true, true};
  ChartLine popular{"popular", {{0.0, 0.05, 0.0}, {1.0, std::nan(""), 0.0}, {2.0, 0.1, 0.0}}};
  chart.lines = {served, popular};
  return chart;
}

TEST(Chart, IsWellFormedWhateverItsWords) {
  const std::vector<Chart> charts{example(), example()};
  const std::string svg = draw_charts(charts);
  EXPECT_EQ(well_formed(svg), "");
  EXPECT_THAT(svg, AllOf(HasSubstr("recall &lt;of&gt; &quot;A &amp; B&quot;"), HasSubstr(">served</text>"),
                         HasSubstr("fill-opacity"), HasSubstr("<circle"), Not(HasSubstr("nan"))));
}

TEST(Chart, APointThatCannotBeShownLeavesAGap) {
  Chart chart = example();
  chart.lines.erase(chart.lines.begin());
  const std::string svg = draw_charts({&chart, 1});
  const std::size_t path = svg.rfind("<path fill=\"none\"");
  const std::string line = svg.substr(path, svg.find("/>", path) - path);
  EXPECT_EQ(std::count(line.begin(), line.end(), 'M'), 2);
  EXPECT_EQ(std::count(line.begin(), line.end(), 'L'), 0);
}

TEST(Chart, WithoutPointsIsStillOne) {
  Chart chart;
  EXPECT_EQ(well_formed(draw_charts({&chart, 1})), "");
  chart.y.logarithmic = true;
  chart.lines.push_back({"zero", {{1.0, 0.0, 0.0}}});
  const std::string svg = draw_charts({&chart, 1});
  EXPECT_EQ(well_formed(svg), "");
  EXPECT_THAT(svg, AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf"))));
}

TEST(Chart, TheDiagonalHasOneRangeOnBothAxes) {
  Chart chart;
  chart.diagonal = true;
  chart.lines.push_back({"served", {{0.1, 0.2, 0.0}, {0.5, 0.9, 0.0}}, ChartLine::Errors::kBars, true, true});
  const std::string svg = draw_charts({&chart, 1});
  EXPECT_EQ(well_formed(svg), "");
  EXPECT_THAT(svg, HasSubstr("M70.0 358.0L710.0 58.0"));  // from corner to corner
}

TEST(WellFormed, FindsWhatIsNot) {
  EXPECT_EQ(well_formed("<a b=\"1\"><c/>x &amp; y</a>"), "");
  EXPECT_NE(well_formed("<a><b></a></b>"), "");
  EXPECT_NE(well_formed("<a>&</a>"), "");
  EXPECT_NE(well_formed("<a b=1/>"), "");
  EXPECT_NE(well_formed("<a>"), "");
}

}  // namespace
}  // namespace millrace
