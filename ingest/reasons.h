// Why a record becomes a dead letter. The names are metric labels and stand in docs/ingest.md; nothing else is ever
// used.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace millrace {

namespace reason {
inline constexpr std::string_view kNoValue = "no_value";
inline constexpr std::string_view kTooLarge = "too_large";
inline constexpr std::string_view kTooDeep = "too_deep";
inline constexpr std::string_view kBadUtf8 = "bad_utf8";
inline constexpr std::string_view kBadJson = "bad_json";
inline constexpr std::string_view kBadUser = "bad_user";
inline constexpr std::string_view kBadItem = "bad_item";
inline constexpr std::string_view kBadTime = "bad_time";
inline constexpr std::string_view kBadKind = "bad_kind";
inline constexpr std::string_view kBadValue = "bad_value";
inline constexpr std::string_view kBadPrice = "bad_price";
inline constexpr std::string_view kBadQuantity = "bad_quantity";
inline constexpr std::string_view kBadSession = "bad_session";
inline constexpr std::string_view kBadEventId = "bad_event_id";
inline constexpr std::string_view kBadContent = "bad_content";
inline constexpr std::string_view kForeignKey = "foreign_key";

inline constexpr std::array<std::string_view, 16> kAll{
    kNoValue, kTooLarge, kTooDeep,  kBadUtf8,     kBadJson,    kBadUser,    kBadItem,    kBadTime,
    kBadKind, kBadValue, kBadPrice, kBadQuantity, kBadSession, kBadEventId, kBadContent, kForeignKey};
}  // namespace reason

// `reason` is one of reason::kAll; `detail` says what was found, what was expected and where.
struct Fault {
  std::string_view reason;
  std::string detail;
};

}  // namespace millrace
