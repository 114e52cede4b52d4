// The whole way: event in topic → list in topic, default model with elastic replays, over the embedded broker in this
// process and over a real Apache Kafka, beside the echo of the same bytes. First a backlog as fast as it goes, then
// half of that rate for the freshness: from the record's timestamp in Kafka to the report that its list is delivered.
// And an idle service to which single events come.
#include <benchmark/benchmark.h>

#include <functional>
#include <numeric>

#include "app/pipeline.h"
#include "bench/report.h"
#include "bench/scratch_store.h"
#include "bench/timing.h"
#include "bench/whole_way.h"
#include "core/check.h"
#include "tests/integration/real_broker.h"

namespace millrace::bench {
namespace {

constexpr std::size_t kBacklog = 40'000;
constexpr std::size_t kEchoBacklog = 200'000;
constexpr double kPacedSeconds = 6.0;
constexpr std::size_t kIdleEvents = 1'000;
constexpr double kIdleRate = 20.0;  // an event is long answered when the next one comes

struct PhaseSeconds {
  double ingest = 0, features = 0, model = 0, lists = 0, store = 0, publish = 0, total = 0;
  std::uint64_t records = 0, lists_made = 0, replays = 0, steps = 0;
};

class Watcher final : public PipelineObserver {
 public:
  Passage passage;

  void on_step(const StepObservation& step) override {
    passage.pass(step.records);
    const std::lock_guard lock(mutex_);
    phases_.ingest += step.seconds.ingest;
    phases_.features += step.seconds.features;
    phases_.model += step.seconds.model;
    phases_.lists += step.seconds.lists;
    phases_.store += step.seconds.store;
    phases_.publish += step.seconds.publish;
    phases_.total += step.seconds.total;
    phases_.records += step.records;
    phases_.lists_made += step.lists;
    phases_.replays += step.effort.replays;
    ++phases_.steps;
  }
  void on_delivered(const Delivered& delivered) override {
    delivered_ += delivered.lists;
    passage.deliver(delivered.freshness);
  }
  // Since the last call.
  PhaseSeconds take_phases() {
    const std::lock_guard lock(mutex_);
    return std::exchange(phases_, {});
  }
  std::uint64_t delivered() const { return delivered_; }

