// Flags, a key ended by a zero byte, then the payload of a record of the items topic.
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "core/check.h"
#include "features/catalogue_codec.h"
#include "ingest/ingest.h"
#include "ingest/json.h"
#include "ingest/reasons.h"
#include "model/content_tokens.h"
#include "tests/fuzz/targets.h"

namespace millrace::fuzz {
namespace {

constexpr unsigned kItemInPayload = 1;
constexpr unsigned kTombstone = 2;

constexpr std::size_t kDetailBytesMax = 1'000;

void check_content(const ItemContent& content) {
  MILLRACE_CHECK(is_valid_utf8(content.title) && is_valid_utf8(content.text));
  for (const std::string& category : content.categories) MILLRACE_CHECK(!category.empty() && is_valid_utf8(category));
  MILLRACE_CHECK(std::isfinite(content.price) && content.price >= 0.0F);
  for (const float number : content.vector) MILLRACE_CHECK(std::isfinite(number));
  const auto again = decode_content(encode_content(content));
  MILLRACE_CHECK(again.ok() && *again == content);
  MILLRACE_CHECK(content_tokens(content) == content_tokens(*again));
}

void check_refusal(const Error& error) {
  MILLRACE_CHECK(error.disposition == Disposition::kDeadLetter);
  const std::string_view why = std::string_view(error.message).substr(0, error.message.find(": "));
  bool documented = false;
  for (const std::string_view known : reason::kAll) documented = documented || known == why;
  MILLRACE_CHECK(documented);
  MILLRACE_CHECK(error.message.size() < kDetailBytesMax && is_valid_utf8(error.message));
}

}  // namespace

void fuzz_items(std::string_view input) {
  static auto* decoders = [] {
    IngestOptions options;
    options.items_mapping.item = "";
    auto from_key = make_item_decoder(options);
    options.items_mapping.item = "id";
    return new std::array<std::unique_ptr<ItemDecoder>, 2>{std::move(from_key), make_item_decoder(options)};
  }();
  const unsigned flags = take_byte(input);
  Record record;
  record.key = std::string(take_text(input));
  if ((flags & kTombstone) == 0) record.value = std::string(input);
  const auto change = (*decoders)[(flags & kItemInPayload) != 0 ? 1 : 0]->decode(record);
  if (!change.ok()) return check_refusal(change.error());
  MILLRACE_CHECK(!change->item.empty() && change->item.bytes.size() <= kMaxIdBytes &&
                 is_valid_utf8(change->item.view()));
  MILLRACE_CHECK(change->content.has_value() == record.value.has_value());
  if (change->content) check_content(*change->content);
}

}  // namespace millrace::fuzz
