// Rows of delimited text: comma-separated with quotes (RFC 4180) or tab-separated without. Streams; a row is bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "core/result.h"

namespace millrace {

enum class Delimited { kCommaQuoted, kTab };

class DelimitedReader {
 public:
  // kNotFound where the file cannot be opened.
  static Result<DelimitedReader> open(const std::string& path, Delimited format);

  // The next row's cells; false at the end. An empty line is passed over; a byte order mark and carriage returns before
  // line feeds are dropped. kInvalid, naming file and line, for a row of more than kRowBytesMax, an unclosed quote, or
  // text after one.
  Result<bool> next(std::vector<std::string>& cells);

  std::uint64_t line() const { return row_line_; }  // where the last row began, from 1
  std::uint64_t bytes_read() const { return bytes_; }
  std::uint64_t bytes_total() const { return total_; }

  static constexpr std::size_t kRowBytesMax = 1 << 20;

 private:
  DelimitedReader() = default;
  Result<bool> read_line(std::string& line);
  Status split_quoted(std::vector<std::string>& cells);
  Error problem(const std::string& what) const;

  std::string path_;
  std::ifstream file_;
  Delimited format_ = Delimited::kCommaQuoted;
  std::string line_text_;
  std::uint64_t line_ = 0;
  std::uint64_t row_line_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace millrace
