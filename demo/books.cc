#include "demo/books.h"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

constexpr std::array kAllOutcomes{Outcome::kApplied, Outcome::kDeadLetter, Outcome::kDuplicate, Outcome::kLate,
                                  Outcome::kSkewed};

std::uint64_t found_outcome(const Samples& samples, Outcome outcome) {
  return static_cast<std::uint64_t>(
      samples.sum("millrace_records_total", {{"outcome", std::string(outcome_name(outcome))}}));
}

const char* words(Outcome outcome) {
  switch (outcome) {
    case Outcome::kApplied:
      return "applied";
    case Outcome::kDeadLetter:
      return "broken, set aside as dead letters";
    case Outcome::kDuplicate:
      return "duplicate, counted and not applied";
    case Outcome::kLate:
      return "late, counted and not applied";
    case Outcome::kSkewed:
      return "from the future, counted and not applied";
  }
  return "";
}

}  // namespace

std::vector<BookLine> balance(const FeedCounts& sent, const Samples& samples, Auditor& auditor) {
  const AuditCounts& audited = auditor.counts();
  std::vector<BookLine> books{{"records on the event topics", total(sent), audited.records}};
  for (const Outcome outcome : kAllOutcomes) {
    books.push_back({std::string("  ") + words(outcome), total(sent, outcome), found_outcome(samples, outcome)});
  }
  std::uint64_t dead_letters = 0;
  for (const std::uint64_t count : audited.dead_letters) dead_letters += count;
  books.push_back({"dead letters on their topics", total(sent, Outcome::kDeadLetter), dead_letters});
  const auto all_users = auditor.users();
  const auto touched =
      static_cast<std::uint64_t>(std::count_if(all_users.begin(), all_users.end(), [&](const std::string& name) {
        const auto& newest = auditor.user(name).newest;
        return std::any_of(newest.begin(), newest.end(), [](const auto& record) { return record.has_value(); });
      }));
  books.push_back(
      {"users whose newest list reflects all they did", touched, touched - auditor.users_left_behind().size()});
  books.push_back({"lists with a version that went back", 0, audited.backwards});
  books.push_back({"lists that cannot be read", 0, audited.unreadable});
  return books;
}

bool all_balance(const std::vector<BookLine>& books) {
  return std::all_of(books.begin(), books.end(), [](const BookLine& line) { return line.balances(); });
}

void print_books(const std::vector<BookLine>& books, std::FILE* out) {
  std::fprintf(out, "%-50s %12s %12s\n", "The books", "expected", "found");
  for (const BookLine& line : books) {
    std::fprintf(out, "%-50s %12llu %12llu  %s\n", line.what.c_str(), static_cast<unsigned long long>(line.expected),
                 static_cast<unsigned long long>(line.found), line.balances() ? "ok" : "DOES NOT BALANCE");
  }
}

}  // namespace millrace
