// A large flood, with what it takes while it comes; ./dev soak --flood starts it.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "tests/flood/flood.h"
#include "tests/temporary_directory.h"

namespace millrace::testing {
namespace {

std::string text(std::uint64_t number) { return std::to_string(number); }

void print(const FloodMoment& now) {
  std::printf("%8.0f s %11s users  RSS %6s MiB  disk %6s MiB  known %9s users %8s items  evicted %9s  unknown %8s\n",
              now.seconds, text(now.users).c_str(), text(now.resident_bytes >> 20).c_str(),
              text(now.disk_bytes >> 20).c_str(), text(now.known_users).c_str(), text(now.known_items).c_str(),
              text(now.users_gone).c_str(), text(now.unknown_item_events).c_str());
  std::fflush(stdout);
}

int soak(FloodOptions options) {
  const TemporaryDirectory directory;
  options.directory = directory.string();
  const auto report = run_flood(options, print);
  if (!report.ok()) {
    std::fprintf(stderr, "%s\n", report.error().message.c_str());
    return 1;
  }
  std::printf("%s regulars compared with a run without the flood: %s findings\n", text(report->regulars).c_str(),
              text(report->findings.size()).c_str());
  for (const std::string& finding : report->findings) std::printf("%s\n", finding.c_str());
  return report->findings.empty() ? 0 : 1;
}

}  // namespace
}  // namespace millrace::testing

int main(int argc, char** argv) {
  CLI::App app{"Floods the step with users and items that come once each"};
  millrace::testing::FloodOptions options;
  options.users = 10'000'000;
  options.items = 1'000'000;
  options.max_users = 100'000;
  options.max_items = 10'000;
  options.cache_bytes = 64ULL << 20;
  app.add_option("--users", options.users, "users that come once each")->capture_default_str();
  app.add_option("--items", options.items, "items that come once each")->capture_default_str();
  app.add_option("--max-users", options.max_users, "features.max_users")->capture_default_str();
  app.add_option("--max-items", options.max_items, "features.max_items")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return millrace::testing::soak(options);
}