 private:
  std::mutex mutex_;
  PhaseSeconds phases_;
  std::atomic<std::uint64_t> delivered_ = 0;
};

struct Broker {
  std::string bootstrap_servers;
  std::function<Status(const std::string& topic, std::int32_t partitions, bool compacted)> create_topic;
};

Broker broker_of(EmbeddedBroker& embedded) {
  return {embedded.bootstrap_servers(), [&embedded](const std::string& topic, std::int32_t partitions, bool) {
            return embedded.create_topic(topic, partitions);
          }};
}

Broker broker_of(const RealBroker& real) {
  const std::string& servers = real.bootstrap_servers();
  return {servers, [servers](const std::string& topic, std::int32_t partitions, bool compacted) {
            return create_topic(servers, {}, topic, partitions, compacted);
          }};
}

Config config_for(const Broker& broker, const std::string& name) {
  Config config;
  config.kafka.bootstrap_servers = broker.bootstrap_servers;
  config.kafka.group = name;
  config.ingest.topics.resize(1);
  config.ingest.topics[0].name = name + "-events";
  config.input.items_topic = name + "-items";
  config.publish.options.list_topic = name + "-lists";
  return config;
}

void create_topics(const Broker& broker, const Config& config) {
  const std::string& events = config.ingest.topics[0].name;
  const std::string& items = config.input.items_topic;
  MILLRACE_CHECK(broker.create_topic(events, kTopicPartitions, false).ok());
  MILLRACE_CHECK(broker.create_topic(config.publish.options.list_topic, kTopicPartitions, true).ok());
  MILLRACE_CHECK(broker.create_topic(items, 1, true).ok());
  for (const std::string& topic : {events, items}) MILLRACE_CHECK(broker.create_topic(topic + ".dlq", 1, false).ok());
}

void send_items(const Config& config, const Workload& workload) {
  ProducerOptions options;
  options.bootstrap_servers = config.kafka.bootstrap_servers;
  const auto producer = open_producer(options);
  MILLRACE_CHECK(producer.ok());
  for (const CatalogueChange& change : workload.catalogue()) {
    Message message;
    message.topic = config.input.items_topic;
    message.key = change.item.bytes;
    message.value = item_json(*change.content);
    MILLRACE_CHECK((*producer)->produce(message).ok());
  }
  while ((*producer)->in_flight() > 0) (*producer)->deliveries(std::chrono::milliseconds(5));
}

// The service in a thread of its own.
class Service {
 public:
  explicit Service(const Config& config) {
    auto opened = Pipeline::open(config, *store_, watcher_);
    MILLRACE_CHECK(opened.ok());
    pipeline_ = std::move(*opened);
    thread_ = std::thread([this] { MILLRACE_CHECK(pipeline_->run(stop_).ok()); });
  }
  ~Service() {
    stop_ = true;
    thread_.join();
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  Watcher& watcher() { return watcher_; }

 private:
  ScratchStore store_;
  Watcher watcher_;
  std::unique_ptr<Pipeline> pipeline_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

struct Speed {
  double events_per_second = 0.0;
  double paced_rate = 0.0;
  double p50_ms = 0.0;
  double p99_ms = 0.0;
};

// A steady stream at `rate`, and what its delays are once it runs.
void measure_delays(EventFeed& feed, Workload& workload, Passage& passage, double rate, Speed& speed) {
  const auto settle = static_cast<std::size_t>(rate);
  const std::vector<Event> events = workload.take(settle + static_cast<std::size_t>(rate * kPacedSeconds));
  const std::uint64_t before = passage.passed();
  feed.send_paced(std::span(events).first(settle), rate);
  passage.forget_delays();
  feed.send_paced(std::span(events).subspan(settle), rate);
  passage.wait_for(before + events.size());
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  speed.paced_rate = rate;
  speed.p50_ms = passage.delay_quantile(0.5);
  speed.p99_ms = passage.delay_quantile(0.99);
}

Speed measure_service(const Broker& broker, const std::string& name, PhaseSeconds& phases) {
  const Config config = config_for(broker, name);
  create_topics(broker, config);
  Workload workload;
  send_items(config, workload);
  EventFeed feed(config.kafka.bootstrap_servers, config.ingest.topics[0].name);
  feed.send(workload.take(kBacklog));
  Service service(config);
  Watcher& watcher = service.watcher();
  watcher.passage.wait_for(kBacklog / 4);
  watcher.take_phases();
  watcher.passage.wait_for(kBacklog);
  phases = watcher.take_phases();
  Speed speed;
  speed.events_per_second = watcher.passage.rate_since(kBacklog / 4);
  measure_delays(feed, workload, watcher.passage, speed.events_per_second / 2, speed);
  return speed;
}

Speed measure_echo(const Broker& broker, const std::string& name, double paced_rate) {
  const std::string from = name + "-echo-in";
  const std::string to = name + "-echo-out";
  for (const std::string& topic : {from, to}) MILLRACE_CHECK(broker.create_topic(topic, kTopicPartitions, false).ok());
  Workload workload;
  EventFeed feed(broker.bootstrap_servers, from);
  feed.send(workload.take(kEchoBacklog));
  Echo echo(broker.bootstrap_servers, from, to);
  echo.passage().wait_for(kEchoBacklog);
  Speed speed;
  speed.events_per_second = echo.passage().rate_since(0);
  measure_delays(feed, workload, echo.passage(), paced_rate, speed);
  return speed;
}

// `through`: in the ratios' names.
void report(benchmark::State& state, const std::string& through, const Speed& service, const Speed& echo,
            const PhaseSeconds& phases) {
  const auto us = [&](double seconds) { return seconds / static_cast<double>(phases.records) * 1e6; };
  const double steps = static_cast<double>(phases.steps);
  const double parts = phases.ingest + phases.features + phases.model + phases.lists + phases.store + phases.publish;
  add_pair(state, "throughput" + through + "_over_echo", service.events_per_second / echo.events_per_second,
           {{"events_per_second", service.events_per_second},
            {"echo_events_per_second", echo.events_per_second},
            {"records_per_step", static_cast<double>(phases.records) / steps},
            {"lists_per_event", static_cast<double>(phases.lists_made) / static_cast<double>(phases.records)},
            {"replays", static_cast<double>(phases.replays) / steps},
            {"ingest_us", us(phases.ingest)},
            {"features_us", us(phases.features)},
            {"model_us", us(phases.model)},
            {"lists_us", us(phases.lists)},
            {"store_us", us(phases.store)},
            {"publish_us", us(phases.publish)},
            {"other_in_step_us", us(phases.total - parts)},
            {"outside_step_us", 1e6 / service.events_per_second - us(phases.total)}});
  add_pair(state, "freshness_p99" + through + "_over_echo", service.p99_ms / echo.p99_ms,
           {{"events_per_second", service.paced_rate},
            {"p50_ms", service.p50_ms},
            {"p99_ms", service.p99_ms},
            {"echo_p50_ms", echo.p50_ms},
            {"echo_p99_ms", echo.p99_ms}});
}

void measure(benchmark::State& state, const Broker& broker, const std::string& through) {
  static int runs = 0;
  const std::string name = "run-" + std::to_string(++runs);
  PhaseSeconds phases;
  const Speed service = measure_service(broker, name, phases);
  const Speed echo = measure_echo(broker, name, service.paced_rate);
  report(state, through, service, echo, phases);
}

void whole_way(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    const auto broker = start_embedded_broker();
    MILLRACE_CHECK(broker.ok());
    measure(state, broker_of(**broker), "");
  }
}

void whole_way_real(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    const auto broker = testing::start_real_broker();
    if (!broker.ok()) {
      state.SkipWithError(broker.error().message.c_str());
      return;
    }
    measure(state, broker_of(**broker), "_real");
  }
}

// One event at a time, to a service that has caught up with its backlog.
void idle_events(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    const auto broker = start_embedded_broker();
    MILLRACE_CHECK(broker.ok());
    Config config = config_for(broker_of(**broker), "idle");
    // Unlike a real one, the embedded broker answers an empty fetch only when its wait is over, whatever comes in.
    config.kafka.properties.emplace_back("fetch.wait.max.ms", "2");
    create_topics(broker_of(**broker), config);
    Workload workload;
    send_items(config, workload);
    EventFeed feed(config.kafka.bootstrap_servers, config.ingest.topics[0].name);
    feed.send(workload.take(kBacklog / 4));
    Service service(config);
    Passage& passage = service.watcher().passage;
    passage.wait_for(kBacklog / 4);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    passage.forget_delays();
    service.watcher().take_phases();
    feed.send_paced(workload.take(kIdleEvents), kIdleRate);
    passage.wait_for(kBacklog / 4 + kIdleEvents);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const PhaseSeconds phases = service.watcher().take_phases();
    const auto ms = [&](double seconds) { return seconds / static_cast<double>(phases.steps) * 1e3; };
    add_pair(state, "idle_event_p99_ms", passage.delay_quantile(0.99),
             {{"p50_ms", passage.delay_quantile(0.5)},
              {"p90_ms", passage.delay_quantile(0.9)},
              {"most_ms", passage.delay_quantile(1.0)},
              {"model_ms", ms(phases.model)},
              {"lists_ms", ms(phases.lists)},
              {"store_ms", ms(phases.store)},
              {"step_ms", ms(phases.total)}});
  }
}
BENCHMARK(idle_events)->Iterations(1)->Repetitions(1)->Unit(benchmark::kSecond)->UseRealTime();
BENCHMARK(whole_way)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();
BENCHMARK(whole_way_real)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

}  // namespace
}  // namespace millrace::bench
