// A variant of the mapping, flags, then the texts that they ask for, each ended by a zero byte, then the payload.
#include <cmath>
#include <deque>
#include <string>
#include <vector>

#include "core/check.h"
#include "ingest/event_decoder.h"
#include "ingest/reasons.h"
#include "tests/fuzz/targets.h"

namespace millrace::fuzz {
namespace {

constexpr unsigned kKey = 1;         // flags: a key,
constexpr unsigned kHeaders = 2;     // the three headers of CloudEvents,
constexpr unsigned kTombstone = 4;   // no value,
constexpr unsigned kOwnMapping = 8;  // a user path and a time format, come with the input

constexpr std::size_t kDetailBytesMax = 1'000;

IngestOptions options_of(const FieldMapping& mapping) {
  IngestOptions options;
  options.kinds = KindTable(
      {{"click", Signal::kClick, 1.0F}, {"purchase", Signal::kPurchase, 5.0F}, {"rating", Signal::kRating, 2.0F}});
  options.topics = {{"events", mapping}};
  return options;
}

std::vector<FieldMapping> mappings() {
  std::vector<FieldMapping> all(6);
  all[0].default_kind = "click";
  all[1].time_unit = TimeUnit::kText;
  all[2].user = "";
  all[2].time_unit = TimeUnit::kSeconds;
  all[2].default_kind = "rating";
  all[3].user = "user.id";
  all[3].item = "items.1.item_id";
  all[3].time = "meta.0";
  all[3].session = R"(ga\.session)";
  all[3].time_unit = TimeUnit::kMicroseconds;
  all[4].time_unit = TimeUnit::kText;
  all[4].time_format = "%d.%m.%Y %H:%M";
  all[4].time_zone = "Europe/Berlin";
  all[5].time_unit = TimeUnit::kRecord;
  all[5].default_kind = "purchase";
  return all;
}

void check_id(const std::string& id, bool required) {
  MILLRACE_CHECK(!required || !id.empty());
  MILLRACE_CHECK(id.size() <= kMaxIdBytes);
  MILLRACE_CHECK(is_valid_utf8(id));
}

void check_event(const Event& event, const IngestOptions& options) {
  check_id(event.user.bytes, true);
  check_id(event.item.bytes, true);
  check_id(event.session, false);
  check_id(event.event_id, false);
  MILLRACE_CHECK(raw(event.kind) < options.kinds.size());
  MILLRACE_CHECK(event.event_time >= Millis{0} && event.event_time < kEventTimeEnd);
  MILLRACE_CHECK(std::isfinite(event.value));
  MILLRACE_CHECK(std::isfinite(event.price) && event.price >= 0.0F);
  MILLRACE_CHECK(std::isfinite(event.quantity) && event.quantity != 0.0F);
}

void check_fault(const Fault& fault, const FieldMapping& mapping) {
  bool documented = false;
  for (const std::string_view known : reason::kAll) documented = documented || known == fault.reason;
  MILLRACE_CHECK(documented);
  MILLRACE_CHECK(!fault.detail.empty() &&
                 fault.detail.size() < kDetailBytesMax + mapping.user.size() + mapping.time_format.size());
  MILLRACE_CHECK(is_valid_utf8(fault.detail));
}

void decode(EventDecoder& decoder, const IngestOptions& options, const Record& record) {
  const DecodedEvent decoded = decoder.decode(record);
  MILLRACE_CHECK(!decoded.kind.has_value() || raw(*decoded.kind) < options.kinds.size());
  if (const Event* event = std::get_if<Event>(&decoded.result)) {
    check_event(*event, options);
  } else {
    check_fault(std::get<Fault>(decoded.result), options.topics.front().mapping);
  }
}

struct Variant {
  explicit Variant(const FieldMapping& mapping) : options(options_of(mapping)), decoder(options) {}
  IngestOptions options;
  EventDecoder decoder;
};

Record record_of(unsigned flags, std::string_view& rest) {
  Record record;
  record.timestamp = Millis{1'700'000'000'000};
  if ((flags & kKey) != 0) record.key = std::string(take_text(rest));
  if ((flags & kHeaders) != 0) {
    for (const char* name : {"ce_id", "ce_time", "ce_type"}) record.headers.emplace_back(name, take_text(rest));
  }
  if ((flags & kTombstone) == 0) record.value = std::string(rest);
  return record;
}

}  // namespace

void fuzz_decode(std::string_view input) {
  static auto* variants = [] {
    auto* made = new std::deque<Variant>;
    for (const FieldMapping& mapping : mappings()) made->emplace_back(mapping);
    return made;
  }();
  const std::size_t number = take_byte(input) % variants->size();
  const unsigned flags = take_byte(input);
  if ((flags & kOwnMapping) == 0) {
    Variant& variant = (*variants)[number];
    return decode(variant.decoder, variant.options, record_of(flags, input));
  }
  FieldMapping mapping = mappings()[number];
  mapping.user = take_text(input);
  mapping.time_format = take_text(input);
  if (!is_valid_utf8(mapping.user) || !is_valid_utf8(mapping.time_format)) return;  // no TOML
  Variant own(mapping);
  decode(own.decoder, own.options, record_of(flags, input));
}

}  // namespace millrace::fuzz
