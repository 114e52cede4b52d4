// What the running service shows of itself, as lines of a table: one Reading per scrape of /metrics, one line per pair
// of them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>

#include "demo/samples.h"

namespace millrace {

struct Reading {
  double seconds = 0.0;  // since the demo's start
  std::uint64_t produced = 0;
  std::uint64_t settled = 0;  // records with an outcome
  std::uint64_t lists = 0;    // published
  double waiting = 0.0;       // lists and dead letters not yet delivered
  double recall = 0.0;        // of recent trials
  double popularity_recall = 0.0;
  std::map<double, double> freshness;
};

Reading read_progress(const Samples& samples, double seconds, std::uint64_t produced);

class ProgressTable {
 public:
  explicit ProgressTable(std::FILE* out) : out_(out) {}
  // Rates and quantiles are of the time since the reading shown before.
  void show(const Reading& reading);

 private:
  void header();

  std::FILE* out_;
  int lines_ = 0;
  Reading last_;
};

}  // namespace millrace
