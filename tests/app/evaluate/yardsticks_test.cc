// The yardsticks over small made-up data in their files' formats, and over the real data where $MILLRACE_DATA points to
// it.
#include "app/evaluate/yardsticks/yardsticks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/app/evaluate/fixture.h"
#include "tests/temporary_directory.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using testing::small_step_options;
using testing::value_of;

class YardstickTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ + "/" + name) << text; }
  YardstickOptions options_of(char letter) {
    YardstickOptions options;
    options.letter = letter;
    options.data = folder_;
    options.step = small_step_options();
    options.step.model.families = {"related", "popular", "factors", "ratings"};
    options.step.model.factors.dimension = 16;
    options.progress = false;
    return options;
  }
  EvaluationReport run(const YardstickOptions& options) {
    auto report = yardstick(options);
    if (!report.ok()) {
      ADD_FAILURE() << report.error().message;
      return {};
    }
    return std::move(*report);
  }
  TemporaryDirectory directory_;
  std::string folder_ = directory_.string();
};

// 1 → 2 → 3 again and again; item 9 is new in period 1, session 7 has only that and one known item.
TEST_F(YardstickTest, ClicksScoresKnownItemsAfterTheFirstKnownOne) {
  std::string first;
  for (int session = 100; session < 160; ++session) {
    for (const char* item : {"1", "2", "3"}) first += std::to_string(session) + " " + item + "\n";
  }
  write("period_0.txt", first);
  write("period_1.txt", "1 1\n1 2\n7 9\n7 1\n8 1\n8 9\n8 2\n8 3\n");
  for (const Sync sync : {Sync{}, Sync{1}}) {
    YardstickOptions options = options_of('A');
    options.sync = sync;
    const EvaluationReport report = run(options);
    EXPECT_EQ(report.trials, 3U);  // 1→2, 8: 2 and 3
    EXPECT_EQ(report.events, 188U);
    EXPECT_EQ(value_of(report.served, "recall@20"), 1.0);
    EXPECT_GT(value_of(report.served, "mrr@20"), 0.4);
  }
}

TEST_F(YardstickTest, SessionsScoresEveryClickButTheFirst) {
  std::string train = "SessionId\tItemId\tTime\n";
  for (int i = 0; i < 60; ++i) {
    for (int k = 0; k < 3; ++k) {
      train += std::to_string(i) + "\t" + std::to_string(k) + "\t" + std::to_string(1000 + 10 * i + k) + ".5\n";
    }
  }
  write("yoochoose-clicks-100k_train_full.txt", train);
  write("yoochoose-clicks-100k_test.txt",
        "SessionId\tItemId\tTime\n900\t0\t9000\n900\t1\t9001\n900\t77\t9002\n901\t0\t9003\n");
  for (const Sync sync : {Sync{}, Sync{1}}) {
    YardstickOptions options = options_of('G');
    options.sync = sync;
    const EvaluationReport report = run(options);
    EXPECT_EQ(report.trials, 2U);
    EXPECT_EQ(report.events, sync.every_event() ? 184U : 180U);
    EXPECT_EQ(value_of(report.served, "hr@20"), 0.5);
  }
}

TEST_F(YardstickTest, NewsScoresFirstTouchesOfTheLastFourFifths) {
  std::string rows = "timestamp,eventType,contentId,personId,sessionId,userAgent,userRegion,userCountry\n";
  for (int i = 49; i >= 0; --i) {  // not sorted by time
    rows += std::to_string(1000 + i) + ",VIEW," + std::to_string(i / 5) + "," + std::to_string(i % 5) + ",1,,,\n";
    rows += std::to_string(2000 + i) + ",LIKE," + std::to_string(i / 5) + "," + std::to_string(i % 5) + ",1,,,\n";
  }
  write("deskdrop.csv", rows);
  for (const Sync sync : {Sync{}, Sync{1}, Sync{3}}) {
    YardstickOptions options = options_of('B');
    options.sync = sync;
    const EvaluationReport report = run(options);
    EXPECT_EQ(report.trials, 40U);
    EXPECT_EQ(report.events, 100U);
  }
}

TEST_F(YardstickTest, BasketsArePredictedWholeFromEarlierInvoicesOnly) {
  std::string rows = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
  for (int i = 0; i < 50; ++i) {
    const std::string minute = (i < 10 ? "0" : "") + std::to_string(i);
    const std::string tail = ",X,1,2011-01-01 08:" + minute + ":00,1.5," + std::to_string(i % 10) + ".0,UK\n";
    for (const char* code : {"10001", "10002a"}) rows += "5" + std::to_string(100 + i) + "," + code + tail;
    rows += "C5" + std::to_string(100 + i) + ",10003" + tail;                            // a cancellation
    rows += "5" + std::to_string(100 + i) + ",POST" + tail;                              // not goods
    rows += "6" + std::to_string(100 + i) + ",10003,X,1,2011-01-01 08:00:00,1.5,,UK\n";  // no customer
  }
  write("online-retail.csv", rows);
  const EvaluationReport report = run(options_of('C'));
  EXPECT_EQ(report.trials, 40U);
  EXPECT_EQ(value_of(report.served, "recall@20"), 1.0);
  ASSERT_EQ(report.served.parts.size(), 2U);
  EXPECT_EQ(report.served.parts[0].name, "returning");
  EXPECT_EQ(report.served.parts[1].name, "new");
}

