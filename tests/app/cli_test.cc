#include "app/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "app/cli_input.h"
#include "tests/app/program_fixture.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Expected>
Expected parse_as(const std::vector<std::string>& arguments) {
  const CommandLine line = parse_command_line(arguments);
  EXPECT_TRUE(line.command.has_value()) << line.error;
  if (!line.command || !std::holds_alternative<Expected>(*line.command)) {
    ADD_FAILURE() << "another command";
    return {};
  }
  return std::get<Expected>(*line.command);
}

TEST(CommandLineTest, EachCommandTakesItsFlags) {
  const auto run = parse_as<RunCommand>({"run", "-c", "my.toml", "--set", "a=1", "--set", "b=2", "--rebuild"});
  EXPECT_EQ(run.config.path, "my.toml");
  EXPECT_THAT(run.config.overrides, ElementsAre("a=1", "b=2"));
  EXPECT_TRUE(run.rebuild);
  const auto replay = parse_as<ReplayCommand>({"replay", "x.csv", "--user", "uid", "--time", ""});
  EXPECT_EQ(replay.input.file, "x.csv");
  EXPECT_EQ(replay.input.user, "uid");
  EXPECT_EQ(replay.input.time, "");
  EXPECT_FALSE(replay.input.item.has_value());
  const auto evaluate =
      parse_as<EvaluateCommand>({"evaluate", "x.tsv", "--at", "5,10", "--seed", "7", "--json", "o.json", "--shuffle"});
  EXPECT_THAT(evaluate.evaluate.at, ElementsAre(5U, 10U));
  EXPECT_EQ(evaluate.evaluate.seed, 7U);
  EXPECT_THAT(evaluate.sync, ElementsAre("event"));
  EXPECT_EQ(evaluate.json, "o.json");
  EXPECT_TRUE(evaluate.shuffle);
  const auto yardstick = parse_as<YardstickCommand>({"yardstick", "A", "--data", "/d", "--sync", "period"});
  EXPECT_EQ(yardstick.letter, "A");
  EXPECT_THAT(yardstick.sync, ElementsAre("period"));
  EXPECT_THAT(parse_as<YardstickCommand>({"yardstick", "A", "--data", "/d", "--sync", "1,10,event"}).sync,
              ElementsAre("1", "10", "event"));
  EXPECT_THAT(parse_as<YardstickCommand>({"yardstick", "A", "--data", "/d"}).sync, ElementsAre("event"));
  EXPECT_EQ(parse_as<YardstickCommand>({"yardstick", "A", "--data", "/d", "--batch", "32"}).steps.batch, 32U);
  const auto inspect = parse_as<InspectCommand>({"inspect", "item", "85123A"});
  EXPECT_FALSE(inspect.user);
  EXPECT_EQ(inspect.id, "85123A");
  const auto verify = parse_as<VerifyCommand>({"verify", "--brokers", "-q"});
  EXPECT_TRUE(verify.brokers);
  EXPECT_TRUE(verify.quiet);
  const auto backup = parse_as<BackupCommand>({"backup", "/b", "--keep", "3"});
  EXPECT_EQ(backup.directory, "/b");
  EXPECT_EQ(backup.keep, 3U);
  EXPECT_TRUE(parse_as<BackupCommand>({"backup", "/b", "--list"}).list);
  const auto restore = parse_as<RestoreCommand>({"restore", "/b", "--id", "2", "--replace"});
  EXPECT_EQ(restore.id, 2U);
  EXPECT_TRUE(restore.replace);
  EXPECT_EQ(parse_as<CheckConfigCommand>({"check-config", "my.toml"}).config.path, "my.toml");
  EXPECT_EQ(parse_as<PrintConfigCommand>({"print-config", "-c", "my.toml"}).config.path, "my.toml");
  parse_as<VersionCommand>({"version"});
}

TEST(CommandLineTest, HelpGoesToStdoutAndTeachesByExample) {
  const CommandLine program = parse_command_line({"--help"});
  EXPECT_FALSE(program.command.has_value());
  EXPECT_EQ(program.exit, ExitCode::kOk);
  EXPECT_THAT(program.output, AllOf(HasSubstr("Exit codes:"), HasSubstr("millrace check-config my.toml")));
  for (const char* command : {"run", "replay", "evaluate", "yardstick", "inspect", "verify", "backup", "restore"}) {
    const CommandLine line = parse_command_line({command, "--help"});
    EXPECT_EQ(line.exit, ExitCode::kOk);
    EXPECT_THAT(line.output, AllOf(HasSubstr("Examples:"), HasSubstr(std::string("millrace ") + command)));
  }
}

TEST(CommandLineTest, WhatCannotBeUnderstoodIsAUsageError) {
  const std::vector<std::vector<std::string>> wrong{{},
                                                    {"rnu"},
                                                    {"run", "--confg", "x"},
                                                    {"yardstick", "F", "--data", "/d"},
                                                    {"inspect", "shop", "x"},
                                                    {"evaluate"},
                                                    {"evaluate", "x.csv", "--topic", "clicks"},
                                                    {"evaluate", "x.csv", "--from", "7"},
                                                    {"evaluate", "x.csv", "--protocol", "random"},
                                                    {"evaluate", "x.csv", "--at", "0"},
                                                    {"evaluate", "x.csv", "--format", "xml"}};
  for (const auto& arguments : wrong) {
    const CommandLine line = parse_command_line(arguments);
    EXPECT_FALSE(line.command.has_value());
    EXPECT_EQ(line.exit, ExitCode::kUsage);
    EXPECT_FALSE(line.error.empty());
  }
  EXPECT_THAT(parse_command_line({"inspct"}).error, HasSubstr("the nearest is inspect"));
}

