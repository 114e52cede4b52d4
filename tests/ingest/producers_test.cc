// The mappings that docs/ingest.md gives for known producers read what those producers write; its reasons are all there
// are.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "ingest/reasons.h"
#include "tests/ingest/ingest_fixture.h"

namespace millrace {
namespace {

Event read(const FieldMapping& mapping, const std::string& kind, const std::string& json) {
  IngestOptions options = test_options();
  options.topics = {{"events", mapping}};
  options.kinds = KindTable({{kind, Signal::kPurchase, 1.0F}});
  TestIngest under_test(options);
  const Ingested result = under_test.take_json(json);
  if (!result.dead_letters.empty()) ADD_FAILURE() << result.dead_letters[0].detail;
  return result.events.empty() ? Event() : result.events[0];
}

TEST(Producers, AmazonPersonalize) {
  FieldMapping mapping;
  mapping.user = "USER_ID";
  mapping.item = "ITEM_ID";
  mapping.time = "TIMESTAMP";
  mapping.kind = "EVENT_TYPE";
  mapping.value = "EVENT_VALUE";
  mapping.time_unit = TimeUnit::kSeconds;
  const Event event =
      read(mapping, "Watch",
           R"({"USER_ID":"u","ITEM_ID":"i","EVENT_TYPE":"Watch","EVENT_VALUE":0.75,"TIMESTAMP":1586731606})");
  EXPECT_EQ(event.event_time.count, 1'586'731'606'000);
  EXPECT_EQ(event.value, 0.75F);
}

TEST(Producers, GoogleRetailUserEvent) {
  FieldMapping mapping;
  mapping.user = "visitorId";
  mapping.item = "productDetails.0.product.id";
  mapping.time = "eventTime";
  mapping.kind = "eventType";
  mapping.price = "productDetails.0.product.priceInfo.price";
  mapping.quantity = "productDetails.0.quantity";
  mapping.session = "sessionId";
  mapping.time_unit = TimeUnit::kText;
  const Event event = read(mapping, "purchase-complete",
                           R"({"eventType":"purchase-complete","visitorId":"v","eventTime":"2022-01-02T03:04:05.678Z",)"
                           R"("productDetails":[{"product":{"id":"p","priceInfo":{"price":9.5}},"quantity":2}]})");
  EXPECT_EQ(event.item, ItemId("p"));
  EXPECT_EQ(event.quantity, 2.0F);
  EXPECT_EQ(event.price, 9.5F);
  EXPECT_EQ(event.event_time.count, 1'641'092'645'678);
}

TEST(Producers, GoogleAnalytics4) {
  FieldMapping mapping;
  mapping.user = "user_pseudo_id";
  mapping.item = "items.0.item_id";
  mapping.time = "event_timestamp";
  mapping.kind = "event_name";
  mapping.price = "items.0.price";
  mapping.quantity = "items.0.quantity";
  mapping.time_unit = TimeUnit::kMicroseconds;
  const Event event = read(mapping, "view_item",
                           R"({"event_timestamp":"1609459200123456","event_name":"view_item","user_pseudo_id":"1.2",)"
                           R"("items":[{"item_id":"SKU","price":4,"quantity":null}]})");
  EXPECT_EQ(event.user, UserId("1.2"));
  EXPECT_EQ(event.event_time.count, 1'609'459'200'123);
}

TEST(Producers, Segment) {
  FieldMapping mapping;
  mapping.user = "userId";
  mapping.item = "properties.product_id";
  mapping.time = "timestamp";
  mapping.kind = "event";
  mapping.price = "properties.price";
  mapping.quantity = "properties.quantity";
  mapping.event_id = "messageId";
  mapping.time_unit = TimeUnit::kText;
  const Event event = read(mapping, "Product Added",
                           R"({"type":"track","event":"Product Added","userId":"u","messageId":"m1",)"
                           R"("timestamp":"2022-02-02T00:23:09.544Z","properties":{"product_id":507,"price":18.99}})");
  EXPECT_EQ(event.item, ItemId("507"));
  EXPECT_EQ(event.event_id, "m1");
}

TEST(Reasons, AreAllDocumented) {
  std::ifstream file(MILLRACE_SOURCE_DIR "/docs/ingest.md");
  std::stringstream text;
  text << file.rdbuf();
  for (const std::string_view name : reason::kAll) {
    std::string cell(1, '`');
    cell.append(name).append("`");
    EXPECT_NE(text.str().find(cell), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace millrace
