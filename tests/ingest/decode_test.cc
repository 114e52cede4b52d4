// What a payload may look like, and the reason of each that is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ingest/reasons.h"
#include "tests/ingest/ingest_fixture.h"

namespace millrace {
namespace {

using testing::HasSubstr;

// The only event of a payload; fails the test where there is none.
Event decoded(const std::string& json, const IngestOptions& options = test_options()) {
  TestIngest under_test(options);
  const Ingested result = under_test.take_json(json);
  if (!result.dead_letters.empty())
    ADD_FAILURE() << result.dead_letters[0].reason << ": " << result.dead_letters[0].detail;
  return result.events.empty() ? Event() : result.events[0];
}

DeadLetter refused(const std::string& json, const IngestOptions& options = test_options()) {
  TestIngest under_test(options);
  const Ingested result = under_test.take_json(json);
  EXPECT_TRUE(result.events.empty()) << json;
  if (result.dead_letters.size() != 1) return {};
  EXPECT_EQ(result.counts.begin()->first.outcome, Outcome::kDeadLetter);
  return result.dead_letters[0];
}

std::string reason_of(const std::string& json) { return refused(json).reason; }

std::string with(const std::string& more) { return event_json("u1", "i1", kNow, "," + more); }

TEST(Decode, ReadsEveryField) {
  const Event event = decoded(
      R"({"user_id":"u1","item_id":"i1","event_time":1700000000000,"event_type":"purchase","price":2.5,"quantity":-3,)"
      R"("value":4,"session_id":"s","event_id":"e"})");
  EXPECT_EQ(event.user, UserId("u1"));
  EXPECT_EQ(event.item, ItemId("i1"));
  EXPECT_EQ(event.event_time, kNow);
  EXPECT_EQ(event.record_time, kNow);
  EXPECT_EQ(event.kind, KindIndex{1});
  EXPECT_EQ(event.price, 2.5F);
  EXPECT_EQ(event.quantity, -3.0F);
  EXPECT_EQ(event.value, 4.0F);
  EXPECT_EQ(event.session, "s");
  EXPECT_EQ(event.event_id, "e");
}

TEST(Decode, NumbersAndTextMakeTheSameId) {
  for (const char* id : {"42", "42.0", "\"42\"", "4.2e1"}) {
    const std::string json =
        R"({"user_id":)" + std::string(id) + R"(,"item_id":)" + id + R"(,"event_time":1700000000000})";
    EXPECT_EQ(decoded(json).user, UserId("42")) << id;
    EXPECT_EQ(decoded(json).item, ItemId("42")) << id;
  }
}

TEST(Decode, LargeWholeNumbersAreExact) {
  for (const char* id : {"9007199254740993", "18446744073709551615", "-9223372036854775808"}) {
    EXPECT_EQ(decoded(R"({"user_id":)" + std::string(id) + R"(,"item_id":1,"event_time":1700000000000})").user,
              UserId(id));
  }
}

TEST(Decode, IdsThatAreNoIdsAreRefused) {
  for (const char* id : {"4.5", "1e300", "true", "null", "{}", "[]", "\"\""}) {
    EXPECT_EQ(reason_of(R"({"user_id":)" + std::string(id) + R"(,"item_id":1,"event_time":1700000000000})"), "bad_user")
        << id;
    EXPECT_EQ(reason_of(R"({"user_id":1,"item_id":)" + std::string(id) + R"(,"event_time":1700000000000})"), "bad_item")
        << id;
  }
}

TEST(Decode, LoneSurrogatesNeverReachAnId) {
  for (const char* id : {"\\ud800", "\\udc00", "\\udc00x"}) {
    const std::string reason = reason_of(event_json(id, "i", kNow));
    EXPECT_TRUE(reason == "bad_user" || reason == "bad_json") << id << " " << reason;
  }
}

TEST(Decode, IdsAreLimitedInBytes) {
  EXPECT_EQ(decoded(event_json(std::string(128, 'u'), "i", kNow)).user.bytes.size(), 128U);
  const DeadLetter letter = refused(event_json(std::string(129, 'u'), "i", kNow));
  EXPECT_EQ(letter.reason, "bad_user");
  EXPECT_THAT(letter.detail, HasSubstr("129 bytes, expected at most 128"));
  EXPECT_EQ(reason_of(with(R"("session_id":")" + std::string(129, 's') + "\"")), "bad_session");
  EXPECT_EQ(reason_of(with(R"("event_id":")" + std::string(129, 'e') + "\"")), "bad_event_id");
}

