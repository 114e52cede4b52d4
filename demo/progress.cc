#include "demo/progress.h"

#include <algorithm>

namespace millrace {
namespace {

constexpr int kLinesAHeader = 25;

double milliseconds(double seconds) { return seconds * 1e3; }

}  // namespace

Reading read_progress(const Samples& samples, double seconds, std::uint64_t produced) {
  Reading reading;
  reading.seconds = seconds;
  reading.produced = produced;
  reading.settled = static_cast<std::uint64_t>(samples.sum("millrace_records_total"));
  reading.lists = static_cast<std::uint64_t>(samples.sum("millrace_lists_published_total"));
  reading.waiting = samples.sum("millrace_queue_messages", {{"stage", "publish"}});
  reading.recall = samples.sum("millrace_live_recall", {{"learner", "served"}, {"audience", "all"}});
  reading.popularity_recall = samples.sum("millrace_live_recall", {{"learner", "popularity"}, {"audience", "all"}});
  reading.freshness = samples.buckets("millrace_freshness_seconds");
  return reading;
}

void ProgressTable::header() {
  std::fprintf(out_, "%8s %10s %9s %7s %9s %10s %10s %10s %11s\n", "time", "events", "events/s", "lag", "lists/s",
               "fresh p50", "p99", "recall@k", "popularity");
}

void ProgressTable::show(const Reading& reading) {
  if (lines_++ % kLinesAHeader == 0) header();
  const double passed = std::max(1e-3, reading.seconds - last_.seconds);
  const auto rate = [&](std::uint64_t now, std::uint64_t before) { return static_cast<double>(now - before) / passed; };
  const auto lag = reading.produced > reading.settled ? reading.produced - reading.settled : 0;
  std::fprintf(out_, "%6.0f s %10llu %9.0f %7llu %9.0f %7.0f ms %7.0f ms %10.3f %11.3f\n", reading.seconds,
               static_cast<unsigned long long>(reading.settled), rate(reading.settled, last_.settled),
               static_cast<unsigned long long>(lag), rate(reading.lists, last_.lists),
               milliseconds(quantile(last_.freshness, reading.freshness, 0.5)),
               milliseconds(quantile(last_.freshness, reading.freshness, 0.99)), reading.recall,
               reading.popularity_recall);
  std::fflush(out_);
  last_ = reading;
}

}  // namespace millrace
