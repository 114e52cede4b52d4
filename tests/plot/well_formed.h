// Whether a text is XML as far as our pictures go: one root, tags that nest, quoted attributes, known entities.
#pragma once

#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::testing {

namespace internal {

inline bool entity_at(std::string_view text, std::size_t at) {
  for (const std::string_view known : {"&amp;", "&lt;", "&gt;", "&quot;"}) {
    if (text.substr(at).starts_with(known)) return true;
  }
  return false;
}

// `tag`: what stands between < and >, without a closing slash. Its attributes, NAME="VALUE" each.
inline bool attributes_are_quoted(std::string_view tag) {
  std::size_t at = tag.find(' ');
  while (at != std::string_view::npos && at < tag.size()) {
    while (at < tag.size() && std::isspace(static_cast<unsigned char>(tag[at])) != 0) ++at;
    if (at == tag.size()) return true;
    const std::size_t open = tag.find("=\"", at);
    if (open == std::string_view::npos || tag.substr(at, open - at).find(' ') != std::string_view::npos) return false;
    const std::size_t close = tag.find('"', open + 2);
    if (close == std::string_view::npos || tag.substr(open, close - open).find('<') != std::string_view::npos)
      return false;
    at = close + 1;
  }
  return true;
}

}  // namespace internal

// What is wrong with it; empty: nothing.
inline std::string well_formed(std::string_view text) {
  std::vector<std::string> open;
  bool root_ended = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '&' && !internal::entity_at(text, at)) return "a bare & at " + std::to_string(at);
    if (text[at] == '>') return "a bare > at " + std::to_string(at);
    if (text[at] != '<') continue;
    const std::size_t end = text.find('>', at);
    if (end == std::string_view::npos) return "an open tag at " + std::to_string(at);
    std::string_view tag = text.substr(at + 1, end - at - 1);
    at = end;
    if (tag.starts_with("/")) {
      if (open.empty() || open.back() != tag.substr(1)) return "unexpected </" + std::string(tag.substr(1)) + ">";
      open.pop_back();
      root_ended = open.empty();
      continue;
    }
    if (root_ended) return "more than one root";
    const bool closed = tag.ends_with("/");
    if (closed) tag.remove_suffix(1);
    if (!internal::attributes_are_quoted(tag)) return "attributes of <" + std::string(tag) + ">";
    if (!closed) open.emplace_back(tag.substr(0, tag.find(' ')));
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

}  // namespace millrace::testing
