// Stored bytes as hexadecimal text, for tests that freeze a layout. Spaces in what is expected are left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/bytes.h"
#include "store/store.h"

namespace millrace::testing {

inline std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<std::uint8_t>(c) >> 4]);
    text.push_back(kDigits[static_cast<std::uint8_t>(c) & 15]);
  }
  return text;
}

inline std::string packed(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ' ') digits.push_back(c);
  }
  return digits;
}

inline std::string unhex(std::string_view text) {
  const std::string digits = packed(text);
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

inline std::string times(std::size_t count, std::string_view text) {
  std::string all;
  for (; count > 0; --count) all += text;
  return all;
}

// For whatever encodes into a writer.
template <class Part>
std::string encoded(const Part& part) {
  ByteWriter out;
  part.encode(out);
  return hex(out.bytes());
}

// Whether it took all bytes and no more.
template <class Part>
bool decoded(std::string_view text, Part& part) {
  const std::string bytes = unhex(text);
  ByteReader in(bytes);
  part.decode(in);
  return in.done();
}

// "table/key", the key in hexadecimal, to the value. A value that erases is "gone".
using HexRows = std::map<std::string, std::string>;

// Saves into rows; for whatever takes a RowSink.
inline auto hex_sink(HexRows& rows) {
  return [&rows](std::string_view table, const std::string& key, const std::optional<std::string>& value) {
    rows[std::string(table) + "/" + hex(key)] = value ? hex(*value) : "gone";
  };
}

inline HexRows hex_rows(const WriteBatch& batch) {
  HexRows rows;
  for (const WriteBatch::Operation& operation : batch.operations()) {
    hex_sink(rows)(table_name(operation.table), operation.key, operation.value);
  }
  return rows;
}

}  // namespace millrace::testing
