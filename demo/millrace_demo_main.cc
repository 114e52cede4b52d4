// The demo's programs: an embedded broker, a feeder, and the run that ties them and millrace together.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "demo/feeder.h"
#include "demo/open_source.h"
#include "demo/run.h"

namespace millrace {
namespace {

int fail(const Error& error) {
  std::fprintf(stderr, "millrace-demo: %s\n", error.message.c_str());
  return 1;
}

struct BrokerOptions {
  std::vector<std::string> topics;  // NAME:PARTITIONS
};

// Prints the address and lives until it is killed.
int run_broker(const BrokerOptions& options) {
  const auto broker = start_embedded_broker();
  if (!broker.ok()) return fail(broker.error());
  for (const std::string& topic : options.topics) {
    const auto colon = topic.rfind(':');
    const auto created = (*broker)->create_topic(topic.substr(0, colon), std::stoi(topic.substr(colon + 1)));
    if (!created.ok()) return fail(created.error());
  }
  std::cout << "bootstrap " << (*broker)->bootstrap_servers() << std::endl;
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  int received = 0;
  ::sigwait(&signals, &received);
  return 0;
}

int run_feed(const FeedOptions& options, const SourceOptions& source_options) {
  auto source = open_source(source_options);
  if (!source.ok()) return fail(source.error());
  auto feeder = Feeder::open(options, **source);
  if (!feeder.ok()) return fail(feeder.error());
  Status fed = (*feeder)->feed_items();
  if (fed.ok()) fed = (*feeder)->feed({}, {});
  if (!fed.ok()) return fail(fed.error());
  std::printf("fed %zu items and %llu records\n", (*source)->items().size(),
              static_cast<unsigned long long>(total((*feeder)->counts())));
  for (const auto& [what, count] : (*source)->left_out()) {
    std::printf("left out %llu %s\n", static_cast<unsigned long long>(count), what.c_str());
  }
  return 0;
}

void add_source_options(CLI::App& command, SourceOptions& options) {
  command.add_flag("--simulate", options.simulate,
                   "Clicks, purchases and ratings of a seeded simulator instead of purchases");
  command.add_option("--data", options.data, "Online Retail as CSV")->capture_default_str();
  command.add_option("--events", options.events, "Stop after so many events (default: all; 200000 simulated)");
  command.add_option("--seed", options.seed, "Of the simulator")->capture_default_str();
}

int main_program(int argc, char** argv) {
  CLI::App app{"millrace-demo: shows millrace at work on real purchases or on a simulated shop."};
  app.require_subcommand(1);

  BrokerOptions broker;
  CLI::App* broker_command =
      app.add_subcommand("broker", "An embedded Kafka broker; prints its address, lives until killed");
  broker_command->add_option("--topic", broker.topics, "NAME:PARTITIONS, as often as you like");

  FeedOptions feed;
  SourceOptions source;
  CLI::App* feed_command = app.add_subcommand("feed", "Feed a broker with the items and the stream");
  feed_command->add_option("--bootstrap", feed.bootstrap_servers, "The broker, host:port")->required();
  feed_command->add_option("--rate", feed.rate_max, "Records a second at most (0: as fast as the broker takes them)")
      ->capture_default_str();
  add_source_options(*feed_command, source);

  DemoOptions demo;
  demo.self = std::filesystem::read_symlink("/proc/self/exe");
  demo.millrace = demo.self.parent_path().parent_path() / "app" / "millrace";
  CLI::App* run_command =
      app.add_subcommand("run", "Everything at once: broker, millrace, feeder and auditor; checks the books");
  run_command->add_option("--millrace", demo.millrace, "The service's program")->capture_default_str();
  run_command->add_option("--kafka", demo.kafka_jars,
                          "The folder of Apache Kafka's jars: a real broker instead of the embedded one");
  run_command->add_option("--folder", demo.folder, "For state and logs (default: a temporary one)");
  run_command->add_option("--metrics-port", demo.metrics_port, "Of the service (default: any free one)");
  run_command->add_option("--rate", demo.rate_max, "Records a second at most (0: as fast as they are taken)")
      ->capture_default_str();
  run_command->add_option("--record", demo.record, "A folder for memory, disk, freshness and recall over time");
  run_command->add_flag("--keep", demo.keep, "Leave everything running at the end, until Ctrl-C");
  add_source_options(*run_command, demo.source);

  CLI11_PARSE(app, argc, argv);
  if (run_command->parsed()) return run_demo(demo);
  if (broker_command->parsed()) return run_broker(broker);
  return run_feed(feed, source);
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) { return millrace::main_program(argc, argv); }
