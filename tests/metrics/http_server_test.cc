#include "metrics/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <chrono>
#include <string>

namespace millrace {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Stands still until the test moves it; the server's threads read it meanwhile.
class HandSetClock final : public Clock {
 public:
  Millis now() const override { return {}; }
  std::chrono::nanoseconds steady() const override { return passed_.load(); }
  void pass(std::chrono::nanoseconds time) { passed_ = passed_.load() + time; }

 private:
  std::atomic<std::chrono::nanoseconds> passed_{};
};

class HttpServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = start_http_server(
        {.address = "127.0.0.1", .port = 0}, [] { return std::string("millrace_x 1\n"); }, health_);
    ASSERT_TRUE(started.ok()) << started.error().message;
    server_ = std::move(started).value();
  }

  httplib::Result get(const std::string& path) { return httplib::Client("127.0.0.1", server_->port()).Get(path); }

  HandSetClock clock_;
  Health health_{200ms, clock_};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, ServesTheExposition) {
  const auto response = get("/metrics");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "millrace_x 1\n");
  EXPECT_THAT(response->get_header_value("Content-Type"), HasSubstr("version=0.0.4"));
}

TEST_F(HttpServerTest, IsAliveWhileTheLoopMoves) {
  health_.beat();
  clock_.pass(200ms);
  EXPECT_EQ(get("/livez")->status, 200);
  clock_.pass(1ms);
  const auto stuck = get("/livez");
  EXPECT_EQ(stuck->status, 503);
  EXPECT_THAT(stuck->body, HasSubstr("FAILED loop"));
  health_.beat();
  EXPECT_EQ(get("/livez")->status, 200);
}

TEST_F(HttpServerTest, IsReadyOnlyWhenEveryCheckPasses) {
  EXPECT_EQ(get("/readyz")->status, 503) << "nothing was checked yet";
  for (const Check check : {Check::kAssigned, Check::kRestored, Check::kRunning, Check::kDisk})
    health_.set(check, true, "");
  EXPECT_EQ(get("/readyz")->status, 200);
  health_.set(Check::kDisk, false, "1 GiB free, 2 GiB wanted");
  const auto full = get("/readyz");
  EXPECT_EQ(full->status, 503);
  EXPECT_THAT(full->body, HasSubstr("FAILED disk: 1 GiB free, 2 GiB wanted"));
  EXPECT_THAT(full->body, HasSubstr("ok assigned"));
}

TEST_F(HttpServerTest, LinksItsPagesFromTheRoot) {
  const auto response = get("/");
  ASSERT_TRUE(response);
  for (const char* path : {"/metrics", "/livez", "/readyz"}) {
    EXPECT_THAT(response->body, HasSubstr("href=\"" + std::string(path) + "\""));
  }
  EXPECT_EQ(get("/nothing")->status, 404);
}

TEST_F(HttpServerTest, RefusesOversizedRequests) {
  httplib::Client client("127.0.0.1", server_->port());
  const auto long_line = client.Get("/metrics?" + std::string(20'000, 'x'));
  EXPECT_TRUE(!long_line || long_line->status >= 400);
  const auto long_header = client.Get("/metrics", {{"X-Long", std::string(20'000, 'x')}});
  EXPECT_TRUE(!long_header || long_header->status >= 400);
  EXPECT_EQ(get("/metrics")->status, 200) << "and goes on serving";
}

TEST_F(HttpServerTest, NamesAnAddressThatIsTaken) {
  const auto second = start_http_server(
      {.address = "127.0.0.1", .port = server_->port()}, [] { return std::string(); }, health_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(server_->port())));
}

}  // namespace
}  // namespace millrace
