#include "demo/run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "demo/auditor.h"
#include "demo/books.h"
#include "demo/feeder.h"
#include "demo/processes.h"
#include "demo/progress.h"
#include "demo/recording.h"
#include "demo/showcase.h"

namespace millrace {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kScrapeEvery{250};
constexpr milliseconds kShowEvery{2'000};
constexpr seconds kStallPatience{90};
constexpr std::size_t kCustomersShown = 3;
constexpr int kInterruptedCode = 130;

// Waits for an interruption instead of sleeping. Requires that the signals are blocked in every thread.
bool interrupted_within(milliseconds wait) {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  const timespec patience{wait.count() / 1000, (wait.count() % 1000) * 1'000'000};
  return ::sigtimedwait(&signals, nullptr, &patience) > 0;
}

void block_interruptions() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

enum class Ending { kComplete, kInterrupted, kFailed };

class Demo {
 public:
  Demo(const DemoOptions& options, const std::filesystem::path& folder) : options_(options), folder_(folder) {}
  int run();

 private:
  Status start();
  Status start_broker();
  Status start_recording();
  void start_feeding();
  Ending watch();
  bool settled(const Reading& reading) const;
  std::optional<std::string> trouble();
  Ending fail(const std::string& message) const;
  double elapsed() const { return duration<double>(steady_clock::now() - began_).count(); }
  Ending finish();
  void print_start() const;
  void print_summary(const std::vector<BookLine>& books);
  void stay();

  const DemoOptions& options_;
  const std::filesystem::path folder_;
  const steady_clock::time_point began_ = steady_clock::now();
  std::unique_ptr<EventSource> source_;
  std::unique_ptr<BrokerProcess> broker_;
  std::optional<ServiceProcess> service_;
  std::optional<Recording> recording_;
  std::unique_ptr<Feeder> feeder_;
  std::unique_ptr<Auditor> auditor_;
  std::atomic<std::uint64_t> settled_by_metrics_ = 0;
  std::atomic<bool> feeding_ended_ = false;
  std::optional<Error> feeding_error_;  // read after feeding_ended_
  std::atomic<bool> auditing_ended_ = false;
  std::optional<Error> auditing_error_;  // read after auditing_ended_
  Samples samples_;
  double feeding_seconds_ = 0.0;  // from the first record to the last list
  std::jthread auditing_;
  std::jthread feeding_;
};

Status Demo::start() {
  std::printf("Reading the stream …\n");
  MILLRACE_ASSIGN_OR_RETURN(source_, open_source(options_.source));
  MILLRACE_RETURN_IF_ERROR(start_broker());
  const std::string& bootstrap = broker_->bootstrap_servers();
  MILLRACE_ASSIGN_OR_RETURN(feeder_,
                            Feeder::open({.bootstrap_servers = bootstrap, .rate_max = options_.rate_max}, *source_));
  MILLRACE_RETURN_IF_ERROR(feeder_->feed_items());
  std::printf("Starting millrace …\n");
  const int port = options_.metrics_port > 0 ? options_.metrics_port : free_port();
  const ServiceOptions service{
      .millrace = options_.millrace, .folder = folder_, .bootstrap_servers = bootstrap, .port = port};
  MILLRACE_ASSIGN_OR_RETURN(service_, ServiceProcess::start(service));
  MILLRACE_RETURN_IF_ERROR(service_->wait_until_ready());
  MILLRACE_ASSIGN_OR_RETURN(auditor_, Auditor::open({.bootstrap_servers = bootstrap}));
  return options_.record.empty() ? Status(Ok{}) : start_recording();
}

Status Demo::start_broker() {
  const bool real = !options_.kafka_jars.empty();
  std::printf("Starting %s …\n", real ? "Apache Kafka" : "an embedded Kafka broker");
  auto started =
      real ? start_real_broker_process(options_.kafka_jars) : start_embedded_broker_process(options_.self, folder_);
  MILLRACE_ASSIGN_OR_RETURN(broker_, std::move(started));
  return Ok{};
}

Status Demo::start_recording() {
  // Without a rate nobody knows how long it will take.
  const double expected = options_.rate_max == 0
                              ? 0.0
                              : static_cast<double>(options_.source.events) / static_cast<double>(options_.rate_max);
  MILLRACE_ASSIGN_OR_RETURN(recording_, Recording::open(options_.record, folder_ / "state", expected));
  return Ok{};
}

void Demo::print_start() const {
  std::printf("\n  broker    %s   (try: kcat -b %s -t recommendations)\n", broker_->bootstrap_servers().c_str(),
              broker_->bootstrap_servers().c_str());
  std::printf("  metrics   http://127.0.0.1:%d/metrics\n  log       %s\n  items     %zu\n\n", service_->port(),
              service_->log().c_str(), source_->items().size());
}

void Demo::start_feeding() {
  auditing_ = std::jthread([this](const std::stop_token& stop) {
    if (const Status status = auditor_->read(stop); !status.ok()) auditing_error_ = status.error();
    auditing_ended_ = true;
  });
  feeding_ = std::jthread([this](const std::stop_token& stop) {
    const auto settled = [this] { return std::max(auditor_->reflected(), settled_by_metrics_.load()); };
    if (const Status status = feeder_->feed(settled, stop); !status.ok()) feeding_error_ = status.error();
    feeding_ended_ = true;
  });
}

Ending Demo::fail(const std::string& message) const {
  std::fprintf(stderr, "millrace-demo: %s\n", message.c_str());
  return Ending::kFailed;
}

// What keeps the demo from going on, if anything.
std::optional<std::string> Demo::trouble() {
  if (!service_->process().running()) return "millrace ended; the end of its log:\n" + tail(service_->log(), 15);
  if (!broker_->running()) return "the broker ended; the end of its log:\n" + tail(broker_->log(), 15);
  if (feeding_ended_ && feeding_error_) return feeding_error_->message;
  if (auditing_ended_ && auditing_error_) return "auditing: " + auditing_error_->message;
  return std::nullopt;
}

bool Demo::settled(const Reading& reading) const {
  return feeding_ended_ && reading.settled >= feeder_->produced() && reading.waiting == 0.0 &&
         auditor_->lists() >= reading.lists;
}

Ending Demo::watch() {
  ProgressTable table(stdout);
  auto shown = steady_clock::now();
  auto moved = steady_clock::now();
  std::uint64_t last = 0;
  for (;;) {
    if (interrupted_within(kScrapeEvery)) return Ending::kInterrupted;
    if (const auto reason = trouble()) return fail(*reason);
    const auto text = http_get(service_->port(), "/metrics");
    if (!text.ok()) continue;
    samples_ = Samples::parse(*text);
    const Reading reading = read_progress(samples_, elapsed(), feeder_->produced());
    settled_by_metrics_ = reading.settled;
    if (recording_) recording_->observe(reading, samples_);
    const bool complete = settled(reading);
    const auto now = steady_clock::now();
    if (complete || now - shown >= kShowEvery) {
      table.show(reading);
      shown = now;
    }
    if (complete) return Ending::kComplete;
    if (reading.settled + auditor_->lists() != last) moved = now;
    last = reading.settled + auditor_->lists();
    if (now - moved > kStallPatience) return fail("nothing has moved for a while; see " + service_->log().string());
  }
}

void Demo::print_summary(const std::vector<BookLine>& books) {
  const auto freshness = samples_.buckets("millrace_freshness_seconds");
  const auto ms = [&](double q) { return 1e3 * quantile({}, freshness, q); };
  const double trials = samples_.sum("millrace_live_trials_total");
  const auto share = [&](const char* learner) {
    return trials > 0 ? samples_.sum("millrace_live_hits_total", {{"learner", learner}}) / trials : 0.0;
  };
  const auto records = static_cast<double>(total(feeder_->counts()));
  std::printf("\n%.0f records in %.1f s: %.0f a second; %llu lists published\n", records, feeding_seconds_,
              records / feeding_seconds_, static_cast<unsigned long long>(auditor_->counts().lists));
  std::printf("freshness (record in Kafka → list in Kafka): p50 %.0f ms, p99 %.0f ms\n", ms(0.5), ms(0.99));
  std::printf("recall@%.0f of the list a user had before each event: %.3f; of the popularity list: %.3f\n",
              samples_.sum("millrace_live_cutoff_items"), share("served"), share("popularity"));
  for (const auto& [what, count] : source_->left_out()) {
    std::printf("left out by the feeder: %llu %s\n", static_cast<unsigned long long>(count), what.c_str());
  }
  std::printf("\n");
  print_books(books, stdout);
  show_customers(*auditor_, source_->items(), kCustomersShown, stdout);
}

Ending Demo::finish() {
  feeding_seconds_ = elapsed() - feeding_seconds_;
  if (!options_.keep) {
    const int code = service_->stop();
    if (code != 0) return fail("millrace ended with code " + std::to_string(code) + ":\n" + tail(service_->log(), 15));
  }
  auditing_.request_stop();
  auditing_.join();
  if (auditing_error_) return fail("auditing: " + auditing_error_->message);
  const auto books = balance(feeder_->counts(), samples_, *auditor_);
  print_summary(books);
  const bool balanced = all_balance(books);
  std::printf("\n%s; %.0f s in all\n", balanced ? "The books balance" : "THE BOOKS DO NOT BALANCE", elapsed());
  return balanced ? Ending::kComplete : Ending::kFailed;
}

void Demo::stay() {
  std::printf("Everything keeps running: broker %s, metrics http://127.0.0.1:%d/metrics. Ctrl-C ends it.\n",
              broker_->bootstrap_servers().c_str(), service_->port());
  std::fflush(stdout);
  while (!interrupted_within(milliseconds{1'000})) {
    if (const auto reason = trouble()) {
      fail(*reason);
      return;
    }
  }
}

int Demo::run() {
  if (const Status started = start(); !started.ok()) {
    fail(started.error().message);
    return 1;
  }
  print_start();
  feeding_seconds_ = elapsed();
  start_feeding();
  Ending ending = watch();
  if (recording_) {
    if (const Status drawn = recording_->draw(); !drawn.ok()) ending = fail(drawn.error().message);
    std::printf("\nrecorded in %s: soak.csv, soak.svg\n", options_.record.c_str());
  }
  if (ending == Ending::kComplete) ending = finish();
  if (ending == Ending::kComplete && options_.keep) stay();
  if (ending == Ending::kInterrupted) std::printf("\ninterrupted; stopping\n");
  feeding_.request_stop();
  auditing_.request_stop();
  service_->stop();
  return ending == Ending::kComplete ? 0 : ending == Ending::kInterrupted ? kInterruptedCode : 1;
}

}  // namespace

int run_demo(const DemoOptions& options) {
  block_interruptions();
  std::optional<TemporaryFolder> temporary;
  if (options.folder.empty()) temporary.emplace("millrace-demo");
  const std::filesystem::path folder = temporary ? temporary->path() : options.folder;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    std::fprintf(stderr, "millrace-demo: cannot make the folder %s: %s\n", folder.c_str(), error.message().c_str());
    return 1;
  }
  const int code = Demo(options, folder).run();
  if (temporary && code == 1) {
    temporary->keep();
    std::printf("state and logs are kept in %s\n", folder.c_str());
  }
  return code;
}

}  // namespace millrace
