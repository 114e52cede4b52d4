// Records that no honest producer sends, through a real Kafka and the whole service: each has its outcome and its dead
// letter, what is large costs no memory, and the honest users beside them lose nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "core/time.h"
#include "tests/hostile_records.h"
#include "tests/integration/broker_admin.h"
#include "tests/integration/store_account.h"
#include "tests/integration/stream_fixture.h"

namespace millrace::testing {
namespace {

constexpr int kHugeRecords = 40;
constexpr std::size_t kHugeBytes = 10 << 20;

// KiB that the service may grow by. The thread sanitizer keeps two words for one.
#ifdef __SANITIZE_THREAD__
constexpr std::uint64_t kMostMore = 900U << 10;
#else
constexpr std::uint64_t kMostMore = 300U << 10;
#endif

class RealHostileRecords : public StreamTest {
 protected:
  // All to the partition of one key, so that their order is known.
  void send(const std::vector<std::string>& values, Millis now) {
    ProducerOptions options;
    options.bootstrap_servers = bootstrap();
    options.properties = {{"message.max.bytes", "16000000"}};
    auto producer = open_producer(options);
    ASSERT_TRUE(producer.ok()) << producer.error().message;
    for (const std::string& value : values) {
      Message message{.topic = topic("clicks"), .key = "u", .value = value, .headers = {}, .timestamp = now};
      while (!(*producer)->produce(message).ok()) (*producer)->deliveries(std::chrono::milliseconds(10));
    }
    ASSERT_TRUE((*producer)->flush(std::chrono::seconds(60)).ok());
  }

  std::uint64_t peak_resident_kib() const {
    std::ifstream status("/proc/" + std::to_string(service_->id()) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6));
    }
    ADD_FAILURE() << "the system does not say how much memory the service took";
    return 0;
  }

  std::vector<Record> dead_letters() const {
    FeedOptions options = feed_options();
    for (std::string& name : options.topics) name += ".dlq";
    return read_topics(options);
  }
};

std::string header(const Record& record, const std::string& name) {
  for (const auto& [key, value] : record.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST_F(RealHostileRecords, HaveTheirDeadLettersAndHarmNobody) {
  if (!prepare()) GTEST_SKIP() << "no Apache Kafka here";
  set_topic(bootstrap(), topic("clicks"), {{"max.message.bytes", "16000000"}});
  const auto source = simulate(small_shop(2'000));
  service_environment_ = {
      {"ASAN_OPTIONS", "quarantine_size_mb=16"}};  // what is freed is to be free in such a build too
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until_ready());
  FeedCounts sent = feed(*source);
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(total(sent)));
  const std::uint64_t before = peak_resident_kib();

  const Millis now = system_clock().now();
  const std::string honest =
      R"({"user_id":"u","item_id":"i","event_type":"click","event_time":)" + std::to_string(now.count) + "}";
  std::vector<std::string> values{honest};
  const auto hostile = hostile_records(now.count);
  for (const HostileRecord& record : hostile) values.push_back(record.value);
  values.insert(values.end(), kHugeRecords, std::string(kHugeBytes, 'x'));
  values.push_back(honest);
  ASSERT_NO_FATAL_FAILURE(send(values, now));
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(total(sent) + values.size()));
  EXPECT_LT(peak_resident_kib() - before, kMostMore) << "KiB more, for " << kHugeRecords * 10 << " MB of records";
  stop_service();

  sent[0][static_cast<std::size_t>(Outcome::kApplied)] += 2;
  for (const HostileRecord& record : hostile) ++sent[0][static_cast<std::size_t>(record.outcome)];
  sent[0][static_cast<std::size_t>(Outcome::kDeadLetter)] += kHugeRecords;
  const auto store = open_store();
  EXPECT_EQ(settled_counts(*store), sent);
  std::multimap<std::string, const Record*> letters;  // by what they say
  const auto published = dead_letters();
  for (const Record& letter : published) letters.emplace(header(letter, "__connect.errors.exception.message"), &letter);
  for (const HostileRecord& record : hostile) {
    if (record.outcome != Outcome::kDeadLetter) continue;
    const auto found = letters.find(record.detail);
    ASSERT_NE(found, letters.end()) << record.name << ": no dead letter says " << record.detail;
    EXPECT_EQ(header(*found->second, "__connect.errors.exception.class.name"), "millrace." + record.reason);
    EXPECT_LE(found->second->value->size(), 64U << 10) << record.name;
    letters.erase(found);
  }
  EXPECT_EQ(letters.count("the payload has 10485760 bytes, expected at most 65536"), kHugeRecords);
  const auto auditor = audit();
  EXPECT_THAT(auditor->users_left_behind(), ::testing::IsEmpty());
  for (const std::string& user : auditor->users()) EXPECT_FALSE(auditor->list_of(user).empty()) << user;
}

}  // namespace
}  // namespace millrace::testing
