#include "tests/integration/stream_fixture.h"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "store/rocks_store.h"
#include "tests/integration/store_account.h"

namespace millrace::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kReadyPatience{60};
constexpr seconds kSettlePatience{300};
constexpr milliseconds kStopPatience{60'000};
constexpr milliseconds kEndPatience{60'000};
constexpr milliseconds kPause{50};
constexpr seconds kFirstFetch{2};  // after it an auditor reads on while anything comes

// Small enough for two cores beside a broker; everything else is as shipped.
constexpr const char* kSmallModel =
    "[step]\nrecords_max = 100\n"
    "[store]\ncheckpoint_steps = 20\nfree_bytes_min = \"1MiB\"\n"
    "[model.encoder]\ndimension = 32\nnegatives = 128\ntoken_buckets = 1024\n";

}  // namespace

std::unique_ptr<RecordedSource> simulate(const SimulatorOptions& options) {
  Simulator simulator(options);
  std::vector<DemoRecord> records;
  while (auto record = simulator.next()) records.push_back(std::move(*record));
  return std::make_unique<RecordedSource>(simulator.items(), std::move(records));
}

SimulatorOptions small_shop(std::uint64_t events) {
  SimulatorOptions options;
  options.events = events;
  options.users = 300;
  options.items = 200;
  options.late_rate = options.skewed_rate = options.duplicate_rate = options.broken_rate = 0.01;
  return options;
}

std::vector<Record> read_topics(const FeedOptions& options) {
  ReaderOptions reader_options;
  reader_options.bootstrap_servers = options.bootstrap_servers;
  reader_options.topics.assign(options.topics.begin(), options.topics.end());
  auto reader = open_reader(reader_options);
  EXPECT_TRUE(reader.ok());
  std::vector<Record> records;
  while (!(*reader)->at_end()) {
    auto polled = (*reader)->poll(5'000, milliseconds{100});
    if (!polled.ok()) continue;
    records.insert(records.end(), polled->begin(), polled->end());
  }
  return records;
}

void expect_every_user_served(const RecordedSource& source, Auditor& auditor) {
  EXPECT_THAT(auditor.users_left_behind(), ::testing::IsEmpty());
  EXPECT_EQ(auditor.counts().backwards, 0U);
  EXPECT_EQ(auditor.lists_from_less(), 0U) << "lists that lack what one before them knew of the user";
  EXPECT_EQ(auditor.counts().unreadable, 0U);
  std::uint64_t served = 0;
  for (const std::string& user : auditor.users()) served += auditor.list_of(user).empty() ? 0U : 1U;
  std::set<std::string> users;
  for (const DemoRecord& record : source.records()) {
    if (record.expected == Outcome::kApplied) users.insert(record.user);
  }
  EXPECT_EQ(served, users.size());
}

AlongsideAuditor::AlongsideAuditor(const AuditOptions& options) {
  auto auditor = Auditor::open(options);
  EXPECT_TRUE(auditor.ok()) << auditor.error().message;
  auditor_ = std::move(auditor).value();
  reading_ = std::jthread([this](const std::stop_token& stop) {
    const Status read = auditor_->read(stop);
    EXPECT_TRUE(read.ok()) << read.error().message;
  });
}

Auditor& AlongsideAuditor::finish() {
  std::this_thread::sleep_for(kFirstFetch);
  reading_.request_stop();
  reading_.join();
  return *auditor_;
}

bool StreamTest::prepare(const RealBrokerOptions& options) {
  auto broker = start_real_broker(options);
  if (!broker.ok()) {
    EXPECT_TRUE(!broker_required() || broker.error().code == ErrorCode::kInvalid) << broker.error().message;
    return false;
  }
  broker_ = std::move(broker).value();
  for (const std::string_view name : kDemoTopics) {
    EXPECT_TRUE(create_topic(bootstrap(), {}, topic(std::string(name)), kStreamPartitions, false).ok());
    EXPECT_TRUE(create_topic(bootstrap(), {}, topic(std::string(name)) + ".dlq", 1, false).ok());
  }
  EXPECT_TRUE(create_topic(bootstrap(), {}, topic("items"), 1, true).ok());
  EXPECT_TRUE(create_topic(bootstrap(), {}, topic("recommendations"), kStreamPartitions, true).ok());
  return !HasFailure();
}

FeedOptions StreamTest::feed_options() const {
  FeedOptions options;
  options.bootstrap_servers = bootstrap();
  options.topics = {topic("clicks"), topic("purchases"), topic("ratings")};
  options.items_topic = topic("items");
  return options;
}

FeedCounts StreamTest::feed(RecordedSource& source, bool with_items) {
  auto feeder = Feeder::open(feed_options(), source);
  EXPECT_TRUE(feeder.ok());
  if (with_items) {
    EXPECT_TRUE((*feeder)->feed_items().ok());
  }
  const Status fed = (*feeder)->feed({}, {});
  EXPECT_TRUE(fed.ok()) << fed.error().message;
  return (*feeder)->counts();
}

AuditOptions StreamTest::audit_options() const {
  AuditOptions options;
  options.bootstrap_servers = bootstrap();
  options.topics = {topic("clicks"), topic("purchases"), topic("ratings")};
  options.list_topic = topic("recommendations");
  options.histories = true;
  return options;
}

std::unique_ptr<Auditor> StreamTest::audit() const {
  auto auditor = Auditor::open(audit_options());
  EXPECT_TRUE(auditor.ok()) << auditor.error().message;
  std::jthread reading([&](const std::stop_token& stop) { EXPECT_TRUE((*auditor)->read(stop).ok()); });
  std::this_thread::sleep_for(kFirstFetch);
  reading.request_stop();
  reading.join();
  return std::move(auditor).value();
}

std::string StreamTest::configuration(const std::filesystem::path& state, int port,
                                      const std::string& instance_id) const {
  std::string text = "[service]\nstate_directory = \"" + state.string() + "\"\n";
  text += "[kafka]\nbootstrap_servers = \"" + (service_bootstrap_.empty() ? bootstrap() : service_bootstrap_) +
          "\"\ngroup = \"" + topic("group") + "\"\n";
  text += "instance_id = \"" + instance_id + "\"\n" + extra_kafka_;
  text += "[metrics]\nport = " + std::to_string(port) + "\n";
  text += "[publish]\ntopic = \"" + topic("recommendations") + "\"\n";
  text += "[ingest.items]\ntopic = \"" + topic("items") + "\"\n";
  for (const std::string_view name : kDemoTopics) {
    text += "[[ingest.topics]]\nname = \"" + topic(std::string(name)) + "\"\n";
  }
  return text + kSmallModel + extra_configuration_;
}

void StreamTest::start_service(const std::vector<std::string>& flags) {
  const auto path = folder_.path() / "millrace.toml";
  // The instance id brings a killed instance back at once, without waiting for its session to end.
  std::ofstream(path) << configuration(folder_.path() / "state", port_, "one");
  const std::string program = MILLRACE_BINARY_DIR "/app/millrace";
  std::vector<std::string> command{program, "run", "--config", path.string()};
  command.insert(command.end(), flags.begin(), flags.end());
  auto process = ChildProcess::start(
      {.command = command, .log = folder_.path() / "millrace.log", .environment = service_environment_});
  ASSERT_TRUE(process.ok()) << process.error().message;
  service_ = std::move(process).value();
}

void StreamTest::wait_until_ready() {
  const auto deadline = steady_clock::now() + kReadyPatience;
  while (steady_clock::now() < deadline && service_->running()) {
    if (http_get(port_, "/readyz").ok()) return;
    std::this_thread::sleep_for(kPause);
  }
  FAIL() << "millrace is not ready:\n" << tail(folder_.path() / "millrace.log", 20);
}

std::uint64_t StreamTest::settled() const {
  RocksOptions options;
  options.directory = (folder_.path() / "state").string();
  options.read_only = true;
  const auto store = open_rocks_store(options);
  return store.ok() ? settled_records(**store) : 0;
}

void StreamTest::wait_until_settled(std::uint64_t records) {
  const auto deadline = steady_clock::now() + kSettlePatience;
  std::uint64_t now = 0;
  while (steady_clock::now() < deadline && service_->running()) {
    now = settled();
    if (now >= records) return;
    std::this_thread::sleep_for(4 * kPause);
  }
  FAIL() << "settled " << now << " of " << records << " records:\n" << tail(folder_.path() / "millrace.log", 20);
}

Samples StreamTest::metrics() const {
  const auto text = http_get(port_, "/metrics");
  EXPECT_TRUE(text.ok()) << text.error().message;
  return Samples::parse(text.ok() ? *text : "");
}

void StreamTest::stop_service() {
  EXPECT_EQ(service_->end(SIGTERM, kStopPatience), 0) << tail(folder_.path() / "millrace.log", 20);
}

void StreamTest::kill_service() { service_->end(SIGKILL, kStopPatience); }

void StreamTest::expect_end(int exit_code, const std::string& last_words) {
  EXPECT_EQ(service_->wait(kEndPatience), exit_code) << tail(folder_.path() / "millrace.log", 20);
  EXPECT_THAT(tail(folder_.path() / "millrace.log", 3), ::testing::HasSubstr(last_words));
}

int StreamTest::run_command(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), MILLRACE_BINARY_DIR "/app/millrace");
  arguments.insert(arguments.end(), {"--config", (folder_.path() / "millrace.toml").string()});
  auto process = ChildProcess::start({.command = arguments, .log = folder_.path() / "millrace.log"});
  EXPECT_TRUE(process.ok()) << process.error().message;
  return process->wait(kStopPatience).value_or(-1);
}

Config StreamTest::config() const {
  auto config = load_config((folder_.path() / "millrace.toml").string());
  EXPECT_TRUE(config.ok()) << config.error().message;
  return std::move(config).value();
}

std::unique_ptr<Store> StreamTest::open_store() const {
  RocksOptions options;
  options.directory = (folder_.path() / "state").string();
  options.read_only = true;
  auto store = open_rocks_store(options);
  EXPECT_TRUE(store.ok()) << store.error().message;
  return std::move(store).value();
}

}  // namespace millrace::testing