TEST(Decode, PathsReachIntoObjectsAndArrays) {
  IngestOptions options = test_options();
  FieldMapping& mapping = options.topics[0].mapping;
  mapping.user = "user.id";
  mapping.item = "items.1.item_id";
  mapping.time = "meta.0";
  mapping.session = R"(ga\.session)";
  const Event event = decoded(
      R"({"user":{"id":7},"items":[{"item_id":"a"},{"item_id":"b"}],"meta":{"0":1700000000000},"ga.session":"s"})",
      options);
  EXPECT_EQ(event.user, UserId("7"));
  EXPECT_EQ(event.item, ItemId("b"));
  EXPECT_EQ(event.session, "s");
  const DeadLetter letter =
      refused(R"({"user":{"id":7},"items":[{"item_id":"a"}],"meta":{"0":1700000000000}})", options);
  EXPECT_EQ(letter.reason, "bad_item");
  EXPECT_THAT(letter.detail, HasSubstr("items.1.item_id: found nothing"));
}

TEST(Decode, AnEmptyUserPathMeansTheKey) {
  IngestOptions options = test_options();
  options.topics[0].mapping.user = "";
  EXPECT_EQ(decoded(R"({"item_id":1,"event_time":1700000000000})", options).user, UserId("u1"));
  TestIngest under_test(options);
  Record keyless = test_record(0, R"({"item_id":1,"event_time":1700000000000})");
  keyless.key.reset();
  EXPECT_EQ(under_test.take({keyless}).dead_letters.at(0).reason, "bad_user");
  EXPECT_EQ(under_test.take({test_record(1, R"({"item_id":1,"event_time":1700000000000})", "\xff")})
                .dead_letters.at(0)
                .reason,
            "bad_user");
}

TEST(Decode, TheFirstOfTwoEqualKeysCounts) {
  EXPECT_EQ(decoded(R"({"user_id":"a","user_id":"b","item_id":"i","event_time":1700000000000})").user, UserId("a"));
}

TEST(Decode, TimeUnitsAreStated) {
  IngestOptions options = test_options();
  const auto time_as = [&](TimeUnit unit, const std::string& time) {
    options.topics[0].mapping.time_unit = unit;
    return decoded(R"({"user_id":1,"item_id":1,"event_time":)" + time + "}", options).event_time.count;
  };
  EXPECT_EQ(time_as(TimeUnit::kSeconds, "1600000000"), 1'600'000'000'000);
  EXPECT_EQ(time_as(TimeUnit::kSeconds, "1396860669.277"), 1'396'860'669'277);
  EXPECT_EQ(time_as(TimeUnit::kSeconds, "\"1600000000\""), 1'600'000'000'000);
  EXPECT_EQ(time_as(TimeUnit::kMilliseconds, "1600000000001"), 1'600'000'000'001);
  EXPECT_EQ(time_as(TimeUnit::kMicroseconds, "1600000000001999"), 1'600'000'000'001);
  EXPECT_EQ(time_as(TimeUnit::kRecord, "\"nonsense\""), kNow.count);
}

TEST(Decode, WrittenTimesAreRfc3339OrTheStatedFormatInTheStatedZone) {
  IngestOptions options = test_options();
  FieldMapping& mapping = options.topics[0].mapping;
  mapping.time_unit = TimeUnit::kText;
  const auto read = [&](const std::string& time) {
    return decoded(R"({"user_id":1,"item_id":1,"event_time":")" + time + "\"}", options).event_time.count;
  };
  EXPECT_EQ(read("2020-09-13T12:26:40Z"), 1'600'000'000'000);
  EXPECT_EQ(read("2020-09-13T14:26:40.250+02:00"), 1'600'000'000'250);
  EXPECT_EQ(read("2020-09-13T12:26:40"), 1'600'000'000'000);
  EXPECT_EQ(read("2020-09-13 12:26:40"), 1'600'000'000'000);
  mapping.time_zone = "Europe/Berlin";
  ASSERT_TRUE(check_ingest(options).ok()) << check_ingest(options).error().message;
  EXPECT_EQ(read("2020-09-13 14:26:40"), 1'600'000'000'000);
  EXPECT_EQ(read("2020-09-13T12:26:40Z"), 1'600'000'000'000);
  mapping.time_format = "%d.%m.%Y %H:%M";
  EXPECT_EQ(read("13.09.2020 14:26"), 1'600'000'000'000 - 40'000);
  EXPECT_EQ(refused(R"({"user_id":1,"item_id":1,"event_time":"2020-09-13T12:26:40Z"})", options).reason, "bad_time");
  EXPECT_EQ(refused(R"({"user_id":1,"item_id":1,"event_time":1600000000})", options).reason, "bad_time");
}

