#include "app/log.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <utility>

namespace millrace {
namespace {

std::atomic<LogLevel> level_shown{LogLevel::kInfo};

constexpr std::string_view level_name(LogLevel level) {
  constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warn", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

bool needs_quotes(std::string_view value) {
  return value.empty() || std::any_of(value.begin(), value.end(), [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\';
         });
}

void append_value(std::string& line, std::string_view value) {
  if (!needs_quotes(value)) {
    line.append(value);
    return;
  }
  line.push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') line.push_back('\\');
    // A line is one line, whatever an error quotes.
    line.push_back(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
  }
  line.push_back('"');
}

std::string format_time(Millis time) {
  const std::time_t seconds = static_cast<std::time_t>(time.count / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(time.count % 1000));
  return text.data();
}

std::string format_number(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", number);
  return text.data();
}

}  // namespace

LogField::LogField(std::string_view field, double number) : name(field), value(format_number(number)) {}

void set_log_level(LogLevel level) { level_shown = level; }

std::string format_log_line(Millis time, LogLevel level, std::string_view message,
                            std::initializer_list<LogField> fields) {
  std::string line = "time=" + format_time(time) + " level=";
  line.append(level_name(level)).append(" msg=");
  append_value(line, message);
  for (const LogField& field : fields) {
    line.append(" ").append(field.name).append("=");
    append_value(line, field.value);
  }
  return line;
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < level_shown.load()) return;
  std::string line = format_log_line(system_clock().now(), level, message, fields);
  line.push_back('\n');
  std::fwrite(line.data(), 1, line.size(), stderr);
}

std::function<void(int, std::string_view)> log_kafka(std::string client) {
  return [client = std::move(client)](int severity, std::string_view text) {
    constexpr int kErrorSeverity = 3;
    constexpr int kWarningSeverity = 4;
    const LogLevel level = severity <= kErrorSeverity     ? LogLevel::kError
                           : severity <= kWarningSeverity ? LogLevel::kWarn
                                                          : LogLevel::kDebug;
    log(level, text, {{"client", client}});
  };
}

}  // namespace millrace
