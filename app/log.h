// Log lines in logfmt on stderr: time, level, message, then fields. One write a line, so that lines of several threads
// do not mix. Never an id of a user or item, never a secret.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/time.h"

namespace millrace {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

struct LogField {
  LogField(std::string_view field, std::string_view text) : name(field), value(text) {}
  LogField(std::string_view field, const char* text) : name(field), value(text) {}
  LogField(std::string_view field, const std::string& text) : name(field), value(text) {}
  template <std::integral Number>
  LogField(std::string_view field, Number number) : name(field), value(std::to_string(number)) {}
  LogField(std::string_view field, double number);

  std::string_view name;
  std::string value;
};

// Lines below `level` are left out. Thread-safe. Initially kInfo.
void set_log_level(LogLevel level);

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::kInfo, message, fields);
}
inline void log_warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::kWarn, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::kError, message, fields);
}

// A sink for librdkafka's lines (kafka/client.h), with the client's role as a field.
std::function<void(int severity, std::string_view text)> log_kafka(std::string client);

// The line without its end, for instance: time=2024-05-01T10:00:00.123Z level=info msg="step committed" step=12
std::string format_log_line(Millis time, LogLevel level, std::string_view message,
                            std::initializer_list<LogField> fields);

}  // namespace millrace
