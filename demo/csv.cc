#include "demo/csv.h"

#include <algorithm>

namespace millrace {
namespace {

bool quotes_closed(const std::string& line) { return std::count(line.begin(), line.end(), '"') % 2 == 0; }

}  // namespace

bool CsvReader::next(std::vector<std::string>& fields) {
  fields.clear();
  if (!std::getline(in_, line_)) return false;
  for (std::string more; !quotes_closed(line_) && std::getline(in_, more);) line_ += '\n' + more;
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  std::string field;
  bool quoted = false;
  for (std::size_t i = 0; i < line_.size(); ++i) {
    const char c = line_[i];
    if (quoted && c == '"' && i + 1 < line_.size() && line_[i + 1] == '"') {
      field += line_[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.push_back(std::move(field));
      field.clear();
    } else {
      field += c;
    }
  }
  fields.push_back(std::move(field));
  return true;
}

}  // namespace millrace
