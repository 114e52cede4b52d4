// The named ratios of a run. Each is taken in pairs, the thing measured and its reference one right after the other, so
// that whatever else the machine does touches both; what is shown is the median of the pairs.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <utility>
#include <vector>

namespace millrace::bench {

using Parts = std::vector<std::pair<std::string, double>>;

// One pair's ratio with what it is made of; a part's name ends in its unit. Shown as counters of `state` too.
void add_pair(benchmark::State& state, const std::string& name, double ratio, const Parts& parts);

// A line a ratio, with its least and greatest pair.
void print_ratios();
// {"NAME": {"value": median, "least": …, "most": …, "pairs": …, "parts": {"NAME": median, …}}, …}; ratios that did not
// run are absent. False where the file cannot be written.
bool write_ratios(const std::string& path);

}  // namespace millrace::bench
