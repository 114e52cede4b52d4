// The store's format: which layout of tables a directory holds. Stored in Table::kMeta under kFormatKey when a store is
// created; both implementations carry it, so that equal histories give equal bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace millrace {

inline constexpr std::string_view kFormatKey = "format";
// Grows only when tables are added, removed or keyed differently; values carry a version byte of their own
// (docs/formats.md).
// 2 added the table user_queue; 3 keys seen_ids by number and dirty by list version. An older store becomes one of this
// format when it is opened for writing.
inline constexpr std::uint64_t kStoreFormat = 3;
inline constexpr std::uint64_t kOldestStoreFormat = 1;

std::string encode_store_format();
// Errors: kInvalid for a format that this version cannot read, kCorruption for bytes that are none. `directory` is for
// the message.
Status check_store_format(std::string_view bytes, std::string_view directory);

}  // namespace millrace