TEST_F(YardstickTest, RatingsHaveARowWithTheSecondHidden) {
  std::string rows = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n";
  for (int i = 0; i < 200; ++i) {
    rows += std::to_string(i % 7) + "\t" + std::to_string(i % 11) + "\t" + std::to_string(1 + i % 5) + "\t" +
            std::to_string(1000 + i / 2) + "\n";
  }
  write("ml-100k.inter", rows);
  write("ml-100k.item",
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n1\tToy Story\t1995\tComedy\n");
  const EvaluationReport report = run(options_of('D'));
  EXPECT_EQ(report.trials, 200U);
  EXPECT_GT(value_of(report.served, "mae"), 0.0);
  ASSERT_EQ(report.served.parts.size(), 1U);
  EXPECT_EQ(report.served.parts[0].name, "same_second_hidden");
  EXPECT_NE(value_of(report.served.parts[0].row, "rmse"), value_of(report.served, "rmse"));
}

TEST_F(YardstickTest, FiveStarScoresTheLastSevenTenthsAndHasARowWithTheSecondHidden) {
  std::string rows = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n";
  for (int i = 0; i < 200; ++i) {
    rows += std::to_string(i / 20) + "\t" + std::to_string(i % 20) + "\t" + (i % 2 == 0 ? "5" : "4") + "\t" +
            std::to_string(1000 + i / 8) + "\n";
  }
  write("ml-100k.inter", rows);
  write("ml-100k.item",
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n2\tGoldenEye\t1995\tAction\n");
  const EvaluationReport report = run(options_of('E'));
  EXPECT_EQ(report.events, 100U);
  EXPECT_EQ(report.trials, 70U);
  ASSERT_FALSE(report.served.parts.empty());
  EXPECT_EQ(report.served.parts.back().name, "same_second_hidden");
  EXPECT_NE(value_of(report.served.parts.back().row, "ndcg@10"), value_of(report.served, "ndcg@10"));
}

TEST_F(YardstickTest, RefusalsSayWhatIsMissing) {
  EXPECT_THAT(yardstick(options_of('A')).error().message, HasSubstr("looking for period_0.txt in " + folder_));
  EXPECT_THAT(yardstick(options_of('Z')).error().message, HasSubstr("expected one of A B C D E G"));
}

TEST_F(YardstickTest, DataMayLieOneFolderDeeper) {
  std::filesystem::create_directories(folder_ + "/DIGINETICA");
  write("DIGINETICA/period_0.txt", "1 1\n");
  EXPECT_EQ(*find_data_file(folder_, "period_0.txt"), folder_ + "/DIGINETICA/period_0.txt");
}

// The floors are known to the last digit: they hold the protocols to their definitions.
TEST(RealData, FloorsAreThePublishedOnes) {
  const char* data = std::getenv("MILLRACE_DATA");
  if (data == nullptr) GTEST_SKIP() << "MILLRACE_DATA is not set: give it the folder with the unpacked yardstick files";
  YardstickOptions options;
  options.data = data;
  options.step.model.families = {"popular"};
  options.effort.ranked_examples = 0;
  options.progress = false;
  options.letter = 'E';
  if (!find_data_file(options.data, "ml-100k.inter").ok()) GTEST_SKIP() << "no ml-100k.inter, unpacked, in " << data;
  const auto five_star = yardstick(options);
  ASSERT_TRUE(five_star.ok()) << five_star.error().message;
  EXPECT_EQ(five_star->trials, 14'841U);
  ASSERT_EQ(five_star->learners.size(), 2U);
  for (const auto& [name, row] : five_star->learners) {  // the family and the evaluation's own count agree
    EXPECT_NEAR(value_of(row, "recall@10"), 0.105, 0.001) << name;
    EXPECT_NEAR(value_of(row, "ndcg@10"), 0.055, 0.001) << name;
  }
}

TEST(RealData, RatingsReachTheirMark) {
  const char* data = std::getenv("MILLRACE_DATA");
  if (data == nullptr) GTEST_SKIP() << "MILLRACE_DATA is not set: give it the folder with the unpacked yardstick files";
  YardstickOptions options;
  options.data = data;
  options.step.model.families = {"ratings"};
  options.progress = false;
  options.letter = 'D';
  if (!find_data_file(options.data, "ml-100k.inter").ok()) GTEST_SKIP() << "no ml-100k.inter, unpacked, in " << data;
  const auto ratings = yardstick(options);
  ASSERT_TRUE(ratings.ok()) << ratings.error().message;
  EXPECT_LT(value_of(ratings->served, "mae"), 0.720);
  EXPECT_LT(value_of(ratings->served, "rmse"), 0.915);
  EXPECT_LT(value_of(ratings->served.parts.front().row, "rmse"), 0.935);
}

}  // namespace
}  // namespace millrace
