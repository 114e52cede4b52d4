// What an item's content says, as hashed numbers: its categories, then the words of its title. Between the catalogue
// and the encoder's item side.
#pragma once

#include <cstdint>
#include <vector>

#include "core/catalogue.h"

namespace millrace {

// Distinct, at most kMaxTokens: categories first, then words in their order. Words are runs of letters and digits,
// compared without regard to case (Unicode case folding, compatibility forms composed). Text that is not UTF-8 has no
// words.
std::vector<std::uint32_t> content_tokens(const ItemContent& content);
// Those of the categories alone: what content_tokens() begins with.
std::vector<std::uint32_t> category_tokens(const ItemContent& content);

}  // namespace millrace
