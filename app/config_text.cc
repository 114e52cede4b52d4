#include "app/config_text.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace millrace {
namespace {

constexpr std::size_t kSecretBytesMax = 64 << 10;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Of the text in quotes that `toml` begins with. One that does not end ends with its line, a long one with the
// document.
std::size_t quoted_bytes(std::string_view toml) {
  const char quote = toml.front();
  const std::string thrice(3, quote);
  const bool is_long = toml.starts_with(thrice);
  std::size_t at = is_long ? thrice.size() : 1;
  while (at < toml.size()) {
    if (!is_long && toml[at] == '\n') return at;
    if (!is_long && toml[at] == quote) return at + 1;
    if (is_long && toml.substr(at).starts_with(thrice)) {
      at += thrice.size();
      // Up to two more quotes belong to the text.
      for (int more = 0; more < 2 && at < toml.size() && toml[at] == quote; ++more) ++at;
      return at;
    }
    at += quote == '"' && toml[at] == '\\' ? 2 : 1;
  }
  return toml.size();
}

}  // namespace

Result<std::string> expand_environment(std::string_view text) {
  std::string expanded;
  while (true) {
    const std::size_t at = text.find("${");
    expanded.append(text.substr(0, at));
    if (at == std::string_view::npos) return expanded;
    if (at > 0 && text[at - 1] == '$') {
      expanded.append("{");
      text.remove_prefix(at + 2);
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) {
      return stop_error(ErrorCode::kInvalid, "has \"${\" without \"}\"; write $${ for a plain ${");
    }
    const std::string name(text.substr(at + 2, end - at - 2));
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      return stop_error(ErrorCode::kInvalid, "names the environment variable " + name + ", which is not set");
    }
    expanded.append(value);
    text.remove_prefix(end + 1);
  }
}

Result<std::string> read_secret(const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) {
    return stop_error(ErrorCode::kInvalid, "names the file " + path + ", which cannot be read");
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(kSecretBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !file.is_open()) {
    return stop_error(ErrorCode::kInvalid, "names the file " + path + ", which cannot be read");
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kSecretBytesMax) {
    return stop_error(ErrorCode::kInvalid, "names the file " + path + ", which is larger than 64 KiB");
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

std::optional<std::size_t> stray_line(std::string_view toml) {
  if (toml.starts_with(kByteOrderMark)) toml.remove_prefix(kByteOrderMark.size());
  std::size_t line = 1;
  while (!toml.empty()) {
    const char c = toml.front();
    if (static_cast<unsigned char>(c) >= 0x80) return line;
    std::size_t bytes = 1;
    if (c == '#') bytes = std::min(toml.find('\n'), toml.size());
    if (c == '"' || c == '\'') bytes = quoted_bytes(toml);
    line += static_cast<std::size_t>(std::count(toml.begin(), toml.begin() + static_cast<std::ptrdiff_t>(bytes), '\n'));
    toml.remove_prefix(bytes);
  }
  return std::nullopt;
}

}  // namespace millrace