TEST(Decode, ImpossibleTimesAreRefused) {
  for (const char* time : {"-1", "253370764800000", "1e308", "9223372036854775807", "18446744073709551615",
                           "\"yesterday\"", "\"nan\"", "\"inf\"", "true", "null", "[1]"}) {
    EXPECT_EQ(reason_of(R"({"user_id":1,"item_id":1,"event_time":)" + std::string(time) + "}"), "bad_time") << time;
  }
  EXPECT_EQ(reason_of(R"({"user_id":1,"item_id":1})"), "bad_time");
  IngestOptions options = test_options();
  options.topics[0].mapping.time_unit = TimeUnit::kText;
  for (const char* time :
       {"9999-12-31T00:00:00Z", "1969-12-31T23:59:59Z", "infinite-future", "2020-13-01T00:00:00Z", ""}) {
    EXPECT_EQ(refused(R"({"user_id":1,"item_id":1,"event_time":")" + std::string(time) + "\"}", options).reason,
              "bad_time")
        << time;
  }
}

TEST(Decode, KindsComeFromTheTableOrTheDefault) {
  EXPECT_EQ(decoded(with(R"("event_type":"purchase")")).kind, KindIndex{1});
  EXPECT_EQ(decoded(event_json("u", "i", kNow)).kind, KindIndex{0});
  const DeadLetter letter = refused(with(R"("event_type":"page_view")"));
  EXPECT_EQ(letter.reason, "bad_kind");
  EXPECT_THAT(letter.detail, HasSubstr("\"page_view\", expected one of click, purchase, rating"));
  IngestOptions options = test_options();
  options.topics[0].mapping.default_kind = "";
  EXPECT_EQ(refused(event_json("u", "i", kNow), options).reason, "bad_kind");
}

TEST(Decode, ARatingNeedsItsValue) {
  EXPECT_EQ(decoded(with(R"("event_type":"rating","value":3.5)")).value, 3.5F);
  EXPECT_EQ(decoded(with(R"("event_type":"rating","value":"3.5")")).value, 3.5F);
  EXPECT_EQ(reason_of(with(R"("event_type":"rating")")), "bad_value");
  EXPECT_EQ(reason_of(with(R"("event_type":"rating","value":null)")), "bad_value");
}

TEST(Decode, NumbersMustBeFiniteAndMakeSense) {
  for (const char* number : {"1e308", "\"nan\"", "\"inf\"", "\"1,5\"", "\"\"", "true", "{}"}) {
    EXPECT_EQ(reason_of(with(R"("value":)" + std::string(number))), "bad_value") << number;
    EXPECT_EQ(reason_of(with(R"("price":)" + std::string(number))), "bad_price") << number;
    EXPECT_EQ(reason_of(with(R"("quantity":)" + std::string(number))), "bad_quantity") << number;
  }
  EXPECT_EQ(reason_of(with(R"("price":-1)")), "bad_price");
  EXPECT_EQ(reason_of(with(R"("quantity":0)")), "bad_quantity");
}

TEST(Decode, BrokenDocumentsAreRefused) {
  for (const char* json : {"", " ", "{", "nonsense", "[]", "42", "null", R"({"a":NaN})", R"({"a":Infinity})",
                           R"({"a":1e999})", R"({"a":123456789012345678901234567890})", R"({"a":"b)",
                           R"({"a":1}{"b":2})", "{\"a\":\"\x01\"}", R"({"a":1,})", R"({'a':1})"}) {
    EXPECT_EQ(reason_of(json), "bad_json") << json;
  }
  EXPECT_EQ(reason_of("{\"user_id\":\"\xff\xfe\"}"), "bad_utf8");
  EXPECT_EQ(reason_of("{\"user_id\":\"\xc3\"}"), "bad_utf8");
  EXPECT_EQ(reason_of(std::string("{\"a\":\"\0\"}", 9)), "bad_json");
}

