// An item's content in table `catalogue` (docs/formats.md, "catalogue").
#pragma once

#include <string>
#include <string_view>

#include "core/catalogue.h"
#include "core/result.h"

namespace millrace {

std::string encode_content(const ItemContent& content);
// kCorruption for bytes that encode_content() cannot have written.
Result<ItemContent> decode_content(std::string_view bytes);

}  // namespace millrace
