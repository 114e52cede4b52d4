// A restart: the service with a million users of state is killed (SIGKILL) in the middle of a backlog, on a real Apache
// Kafka and with static membership, and started again; seconds until /readyz says yes. The state is made by the step
// itself, each user met once.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

#include "app/step.h"
#include "bench/report.h"
#include "bench/timing.h"
#include "bench/whole_way.h"
#include "bench/workload.h"
#include "core/check.h"
#include "demo/child_process.h"
#include "demo/samples.h"
#include "store/rocks_store.h"
#include "tests/integration/real_broker.h"

namespace millrace::bench {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kUsers = 1'000'000;
constexpr std::size_t kUsersPerStep = 2'048;
constexpr int kRestarts = 5;
constexpr std::size_t kBacklog = 20'000;       // events handed to each life
constexpr milliseconds kLife{3'000};           // of being busy with it, then it is killed
constexpr double kReadyPatienceSeconds = 120;  // far beyond any use

void run_step(Step& step, Store& store, StepInput input) {
  input.step = step.last_step() + 1;
  input.effort = {.replays = 0, .ranked_examples = 0};
  input.make_lists = false;
  WriteBatch batch;
  MILLRACE_CHECK(step.run(input, batch).ok());
  MILLRACE_CHECK(store.commit(batch).ok());
}

void make_state(const std::string& directory, Workload& workload) {
  const auto store = open_rocks_store({.directory = directory, .log = {}});
  MILLRACE_CHECK(store.ok());
  StepOptions options;
  options.features.kinds = options.model.kinds = workload_kinds();
  const auto step = Step::open(options, **store);
  MILLRACE_CHECK(step.ok());
  StepInput catalogue;
  catalogue.changes = workload.catalogue();
  run_step(**step, **store, std::move(catalogue));
  for (std::size_t user = 0; user < kUsers;) {
    StepInput input;
    for (std::size_t i = 0; i < kUsersPerStep && user < kUsers; ++i) input.events.push_back(workload.next_of(user++));
    run_step(**step, **store, std::move(input));
  }
}

class KilledService {
 public:
  KilledService(const std::string& bootstrap_servers, const TemporaryFolder& folder)
      : log_(folder.path() / "millrace.log"), configuration_(folder.path() / "millrace.toml") {
    std::ofstream(configuration_) << "[service]\nstate_directory = \"" << (folder.path() / "state").string()
                                  << "\"\n[kafka]\nbootstrap_servers = \"" << bootstrap_servers
                                  << "\"\ngroup = \"restart\"\ninstance_id = \"one\"\n[metrics]\nport = " << port_
                                  << "\n[ingest.items]\ntopic = \"\"\n[[ingest.topics]]\nname = \"clicks\"\n"
                                  << "default_kind = \"click\"\n";
  }

  // Seconds from its start until it is ready.
  double start() {
    const double begin = wall_seconds();
    auto process = ChildProcess::start(
        {.command = {MILLRACE_BINARY_DIR "/app/millrace", "run", "--config", configuration_.string()}, .log = log_});
    MILLRACE_CHECK(process.ok());
    process_.emplace(std::move(*process));
    while (!http_get(port_, "/readyz").ok()) {
      if (!process_->running() || wall_seconds() > begin + kReadyPatienceSeconds) {
        std::fputs(tail(log_, 20).c_str(), stderr);
        MILLRACE_CHECK(false);
      }
      std::this_thread::sleep_for(milliseconds{5});
    }
    return wall_seconds() - begin;
  }
  void kill() { process_->end(SIGKILL, milliseconds{10'000}); }

 private:
  std::filesystem::path log_, configuration_;
  int port_ = free_port();
  std::optional<ChildProcess> process_;
};

void restart(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    const auto broker = testing::start_real_broker();
    if (!broker.ok()) {
      state.SkipWithError(broker.error().message.c_str());
      return;
    }
    const std::string& bootstrap = (*broker)->bootstrap_servers();
    const TemporaryFolder folder("millrace-restart");
    Workload workload({.users = kUsers});
    make_state(folder.path() / "state", workload);
    MILLRACE_CHECK(create_topic(bootstrap, {}, "clicks", kTopicPartitions, false).ok());
    EventFeed feed(bootstrap, "clicks");
    KilledService service(bootstrap, folder);
    const double first = service.start();
    std::vector<double> seconds;
    for (int i = 0; i < kRestarts; ++i) {
      feed.send(workload.take(kBacklog));
      std::this_thread::sleep_for(kLife);
      service.kill();
      seconds.push_back(service.start());
    }
    std::sort(seconds.begin(), seconds.end());
    service.kill();
    add_pair(state, "restart_seconds_1m_users", seconds[kRestarts / 2],
             {{"least_s", seconds.front()}, {"most_s", seconds.back()}, {"first_start_s", first}});
  }
}
BENCHMARK(restart)->Iterations(1)->Repetitions(1)->Unit(benchmark::kSecond)->UseRealTime();

}  // namespace
}  // namespace millrace::bench
