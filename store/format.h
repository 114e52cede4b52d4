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
// 2 added the table user_queue; a store of format 1 becomes one of format 2 when it is opened for writing.
inline constexpr std::uint64_t kStoreFormat = 2;
inline constexpr std::uint64_t kOldestStoreFormat = 1;

std::string encode_store_format();
// Errors: kInvalid for a format that this version cannot read, kCorruption for bytes that are none. `directory` is for
// the message.
Status check_store_format(std::string_view bytes, std::string_view directory);

}  // namespace millrace
