// The demo as a newcomer runs it, on short streams: it ends by itself, its books balance, and it shows what it
// promises.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "demo/child_process.h"
#include "tests/integration/real_broker.h"

namespace millrace::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr milliseconds kPatience{240'000};
constexpr milliseconds kQuickly{20'000};

class DemoTest : public ::testing::Test {
 protected:
  ChildProcess start(std::vector<std::string> arguments) {
    const std::string binaries = MILLRACE_BINARY_DIR;
    std::vector<std::string> command{binaries + "/demo/millrace-demo", "run", "--millrace", binaries + "/app/millrace"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    auto process = ChildProcess::start({.command = command, .log = log()});
    EXPECT_TRUE(process.ok()) << process.error().message;
    return std::move(process).value();
  }
  std::filesystem::path log() const { return folder_.path() / "demo.log"; }

  TemporaryFolder folder_{"millrace-demo-test"};
};

TEST_F(DemoTest, SimulatedShopBalancesItsBooks) {
  ChildProcess demo = start({"--simulate", "--events", "4000"});
  EXPECT_EQ(demo.wait(kPatience), 0) << read_file(log());
  EXPECT_THAT(read_file(log()),
              AllOf(HasSubstr("The books balance"), HasSubstr("/metrics"), HasSubstr("is now offered")));
}

TEST_F(DemoTest, PurchasesBalanceTheirBooksAndCustomersAreShownTitles) {
  const auto csv = folder_.path() / "online-retail.csv";
  const std::string packed = MILLRACE_SOURCE_DIR "/demo/data/online-retail.csv.xz";
  auto unpacking = ChildProcess::start({.command = {"xz", "-dc", packed}, .log = csv});
  ASSERT_TRUE(unpacking.ok()) << unpacking.error().message;
  ASSERT_EQ(unpacking->wait(kPatience), 0);
  ChildProcess demo = start({"--data", csv.string(), "--events", "4000"});
  EXPECT_EQ(demo.wait(kPatience), 0) << read_file(log());
  EXPECT_THAT(read_file(log()),
              AllOf(HasSubstr("The books balance"), HasSubstr("without a customer"), HasSubstr("bought")));
}

TEST_F(DemoTest, OnAnApacheKafkaItsBooksBalanceAndTheRunIsRecorded) {
  if (!broker_required() && !std::filesystem::is_directory(kafka_jars())) GTEST_SKIP() << "no jars of Kafka here";
  const auto record = folder_.path() / "record";
  ChildProcess demo = start({"--simulate", "--events", "3000", "--rate", "500", "--kafka", kafka_jars().string(),
                             "--record", record.string()});
  EXPECT_EQ(demo.wait(kPatience), 0) << read_file(log());
  EXPECT_THAT(read_file(log()), AllOf(HasSubstr("Starting Apache Kafka"), HasSubstr("The books balance")));
  const std::string csv = read_file(record / "soak.csv");
  EXPECT_GT(std::ranges::count(csv, '\n'), 3) << csv;
  EXPECT_THAT(read_file(record / "soak.svg"), HasSubstr("</svg>"));
}

TEST_F(DemoTest, InterruptedItEndsCleanlyAndLeavesNothingRunning) {
  ChildProcess demo = start({"--simulate", "--folder", (folder_.path() / "state").string()});
  const auto deadline = steady_clock::now() + kPatience;
  while (demo.running() && steady_clock::now() < deadline && read_file(log()).find("events/s") == std::string::npos) {
    std::this_thread::sleep_for(milliseconds{100});
  }
  demo.signal(SIGINT);
  EXPECT_EQ(demo.wait(kQuickly), 130) << read_file(log());
  const auto broker_log = read_file(folder_.path() / "state" / "broker.log");
  const auto port = broker_log.substr(broker_log.rfind(':') + 1);
  auto probe = ChildProcess::start({.command = {"bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/" + port}, .log = log()});
  ASSERT_TRUE(probe.ok());
  EXPECT_NE(probe->wait(kQuickly), 0) << "the broker still answers";
}

}  // namespace
}  // namespace millrace::testing
