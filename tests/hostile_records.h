// Records that no honest producer sends, each with the outcome it must have: for the decoder alone and for the service
// on a real broker.
#pragma once

#include <string>
#include <vector>

#include "core/event.h"

namespace millrace::testing {

struct HostileRecord {
  std::string name;
  std::string value;
  Outcome outcome = Outcome::kDeadLetter;
  std::string reason;  // of a dead letter
  std::string detail;  // of a dead letter, whole
};

// Against the default mapping and limits, with the kinds click, purchase and rating; `now`, in milliseconds, is the
// time of those that are events, and of the records in Kafka.
inline std::vector<HostileRecord> hostile_records(std::int64_t now) {
  const auto event = [now](const std::string& user, const std::string& more = "") {
    return R"({"user_id":)" + user + R"(,"item_id":"i","event_time":)" + std::to_string(now) + more +
           R"(,"event_type":"click"})";
  };
  const auto with = [&](const std::string& more) { return event(R"("u")", "," + more); };
  const auto at = [](const std::string& time) {
    return R"({"user_id":"u","item_id":"i","event_type":"click","event_time":)" + time + "}";
  };
  const auto text = [](std::size_t bytes) { return '"' + std::string(bytes, 'x') + '"'; };
  const std::string deep(10'000, '[');
  const std::string shallow(10'000, ']');
  const std::string too_deep = "the payload nests deeper than 16 levels";
  const std::string malformed_number = "a number is malformed or does not fit 64 bits; write longer ids as strings";
  const std::string not_json = "something is missing, left over, or no JSON value (as NaN and Infinity are none)";
  const std::string not_an_id = ", expected a text or a whole number";
  const std::string not_utf8 = "the document is not valid UTF-8";
  const std::string not_a_time = ", expected a time from 1970 on and before the year 9999; check the time unit";
  const std::string not_a_number = ", expected a number";
  const Outcome dead = Outcome::kDeadLetter;
  return {
      {"a 10 MB string", with(R"("event_type":)" + text(10 << 20)), dead, "too_large",
       "the payload has 10485853 bytes, expected at most 65536"},
      {"a 10 MB string and nothing else", text(10 << 20), dead, "too_large",
       "the payload has 10485762 bytes, expected at most 65536"},
      {"a long string within the limit", with(R"("event_type":)" + text(60'000)), dead, "bad_kind",
       "event_type: found an id of 60000 bytes, expected at most 128"},
      {"depth 10,000", with(R"("deep":)" + deep + "1" + shallow), dead, "too_deep", too_deep},
      {"depth 10,000, never closed", with(R"("deep":)" + deep), dead, "too_deep", too_deep},
      {"depth 10,000 of objects",
       with(R"("deep":)" +
            [] {
              std::string nested;
              for (int i = 0; i < 10'000; ++i) nested += R"({"a":)";
              return nested + "1" + std::string(10'000, '}');
            }()),
       dead, "too_deep", too_deep},
      {"NaN", with(R"("price":NaN)"), dead, "bad_json", not_json},
      {"Infinity", with(R"("price":Infinity)"), dead, "bad_json", not_json},
      {"NaN as text", with(R"("price":"NaN")"), dead, "bad_price", "price: found nan, expected a finite number"},
      {"a price of 1e308", with(R"("price":1e308)"), dead, "bad_price",
       "price: found 1e+308, expected a finite number"},
      {"a quantity of -1e308", with(R"("quantity":-1e308)"), dead, "bad_quantity",
       "quantity: found -1e+308, expected a finite number"},
      {"a value of 1e309", with(R"("value":1e309)"), dead, "bad_json", malformed_number},
      {"a number of a thousand digits", with(R"("value":)" + std::string(1'000, '9')), dead, "bad_json",
       malformed_number},
      {"a negative time", at("-1"), dead, "bad_time", "event_time: found the number -1" + not_a_time},
      {"the most negative time", at("-9223372036854775808"), dead, "bad_time",
       "event_time: found the number -9223372036854775808" + not_a_time},
      {"a time of 1e308", at("1e308"), dead, "bad_time", "event_time: found the number 1e+308" + not_a_time},
      {"the year 9999", at("253370764800000"), dead, "bad_time",
       "event_time: found the number 253370764800000" + not_a_time},
      {"the last moment before the year 9999", at("253370764799999"), Outcome::kSkewed, "", ""},
      {"the beginning of 1970, after newer events", at("0"), Outcome::kLate, "", ""},
      {"an empty user", event(R"("")"), dead, "bad_user", "user_id: found an empty id"},
      {"a 1 MB user", event(text(1 << 20)), dead, "too_large", "the payload has 1048652 bytes, expected at most 65536"},
      {"a user of 129 bytes", event(text(129)), dead, "bad_user",
       "user_id: found an id of 129 bytes, expected at most 128"},
      {"an empty item", R"({"user_id":"u","item_id":"","event_type":"click","event_time":1})", dead, "bad_item",
       "item_id: found an empty id"},
      {"an empty session", with(R"("session_id":"")"), dead, "bad_session", "session_id: found an empty id"},
      {"an empty event id", with(R"("event_id":"")"), dead, "bad_event_id", "event_id: found an empty id"},
      {"a lone byte of UTF-8", event("\"\xc3\""), dead, "bad_utf8", not_utf8},
      {"an overlong slash in UTF-8", event("\"\xc0\xaf\""), dead, "bad_utf8", not_utf8},
      {"a surrogate in UTF-8", event("\"\xed\xa0\x80\""), dead, "bad_utf8", not_utf8},
      {"invalid UTF-8 in a field nobody reads", with("\"other\":\"\xff\""), dead, "bad_utf8", not_utf8},
      {"duplicated keys: the first counts",
       R"({"user_id":"u","user_id":[],"item_id":"i","item_id":null,"event_type":"click","event_time":)" +
           std::to_string(now) + R"(,"event_time":-1})",
       Outcome::kApplied, "", ""},
      {"duplicated keys, the first of the wrong type",
       R"({"user_id":[],"user_id":"u","item_id":"i","event_type":"click","event_time":1})", dead, "bad_user",
       "user_id: found an array" + not_an_id},
      {"an object for a user", event("{}"), dead, "bad_user", "user_id: found an object" + not_an_id},
      {"a fraction for a user", event("1.5"), dead, "bad_user", "user_id: found the number 1.5" + not_an_id},
      {"true for a user", event("true"), dead, "bad_user", "user_id: found true" + not_an_id},
      {"null for a user", event("null"), dead, "bad_user", "user_id: found nothing" + not_an_id},
      {"an array for a time", at("[1]"), dead, "bad_time", "event_time: found an array, expected a time"},
      {"a number for a kind", with(R"("event_type":7)"), dead, "bad_kind",
       "event_type: found \"7\", expected one of click, purchase, rating"},
      {"an object for a price", with(R"("price":{})"), dead, "bad_price", "price: found an object" + not_a_number},
      {"an array for a quantity", with(R"("quantity":[])"), dead, "bad_quantity",
       "quantity: found an array" + not_a_number},
      {"true for a value", with(R"("value":true)"), dead, "bad_value", "value: found true" + not_a_number},
      {"a text for the document", R"("u")", dead, "bad_json", "the document is no JSON object"},
      {"nothing", "", dead, "bad_json", "the payload is empty"},
  };
}

}  // namespace millrace::testing
