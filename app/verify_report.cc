#include "app/verify_report.h"

#include <algorithm>
#include <ostream>
#include <utility>

namespace millrace {
namespace {

constexpr std::uint64_t kProblemsShown = 3;
constexpr std::size_t kSubjectWidth = 24;

std::string padded(std::string text, std::size_t width) {
  text.append(text.size() < width ? width - text.size() : 1, ' ');
  return text;
}

}  // namespace

void VerifyReport::begin(std::string subject) { lines_.push_back({std::move(subject), "", 0, {}}); }

void VerifyReport::problem(std::string text) {
  VerifyLine& line = lines_.back();
  if (++line.problems <= kProblemsShown) line.examples.push_back(std::move(text));
}

std::uint64_t VerifyReport::problems() const {
  std::uint64_t sum = 0;
  for (const VerifyLine& line : lines_) sum += line.problems;
  return sum;
}

void VerifyReport::print(std::ostream& out) const {
  for (const VerifyLine& line : lines_) {
    out << (line.problems == 0 ? "ok       " : "DAMAGED  ") << padded(line.subject, kSubjectWidth) << line.found
        << '\n';
    for (const std::string& example : line.examples) out << "           " << example << '\n';
    if (line.problems > kProblemsShown) {
      out << "           and " << line.problems - kProblemsShown << " more\n";
    }
  }
}

}  // namespace millrace
