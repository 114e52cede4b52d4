#include "app/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/temporary_directory.h"

namespace millrace {
namespace {

using Words = std::vector<std::string>;

Result<std::string> echo(const Words& words, const std::function<bool()>& /*proceed*/) {
  if (words.front() == "fail") return stop_error(ErrorCode::kNoSpace, "no room");
  return words.front() + "/" + words.back();
}

TEST(ControlTest, AnswersWordsAndErrorsAcrossTheSocket) {
  const TemporaryDirectory directory;
  const auto server = ControlServer::start(directory.string(), echo);
  ASSERT_TRUE(server.ok()) << server.error().message;
  EXPECT_EQ(ask_service(directory.string(), {"a", std::string("b\t\n\0c", 5)}).value(), std::string("a/b\t\n\0c", 7));
  const auto failed = ask_service(directory.string(), {"fail"});
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(failed.error().message, "no room");
}

TEST(ControlTest, WhereNobodyListensThereIsNoAnswer) {
  const TemporaryDirectory directory;
  EXPECT_EQ(ask_service(directory.string(), {"a"}).value(), std::nullopt);
  EXPECT_EQ(ask_service(directory.string() + "/none", {"a"}).value(), std::nullopt);
}

TEST(ControlTest, ALeftSocketIsReplacedAndTheOwnIsRemoved) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / kControlSocket;
  std::ofstream(path) << "left";
  {
    const auto server = ControlServer::start(directory.string(), echo);
    ASSERT_TRUE(server.ok());
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600)) << "for the owner alone";
    EXPECT_EQ(ask_service(directory.string(), {"x"}).value(), "x/x");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ControlTest, ADirectoryWithALongNameIsNoObstacle) {
  const TemporaryDirectory directory;
  const std::string deep = directory.string() + "/" + std::string(120, 'd');
  std::filesystem::create_directory(deep);
  const auto server = ControlServer::start(deep, echo);
  ASSERT_TRUE(server.ok()) << server.error().message;
  EXPECT_EQ(ask_service(deep, {"x"}).value(), "x/x");
}

TEST(ControlTest, ARequestAtHandIsToldToGiveUpWhenTheServerEnds) {
  const TemporaryDirectory directory;
  std::atomic<bool> begun = false;
  auto server = ControlServer::start(directory.string(), [&](const Words&, const std::function<bool()>& proceed) {
    begun = true;
    while (proceed()) std::this_thread::yield();
    return Result<std::string>(std::string("gave up"));
  });
  ASSERT_TRUE(server.ok());
  Result<std::optional<std::string>> answer = std::optional<std::string>();
  std::thread client([&] { answer = ask_service(directory.string(), {"x"}); });
  while (!begun) std::this_thread::yield();
  server->reset();
  client.join();
  EXPECT_EQ(answer.value(), "gave up");
}

}  // namespace
}  // namespace millrace
