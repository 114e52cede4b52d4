// The demo's accounts: what was sent, what the service says became of it, and what the topics show. They balance or
// they do not.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "demo/auditor.h"
#include "demo/feeder.h"
#include "demo/samples.h"

namespace millrace {

struct BookLine {
  std::string what;
  std::uint64_t expected = 0;
  std::uint64_t found = 0;
  bool balances() const { return expected == found; }
};

// `samples`: the service's last /metrics. `auditor` has finished reading.
std::vector<BookLine> balance(const FeedCounts& sent, const Samples& samples, Auditor& auditor);

bool all_balance(const std::vector<BookLine>& books);
void print_books(const std::vector<BookLine>& books, std::FILE* out);

}  // namespace millrace