TEST(Decode, DepthIsLimited) {
  const auto nested = [](std::size_t depth) {
    return with(R"("deep":)" + std::string(depth - 1, '[') + "1" + std::string(depth - 1, ']'));
  };
  EXPECT_EQ(decoded(nested(16)).user, UserId("u1"));
  EXPECT_EQ(reason_of(nested(17)), "too_deep");
  EXPECT_EQ(reason_of(nested(10'000)), "too_deep");
}

TEST(Decode, SizeIsLimitedBeforeParsing) {
  const std::string frame = with(R"("pad":"")");
  EXPECT_EQ(decoded(with(R"("pad":")" + std::string((64 << 10) - frame.size(), 'x') + "\"")).user, UserId("u1"));
  EXPECT_EQ(reason_of(with(R"("pad":")" + std::string((64 << 10) - frame.size() + 1, 'x') + "\"")), "too_large");
  EXPECT_EQ(reason_of(with(R"("pad":")" + std::string(10 << 20, 'x') + "\"")), "too_large");
}

TEST(Decode, AHugeStringUnderAHugeLimitIsCutInTheMessage) {
  IngestOptions options = test_options();
  options.record_bytes_max = 64 << 20;
  const DeadLetter letter = refused(with(R"("event_type":")" + std::string(10 << 20, 'x') + "\""), options);
  EXPECT_EQ(letter.reason, "bad_kind");
  EXPECT_LT(letter.detail.size(), 300U);
}

TEST(Decode, EventsHaveNoTombstones) {
  TestIngest under_test;
  Record record = test_record(0, "");
  record.value.reset();
  EXPECT_EQ(under_test.take({record}).dead_letters.at(0).reason, "no_value");
}

TEST(Decode, CloudEventHeadersFillWhatThePayloadLacks) {
  TestIngest under_test;
  Record record = test_record(0, R"({"user_id":"u1","item_id":"i1"})");
  record.headers = {{"ce_id", "e9"}, {"ce_time", "2023-11-14T22:13:20Z"}, {"ce_type", "purchase"}};
  const Ingested result = under_test.take({record});
  ASSERT_EQ(result.events.size(), 1U);
  EXPECT_EQ(result.events[0].event_id, "e9");
  EXPECT_EQ(result.events[0].event_time, kNow);
  EXPECT_EQ(result.events[0].kind, KindIndex{1});
  record = test_record(1, R"({"user_id":"u1","item_id":"i1"})");
  record.headers = {{"ce_time", "noon"}};
  EXPECT_EQ(under_test.take({record}).dead_letters.at(0).reason, "bad_time");
}

TEST(Decode, ADeadLetterKeepsItsRecordAndTheKindAsFarAsKnown) {
  TestIngest under_test;
  const Ingested result = under_test.take_json(with(R"("event_type":"purchase","price":-1)"));
  ASSERT_EQ(result.dead_letters.size(), 1U);
  EXPECT_EQ(result.dead_letters[0].record.value, with(R"("event_type":"purchase","price":-1)"));
  EXPECT_EQ(result.counts.begin()->first.kind, KindIndex{1});
  EXPECT_EQ(result.dead_letter_reasons.at({TopicIndex{0}, "bad_price"}), 1U);
}

TEST(Decode, EveryPrefixOfAPayloadIsRefusedWithoutHarm) {
  const std::string whole = with(R"("event_type":"rating","value":[1,{"a":"\u00e9"}],"price":1.5e1)");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(reason_of(whole.substr(0, size)), "bad_json") << size;
  }
}

TEST(CheckIngest, NamesTopicAndField) {
  IngestOptions options = test_options();
  EXPECT_TRUE(check_ingest(options).ok());
  options.topics[1].mapping.time_zone = "Europe/Atlantis";
  EXPECT_THAT(check_ingest(options).error().message, HasSubstr("topic purchases: time_zone is \"Europe/Atlantis\""));
  options = test_options();
  options.topics[0].mapping.default_kind = "clik";
  EXPECT_THAT(check_ingest(options).error().message, HasSubstr("topic clicks: default_kind is \"clik\""));
  options = test_options();
  options.topics[0].mapping.item = "";
  EXPECT_FALSE(check_ingest(options).ok());
}

TEST(TimeUnits, AreNamedAsConfigured) {
  EXPECT_EQ(*parse_time_unit("us"), TimeUnit::kMicroseconds);
  EXPECT_FALSE(parse_time_unit("h").ok());
}

}  // namespace
}  // namespace millrace
