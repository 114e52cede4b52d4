// The row that says: this user's newest list has not been delivered yet. Written with the list, erased on the delivery
// report of that very version.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/result.h"

namespace millrace {

std::string encode_dirty(std::uint64_t version);  // docs/formats.md, table dirty
Result<std::uint64_t> decode_dirty(const UserId& user, std::string_view bytes);

}  // namespace millrace
