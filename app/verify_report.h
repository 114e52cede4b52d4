// What a check of a state directory found, line by line, as `millrace verify` prints it.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace millrace {

struct VerifyLine {
  std::string subject;                // "users"
  std::string found;                  // "4363 rows"
  std::uint64_t problems = 0;         // in all
  std::vector<std::string> examples;  // the first few of them
};

class VerifyReport {
 public:
  // Starts a line; problem() adds to the last one begun.
  void begin(std::string subject);
  void found(std::string text) { lines_.back().found = std::move(text); }
  void problem(std::string text);
  // A remark that is no problem.
  void note(std::string text) { lines_.back().examples.push_back(std::move(text)); }

  std::uint64_t problems() const;
  void print(std::ostream& out) const;

 private:
  std::vector<VerifyLine> lines_;
};

}  // namespace millrace
