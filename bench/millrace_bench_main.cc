// Runs the benchmarks and shows the ratios: millrace-bench [--json OUT] [any flag of Google Benchmark].
#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>
#include <vector>

#include "app/log.h"
#include "bench/report.h"

int main(int argc, char** argv) {
  // Later flags win over these.
  std::string repetitions = "--benchmark_repetitions=5";
  std::string aggregates = "--benchmark_report_aggregates_only=true";
  std::string least_time = "--benchmark_min_time=0.1";
  std::vector<char*> arguments{argv[0], repetitions.data(), aggregates.data(), least_time.data()};
  std::string json;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--json") {
      if (i + 1 == argc) {
        std::fprintf(stderr, "--json takes the name of a file\n");
        return 2;
      }
      json = argv[++i];
    } else {
      arguments.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  millrace::set_log_level(millrace::LogLevel::kWarn);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  millrace::bench::print_ratios();
  if (json.empty() || millrace::bench::write_ratios(json)) return 0;
  std::fprintf(stderr, "the ratios could not be written to %s; is its folder there, and the disk not full?\n",
               json.c_str());
  return 1;
}
