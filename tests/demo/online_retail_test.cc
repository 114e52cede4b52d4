#include "demo/online_retail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "demo/child_process.h"
#include "demo/csv.h"
#include "ingest/json.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr const char* kLines =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
    "536366,85123a, WHITE HEART LARGE ,1,2010-12-01 08:28:00,2.95,17851.0,United Kingdom\n"
    "536366,POST,POSTAGE,1,2010-12-01 08:28:00,18.0,17851.0,France\n"
    "536367,22633,\"HAND WARMER, \"\"UNION JACK\"\"\",6,2010-12-01 08:34:00,1.85,,United Kingdom\n"
    "C536368,85123A,WHITE HEART,-2,2010-12-01 09:00:00,2.55,17850.0,United Kingdom\n"
    "536369,22633,\"HAND WARMER, \"\"UNION JACK\"\"\",6,2010-12-01 09:34:00,1.85,17850.0,United Kingdom\n";

class OnlineRetailTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& text) {
    auto path = folder_.path() / "retail.csv";
    std::ofstream(path) << text;
    return path;
  }
  TemporaryFolder folder_{"millrace-retail-test"};
};

TEST_F(OnlineRetailTest, SendsOnePurchaseALineAndCountsWhatItLeavesOut) {
  auto source = OnlineRetail::open(write(kLines), 0);
  ASSERT_TRUE(source.ok()) << source.error().message;
  std::vector<DemoRecord> records;
  while (auto record = (*source)->next()) records.push_back(*record);
  ASSERT_EQ(records.size(), 4U);
  EXPECT_EQ(records[0].key, "17850");
  EXPECT_EQ(records[1].item, "85123A") << "lower-case stock codes are the same product";
  for (const DemoRecord& record : records) EXPECT_EQ(record.topic, kPurchasesTopic);
  EXPECT_THAT((*source)->left_out(),
              ElementsAre(Pair("lines without a customer", 1), Pair("lines that are no product (postage, fees)", 1)));
}

TEST_F(OnlineRetailTest, ReturnsAreSentWithNegativeQuantityAndHistoricalTime) {
  auto source = OnlineRetail::open(write(kLines), 0);
  ASSERT_TRUE(source.ok());
  DemoRecord record;
  for (int i = 0; i < 3; ++i) record = *(*source)->next();
  JsonParser json(8);
  ASSERT_FALSE(json.parse(record.value).has_value());
  EXPECT_EQ(json.at(JsonPath("quantity")).real, -2.0);
  EXPECT_EQ(json.at(JsonPath("event_time")).integer, 1'291'194'000'000);
  EXPECT_EQ(json.at(JsonPath("user_id")).text, "17850");
  EXPECT_EQ(json.at(JsonPath("session_id")).text, "C536368");
  EXPECT_NEAR(json.at(JsonPath("price")).real, 2.55, 1e-9);
}

TEST_F(OnlineRetailTest, CatalogueHoldsProductsWithTheirUsualDescription) {
  auto source = OnlineRetail::open(write(kLines), 0);
  ASSERT_TRUE(source.ok());
  ASSERT_EQ((*source)->items().size(), 2U);
  EXPECT_EQ((*source)->items()[0].title, "HAND WARMER, \"UNION JACK\"");
  EXPECT_EQ((*source)->items()[1].item, "85123A");
  EXPECT_EQ((*source)->items()[1].title, "WHITE HEART");
  EXPECT_FLOAT_EQ((*source)->items()[1].price, 2.55F);
}

TEST_F(OnlineRetailTest, StopsAtTheLimit) {
  auto source = OnlineRetail::open(write(kLines), 2);
  ASSERT_TRUE(source.ok());
  EXPECT_TRUE((*source)->next().has_value());
  EXPECT_TRUE((*source)->next().has_value());
  EXPECT_FALSE((*source)->next().has_value());
}

TEST_F(OnlineRetailTest, RefusesAnotherFileAndSaysWhatItExpected) {
  const auto source = OnlineRetail::open(write("a,b,c\n"), 0);
  ASSERT_FALSE(source.ok());
  EXPECT_THAT(source.error().message, HasSubstr("InvoiceNo"));
}

TEST(IsProduct, ServicesAreNot) {
  for (const char* code :
       {"POST", "DOT", "C2", "D", "M", "S", "B", "BANK CHARGES", "CRUK", "PADS", "AMAZONFEE", "gift_0001_20"}) {
    EXPECT_FALSE(is_product(code)) << code;
  }
  EXPECT_TRUE(is_product("85123A"));
  EXPECT_TRUE(is_product("22633"));
}

TEST(CsvReader, QuotesMayHoldCommasAndLineBreaks) {
  std::istringstream in("a,\"b,\n\"\"c\"\"\",\r\nd,,\n");
  CsvReader reader(in);
  std::vector<std::string> fields;
  ASSERT_TRUE(reader.next(fields));
  EXPECT_THAT(fields, ElementsAre("a", "b,\n\"c\"", ""));
  ASSERT_TRUE(reader.next(fields));
  EXPECT_THAT(fields, ElementsAre("d", "", ""));
  EXPECT_FALSE(reader.next(fields));
}

}  // namespace
}  // namespace millrace