TEST(CommandLineTest, KindsOfFailureHaveExitCodesOfTheirOwn) {
  std::set<ExitCode> codes;
  for (const ErrorCode code : {ErrorCode::kInvalid, ErrorCode::kCorruption, ErrorCode::kGap, ErrorCode::kLocked,
                               ErrorCode::kFatal, ErrorCode::kNoSpace, ErrorCode::kDenied, ErrorCode::kIo}) {
    EXPECT_TRUE(codes.insert(exit_code(code)).second);
    EXPECT_NE(exit_code(code), ExitCode::kOk);
  }
}

TEST(FileOptionsTest, FlagsTakeThePlaceOfTheFirstTopicsMapping) {
  Config config;
  config.ingest.topics.front().mapping.item = "sku";
  InputFlags flags;
  flags.file = "x.ndjson";
  flags.user = "uid";
  flags.time_unit = "s";
  const auto options = file_options(flags, config);
  ASSERT_TRUE(options.ok()) << options.error().message;
  EXPECT_EQ(options->format, FileFormat::kJsonLines);
  EXPECT_EQ(options->mapping.user, "uid");
  EXPECT_EQ(options->mapping.item, "sku");
  EXPECT_EQ(options->mapping.time_unit, TimeUnit::kSeconds);
  EXPECT_EQ(options->mapping.default_kind, "click");
}

TEST(FileOptionsTest, AFormatThatTheNameDoesNotSayHasToBeGiven) {
  InputFlags flags;
  flags.file = "events.dat";
  EXPECT_THAT(file_options(flags, Config()).error().message, HasSubstr("give --format"));
  flags.format = "tsv";
  EXPECT_EQ(file_options(flags, Config())->format, FileFormat::kTsv);
}

TEST_F(ProgramTest, AReplayedFileCanBeInspected) {
  const Outcome replay = run({"replay", file(kEvents), "--quiet"});
  ASSERT_EQ(replay.exit, 0) << replay.error;
  EXPECT_THAT(replay.output, HasSubstr("4 events in 1 steps, 2 lists"));
  const Outcome user = run({"inspect", "user", "ann"});
  ASSERT_EQ(user.exit, 0) << user.error;
  EXPECT_THAT(user.output, AllOf(HasSubstr("2023-11-14 22:13:21  purchase  cup"), HasSubstr("Newest list: version"),
                                 HasSubstr("  1.   "), HasSubstr("interactions            2")));
  const Outcome item = run({"inspect", "item", "cup"});
  ASSERT_EQ(item.exit, 0) << item.error;
  EXPECT_THAT(item.output,
              AllOf(HasSubstr("price                   4.5"), HasSubstr("Before it in the same session\n  mug")));
}

TEST_F(ProgramTest, AReplayIntoAStateThatIsNotEmptyIsRefused) {
  ASSERT_EQ(run({"replay", file(kEvents), "--quiet"}).exit, 0);
  const Outcome again = run({"replay", file(kEvents), "--quiet"});
  EXPECT_EQ(again.exit, static_cast<int>(ExitCode::kUsage));
  EXPECT_THAT(again.error, HasSubstr("expected an empty state directory"));
}

TEST_F(ProgramTest, AnUnknownUserAndAMissingStateAreNamed) {
  EXPECT_THAT(run({"inspect", "user", "ann"}).error, HasSubstr("no store is there"));
  ASSERT_EQ(run({"replay", file(kEvents), "--quiet"}).exit, 0);
  const Outcome unknown = run({"inspect", "user", "eve\x1b[2J"});
  EXPECT_EQ(unknown.exit, static_cast<int>(ExitCode::kUsage));
  EXPECT_THAT(unknown.error, HasSubstr("the user eve?[2J: nothing is known"));
}

TEST_F(ProgramTest, ABrokenFileIsNamedWithItsLine) {
  const Outcome broken = run({"replay", file("user_id,item_id,event_time\nann,mug,never\n"), "--quiet"});
  EXPECT_NE(broken.exit, 0);
  EXPECT_THAT(broken.error, HasSubstr("events.csv"));
}

TEST_F(ProgramTest, TheConfigurationIsCheckedAndPrinted) {
  EXPECT_THAT(run({"check-config"}).output, HasSubstr("the configuration is fine"));
  EXPECT_THAT(run({"print-config"}).output, HasSubstr("dimension = 16"));
  const Outcome wrong = run({"check-config", "--set", "lists.length=0"});
  EXPECT_EQ(wrong.exit, static_cast<int>(ExitCode::kUsage));
  EXPECT_THAT(wrong.error, HasSubstr("lists.length is 0, expected 1 to 1000"));
}

}  // namespace
}  // namespace millrace
