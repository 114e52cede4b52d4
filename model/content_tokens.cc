#include "model/content_tokens.h"

#include <utf8proc.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "model/item_table.h"

namespace millrace {
namespace {

// A category and a word of the same letters are different tokens.
constexpr std::uint64_t kCategorySeed = 1;
constexpr std::uint64_t kWordSeed = 2;

struct Free {
  void operator()(utf8proc_uint8_t* text) const { std::free(text); }
};

std::string folded(std::string_view text) {
  utf8proc_uint8_t* out = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &out, options);
  const std::unique_ptr<utf8proc_uint8_t, Free> owner(out);
  return size < 0 ? std::string() : std::string(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
}

bool in_word(utf8proc_int32_t codepoint) {
  const auto category = utf8proc_category(codepoint);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

void add_token(std::vector<std::uint32_t>& tokens, std::string_view text, std::uint64_t seed) {
  if (text.empty() || tokens.size() >= kMaxTokens) return;
  const auto token = static_cast<std::uint32_t>(XXH64(text.data(), text.size(), seed));
  if (std::find(tokens.begin(), tokens.end(), token) == tokens.end()) tokens.push_back(token);
}

void add_words(std::vector<std::uint32_t>& tokens, std::string_view title) {
  const std::string text = folded(title);
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  std::size_t begin = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    utf8proc_int32_t codepoint = 0;
    const auto size = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &codepoint);
    if (size <= 0) return;
    if (!in_word(codepoint)) {
      add_token(tokens, std::string_view(text).substr(begin, at - begin), kWordSeed);
      begin = at + static_cast<std::size_t>(size);
    }
    at += static_cast<std::size_t>(size);
  }
  add_token(tokens, std::string_view(text).substr(begin), kWordSeed);
}

}  // namespace

std::vector<std::uint32_t> category_tokens(const ItemContent& content) {
  std::vector<std::uint32_t> tokens;
  for (const std::string& category : content.categories) add_token(tokens, folded(category), kCategorySeed);
  return tokens;
}

std::vector<std::uint32_t> content_tokens(const ItemContent& content) {
  std::vector<std::uint32_t> tokens = category_tokens(content);
  add_words(tokens, content.title);
  return tokens;
}

}  // namespace millrace
