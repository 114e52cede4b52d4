#include "ingest/delimited.h"

#include <utility>

namespace millrace {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

void split_plain(const std::string& line, char delimiter, std::vector<std::string>& cells) {
  std::size_t begin = 0;
  for (std::size_t end = line.find(delimiter); end != std::string::npos; end = line.find(delimiter, begin)) {
    cells.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  cells.push_back(line.substr(begin));
}

}  // namespace

Result<DelimitedReader> DelimitedReader::open(const std::string& path, Delimited format) {
  DelimitedReader reader;
  reader.path_ = path;
  reader.format_ = format;
  reader.file_.open(path, std::ios::binary | std::ios::ate);
  // A directory opens, but has no end to stand at.
  const std::streamoff end = reader.file_ ? static_cast<std::streamoff>(reader.file_.tellg()) : -1;
  if (end < 0 || !reader.file_.seekg(0)) {
    return stop_error(ErrorCode::kNotFound, "opening " + path + ": it is no readable file; check the path");
  }
  reader.total_ = static_cast<std::uint64_t>(end);
  return reader;
}

Error DelimitedReader::problem(const std::string& what) const {
  return stop_error(ErrorCode::kInvalid, "reading " + path_ + ", line " + std::to_string(row_line_) + ": " + what);
}

Result<bool> DelimitedReader::read_line(std::string& line) {
  line.clear();
  if (!std::getline(file_, line)) {
    if (file_.bad()) return stop_error(ErrorCode::kIo, "reading " + path_ + ": the file system failed");
    return false;
  }
  bytes_ += line.size() + 1;
  ++line_;
  if (line_ == 1 && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return true;
}

Result<bool> DelimitedReader::next(std::vector<std::string>& cells) {
  cells.clear();
  do {
    MILLRACE_ASSIGN_OR_RETURN(const bool more, read_line(line_text_));
    if (!more) return false;
  } while (line_text_.empty());
  row_line_ = line_;
  if (line_text_.size() > kRowBytesMax) return problem("the row is longer than 1 MiB");
  if (format_ == Delimited::kTab) {
    split_plain(line_text_, '\t', cells);
  } else if (line_text_.find('"') == std::string::npos) {
    split_plain(line_text_, ',', cells);
  } else {
    MILLRACE_RETURN_IF_ERROR(split_quoted(cells));
  }
  return true;
}

Status DelimitedReader::split_quoted(std::vector<std::string>& cells) {
  std::string row = std::move(line_text_);
  std::string cell;
  std::size_t i = 0;
  while (true) {
    if (i < row.size() && row[i] == '"') {
      for (++i;; ++i) {
        if (i == row.size()) {
          std::string more;
          MILLRACE_ASSIGN_OR_RETURN(const bool continued, read_line(more));
          if (!continued) return problem("a quote is opened and never closed");
          row.append("\n").append(more);
          if (row.size() > kRowBytesMax) return problem("a quote is opened and not closed within 1 MiB");
        }
        if (row[i] != '"') {
          cell.push_back(row[i]);
        } else if (i + 1 < row.size() && row[i + 1] == '"') {
          cell.push_back(row[++i]);
        } else {
          break;
        }
      }
      if (++i < row.size() && row[i] != ',') return problem("text follows a closing quote; expected a comma");
    } else {
      while (i < row.size() && row[i] != ',') cell.push_back(row[i++]);
    }
    cells.push_back(std::move(cell));
    cell.clear();
    if (i >= row.size()) return Ok{};
    ++i;
  }
}

}  // namespace millrace
