// Lines of comma-separated values (RFC 4180: quotes, doubled quotes, line breaks inside quotes). One thread.
#pragma once

#include <istream>
#include <string>
#include <vector>

namespace millrace {

class CsvReader {
 public:
  // `in` must outlive the reader.
  explicit CsvReader(std::istream& in) : in_(in) {}
  // The next line's fields into `fields`; false at the end.
  bool next(std::vector<std::string>& fields);

 private:
  std::istream& in_;
  std::string line_;
};

}  // namespace millrace
