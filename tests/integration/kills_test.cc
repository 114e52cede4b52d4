// kill -9 at random moments of the service's life, on a real Apache Kafka: while it opens its store, learns again,
// joins the group, commits, publishes. `./dev soak --kills N` runs the same with more kills over more events.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "core/random.h"
#include "tests/integration/store_account.h"
#include "tests/integration/stream_fixture.h"

namespace millrace::testing {
namespace {

using std::chrono::duration;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kLifePatience{120};
constexpr milliseconds kLook{10};
constexpr seconds kReportEvery{10};
constexpr std::uint64_t kBlindOneIn = 4;       // kills that do not wait for progress
constexpr std::uint64_t kBlindMillis = 1'500;  // within them: opening, learning again, joining
constexpr std::uint64_t kJitterMicros = 30'000;
constexpr std::uint64_t kFeedSeconds = 2;  // of a life, in which its records come: longer than it takes to join
constexpr std::array<int, 3> kStepSizes{5, 25, 100};  // records; small ones leave more gaps to be killed in

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

struct Soak {
  std::uint64_t kills = setting("MILLRACE_SOAK_KILLS", 25);
  std::uint64_t events = setting("MILLRACE_SOAK_EVENTS", 30'000);
  std::uint64_t seed = setting("MILLRACE_SOAK_SEED", 7);
};

SimulatorOptions shop_of(const Soak& soak) {
  SimulatorOptions options = small_shop(soak.events);
  options.seed = soak.seed;
  options.users = static_cast<std::uint32_t>(std::max<std::uint64_t>(options.users, soak.events / 200));
  options.items = static_cast<std::uint32_t>(std::max<std::uint64_t>(options.items, soak.events / 1'000));
  return options;
}

class RealKills : public StreamTest {
 protected:
  // Lets the service settle about `records` more, or for a blind kill live for a while, and kills it.
  void live_and_die(std::uint64_t records) {
    const bool blind = random_.below(kBlindOneIn) == 0;
    start_service({"--set", "step.records_max=" + std::to_string(kStepSizes.at(random_.below(kStepSizes.size())))});
    if (blind) {
      std::this_thread::sleep_for(milliseconds{random_.below(kBlindMillis)});
    } else {
      wait_for_progress(records);
      std::this_thread::sleep_for(microseconds{random_.below(kJitterMicros)});
    }
    acknowledged_ = std::max(acknowledged_, blind ? 0 : progress());
    kill_service();
    ++(blind ? blind_ : watched_);
  }

  // What is committed is counted, so it must be found after the kill.
  void expect_nothing_forgotten() {
    const std::uint64_t now = settled();
    EXPECT_GE(now, settled_ + acknowledged_) << "a committed step was lost";
    settled_ = now;
    acknowledged_ = 0;
  }

  void report(std::uint64_t kill, const Soak& soak, std::uint64_t records) {
    if (steady_clock::now() < next_report_ && kill < soak.kills) return;
    next_report_ = steady_clock::now() + kReportEvery;
    std::fprintf(stderr, "%6.0f s  kill %llu of %llu (%llu at a blind moment)  settled %llu of %llu records\n",
                 duration<double>(steady_clock::now() - began_).count(), static_cast<unsigned long long>(kill),
                 static_cast<unsigned long long>(soak.kills), static_cast<unsigned long long>(blind_),
                 static_cast<unsigned long long>(settled_), static_cast<unsigned long long>(records));
  }
  void say(const char* what) const {
    std::fprintf(stderr, "%6.0f s  %s\n", duration<double>(steady_clock::now() - began_).count(), what);
  }

  std::uint64_t settled_ = 0;
  std::uint64_t busy_ = 0;  // kills that found the service with records left

 private:
  // Records that this life of the service has committed, as it says.
  std::uint64_t progress() const {
    const auto text = http_get(port_, "/metrics");
    return text.ok() ? static_cast<std::uint64_t>(Samples::parse(*text).sum("millrace_records_total")) : 0;
  }
  void wait_for_progress(std::uint64_t records) {
    const auto deadline = steady_clock::now() + kLifePatience;
    while (progress() < records) {
      ASSERT_TRUE(service_->running()) << tail(folder_.path() / "millrace.log", 20);
      ASSERT_LT(steady_clock::now(), deadline) << tail(folder_.path() / "millrace.log", 20);
      std::this_thread::sleep_for(kLook);
    }
  }

 protected:
  Random random_{setting("MILLRACE_SOAK_SEED", 7)};

 private:
  std::uint64_t acknowledged_ = 0;
  std::uint64_t blind_ = 0;
  std::uint64_t watched_ = 0;
  steady_clock::time_point began_ = steady_clock::now();
  steady_clock::time_point next_report_ = began_;
};

TEST_F(RealKills, LeaveNoTraceInFeaturesOffsetsModelOrLists) {
  const Soak soak;
  if (!prepare()) GTEST_SKIP() << "no Apache Kafka here";
  const auto source = simulate(shop_of(soak));
  ASSERT_GT(source->records().size(), soak.kills) << "give it more events";
  FeedOptions feeding = feed_options();
  feeding.rate_max = source->records().size() / (soak.kills + 1) / kFeedSeconds + 1;
  auto feeder = Feeder::open(feeding, *source);
  ASSERT_TRUE(feeder.ok() && (*feeder)->feed_items().ok());
  // A part of the stream for every life, so that it outlasts them all however fast the service is, and while it lives,
  // so that its lists go out between its steps.
  const auto feed_until = [&](std::uint64_t end) {
    source->end_at(end);
    const Status status = (*feeder)->feed({}, {});
    EXPECT_TRUE(status.ok()) << status.error().message;
  };
  AlongsideAuditor auditing(audit_options());
  for (std::uint64_t kill = 1; kill <= soak.kills; ++kill) {
    const std::uint64_t fed = kill * source->records().size() / (soak.kills + 1);
    {
      const std::jthread beside([&] { feed_until(fed); });
      ASSERT_NO_FATAL_FAILURE(live_and_die(1 + random_.below(fed - settled_))) << "kill " << kill;
    }
    ASSERT_NO_FATAL_FAILURE(expect_nothing_forgotten()) << "kill " << kill;
    if (settled_ < fed) ++busy_;
    report(kill, soak, fed);
  }
  feed_until(source->records().size());
  const FeedCounts sent = (*feeder)->counts();
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(total(sent)));
  stop_service();
  say("settled everything; holding features, offsets, model and lists against those of an uninterrupted run");
  const auto store = open_store();
  EXPECT_EQ(settled_counts(*store), sent);
  expect_features_of(source->records(), config(), *store);
  expect_same_as_uninterrupted(read_topics(feed_options()), config(), *store);
  say("compared");
  Auditor& auditor = auditing.finish();
  expect_every_user_served(*source, auditor);
  expect_newest_versions(*store, auditor);
  std::fprintf(stderr,
               "%llu kills, %llu of them with records left, over %llu records; %llu lists published, %llu of them "
               "twice, %llu with a version that went back\n",
               static_cast<unsigned long long>(soak.kills), static_cast<unsigned long long>(busy_),
               static_cast<unsigned long long>(total(sent)), static_cast<unsigned long long>(auditor.counts().lists),
               static_cast<unsigned long long>(auditor.counts().repeated),
               static_cast<unsigned long long>(auditor.counts().backwards));
}

}  // namespace
}  // namespace millrace::testing
