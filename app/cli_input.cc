#include "app/cli_input.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace millrace {
namespace {

constexpr std::string_view kDefaultFile = "millrace.toml";

std::string format_by_name(const std::string& path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kFormats{
      {{".csv", "csv"}, {".tsv", "tsv"}, {".jsonl", "jsonl"}, {".ndjson", "jsonl"}, {".json", "jsonl"}}};
  const std::string ending = std::filesystem::path(path).extension().string();
  for (const auto& [known, format] : kFormats) {
    if (ending == known) return std::string(format);
  }
  return "";
}

}  // namespace

Result<Config> configuration(const ConfigFlags& flags) {
  if (!flags.path.empty()) return load_config(flags.path, flags.overrides);
  if (const char* path = std::getenv("MILLRACE_CONFIG"); path != nullptr && *path != '\0') {
    return load_config(path, flags.overrides);
  }
  return load_config(std::filesystem::exists(kDefaultFile) ? std::string(kDefaultFile) : "", flags.overrides);
}

Result<FileOptions> file_options(const InputFlags& flags, const Config& config) {
  FileOptions options;
  options.path = flags.file;
  options.kinds = config.kinds;
  options.line_bytes_max = config.ingest.record_bytes_max;
  const std::string format = flags.format.empty() ? format_by_name(flags.file) : flags.format;
  if (format.empty()) {
    return stop_error(ErrorCode::kInvalid, "reading " + flags.file +
                                               ": its name does not say the format; give --format csv, tsv, jsonl or "
                                               "session-item");
  }
  MILLRACE_ASSIGN_OR_RETURN(options.format, parse_file_format(format));
  FieldMapping& mapping = options.mapping;
  mapping = config.ingest.topics.front().mapping;
  const auto take = [](const std::optional<std::string>& flag, std::string& field) {
    if (flag) field = *flag;
  };
  take(flags.user, mapping.user);
  take(flags.item, mapping.item);
  take(flags.time, mapping.time);
  take(flags.time_format, mapping.time_format);
  take(flags.kind, mapping.kind);
  take(flags.default_kind, mapping.default_kind);
  take(flags.value, mapping.value);
  take(flags.price, mapping.price);
  take(flags.quantity, mapping.quantity);
  take(flags.session, mapping.session);
  if (flags.time_unit) {
    MILLRACE_ASSIGN_OR_RETURN(mapping.time_unit, parse_time_unit(*flags.time_unit));
  }
  return options;
}

}  // namespace millrace
