#include "app/config_text.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace millrace {
namespace {

constexpr std::size_t kSecretBytesMax = 64 << 10;

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

}  // namespace millrace
