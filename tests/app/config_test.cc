#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "app/config_text.h"
#include "app/config_toml.h"
#include "app/config_units.h"
#include "tests/temporary_directory.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

std::string shipped_text() {
  std::ifstream file(MILLRACE_SOURCE_DIR "/millrace.toml");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// "section.key" of every line that sets something.
std::set<std::string> keys_of(const std::string& toml) {
  std::set<std::string> keys;
  std::string section;
  std::istringstream lines(toml);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("[")) {
      section = line.substr(line.find_first_not_of('['), line.find(']') - line.find_first_not_of('['));
      keys.insert(section);
    } else if (!line.starts_with("#") && line.find(" = ") != std::string::npos) {
      keys.insert(section + "." + line.substr(0, line.find(" = ")));
    }
  }
  return keys;
}

std::string error_of(const std::string& toml) {
  const auto config = parse_config(toml, "my.toml");
  EXPECT_FALSE(config.ok()) << toml;
  if (config.ok()) return "";
  EXPECT_EQ(config.error().code, ErrorCode::kInvalid);
  return config.error().message;
}

TEST(ConfigTest, TheShippedFileIsExactlyTheDefaults) {
  const auto config = parse_config(shipped_text(), "millrace.toml");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(print_config(*config), print_config(Config()));
}

TEST(ConfigTest, TheShippedFileNamesEveryKeyThereIs) {
  EXPECT_EQ(keys_of(shipped_text()), keys_of(print_config(Config())));
}

TEST(ConfigTest, EveryKeyOfTheShippedFileIsExplained) {
  std::istringstream lines(shipped_text());
  std::size_t keys = 0;
  std::size_t comments = 0;
  for (std::string line; std::getline(lines, line);) {
    keys += line.find(" = ") != std::string::npos && !line.starts_with("#") ? 1 : 0;
    comments += line.starts_with("#") ? 1 : 0;
  }
  EXPECT_GT(comments, keys / 2);
}

TEST(ConfigTest, WhatIsLeftOutKeepsItsDefault) {
  const auto config = parse_config("[lists]\nlength = 7\n", "my.toml");
  ASSERT_TRUE(config.ok());
  Config expected;
  expected.lists.length = 7;
  EXPECT_EQ(print_config(*config), print_config(expected));
}

TEST(ConfigTest, WhatIsPrintedParsesToTheSame) {
  const std::string toml = R"(
service.state_directory = "/tmp/$${x}\t\"quoted\""
[[kinds]]
name = "view"
[[kinds]]
name = "like"
signal = "rating"
weight = 2.5
[[ingest.topics]]
name = "events"
user = "user.id"
time_unit = "text"
[features]
session_gap = "90s"
user_cache_bytes = 1000
[lists]
blocked = ["a", "b"]
exclude_seen = true
[kafka.properties]
security.protocol = "SSL"
"fetch.min.bytes" = 1
)";
  const auto config = parse_config(toml, "my.toml");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->service.state_directory, "/tmp/${x}\t\"quoted\"");
  EXPECT_EQ(config->kinds.size(), 2U);
  EXPECT_EQ(config->ingest.topics.size(), 1U);
  EXPECT_EQ(config->ingest.topics[0].mapping.time_unit, TimeUnit::kText);
  EXPECT_EQ(config->features.session_gap, Millis{90'000});
  const auto again = parse_config(print_config(*config), "printed.toml");
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(print_config(*again), print_config(*config));
}

TEST(ConfigTest, KindsAndSeenRuleReachEveryPartThatNeedsThem) {
  const auto config = parse_config(
      "lists.exclude_seen = true\n[[kinds]]\nname = \"view\"\n[[ingest.topics]]\nname = \"t\"\n", "my.toml");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->ingest.kinds.at(KindIndex{0}).name, "view");
  EXPECT_EQ(config->features.kinds.at(KindIndex{0}).name, "view");
  EXPECT_EQ(config->model.kinds.at(KindIndex{0}).name, "view");
  EXPECT_TRUE(config->model.ranker.first_touches);
}

TEST(ConfigTest, AnUnknownKeyIsNamedWithItsPlaceAndTheNearestKnownOne) {
  EXPECT_EQ(error_of("[features]\nhistroy_length = 5\n"),
            "my.toml:2:1: unknown key features.histroy_length, the nearest known one is features.history_length");
  EXPECT_THAT(error_of("[feature]\n"), HasSubstr("unknown key feature, the nearest known one is features"));
  EXPECT_THAT(
      error_of("[[ingest.topics]]\nname = \"a\"\nusr = \"b\"\n"),
      HasSubstr("my.toml:3:1: unknown key ingest.topics[0].usr, the nearest known one is ingest.topics[0].user"));
}

TEST(ConfigTest, EveryMistakeIsReportedAtOnce) {
  const std::string error = error_of("[lists]\nlength = 0\nlenght = 1\n[metrics]\nport = \"x\"\n");
  EXPECT_THAT(error, HasSubstr("my.toml:2:10: lists.length is 0, expected 1 to 1000"));
  EXPECT_THAT(error, HasSubstr("my.toml:3:1: unknown key lists.lenght"));
  EXPECT_THAT(error, HasSubstr("my.toml:5:8: metrics.port is a text, expected a whole number"));
}

TEST(ConfigTest, ValuesOutOfRangeOrOfTheWrongShapeAreRefused) {
  EXPECT_THAT(error_of("features.session_gap = \"30 minutes\""), HasSubstr("expected a whole number and a unit"));
  EXPECT_THAT(error_of("features.session_gap = 30"),
              HasSubstr("is a whole number, expected a duration such as \"30m\""));
  EXPECT_THAT(error_of("kafka.linger = \"2h\""), HasSubstr("is 2h, expected 0ms to 1m"));
  EXPECT_THAT(error_of("features.user_cache_bytes = \"many\""), HasSubstr("expected a size such as"));
  EXPECT_THAT(error_of("features.user_cache_bytes = -1"), HasSubstr("expected a size such as"));
  EXPECT_THAT(error_of("kafka.start = \"first\""), HasSubstr("is \"first\", expected one of earliest, latest"));
  EXPECT_THAT(error_of("model.encoder.dropout = 2"), HasSubstr("is 2.0, expected 0.0 to 0.95"));
  EXPECT_THAT(error_of("model.encoder.dropout = nan"), HasSubstr("model.encoder.dropout is nan"));
  EXPECT_THAT(error_of("lists.blocked = [1]"), HasSubstr("is a whole number, expected a text"));
  EXPECT_THAT(error_of("kafka = 1"), HasSubstr("kafka is a whole number, expected a table"));
  EXPECT_THAT(error_of("kinds = 1"), HasSubstr("expected tables, each under [[kinds]]"));
}

TEST(ConfigTest, TextThatIsNotTomlIsRefusedWithItsPlace) { EXPECT_THAT(error_of("[lists\n"), HasSubstr("my.toml:1:")); }

TEST(ConfigTest, LettersBeyondAsciiStandInTextsAndComments) {
  for (const char* letter : {"é", "あ", "ж", "　x", "𝛼"}) {
    EXPECT_THAT(error_of("lists.length = " + std::string(letter) + "\n"), HasSubstr("my.toml:1:")) << letter;
    const auto config =
        parse_config("# " + std::string(letter) + "\npublish.model = \"\"\"a\\\n  " + letter + "\"\"\"\n", "my.toml");
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_TRUE(config->publish.options.format.model.starts_with("a")) << letter;
  }
  EXPECT_EQ(parse_config("publish.model = \"\"\"a\\\n  é\"\"\"\n", "my.toml")->publish.options.format.model, "aé");
}

TEST(ConfigTest, ThreeBracketsAreRefused) { EXPECT_THAT(error_of("[[[a]]]\n"), HasSubstr("my.toml:1:3: not TOML")); }

TEST(ConfigTest, KeysThatContradictEachOtherAreRefused) {
  EXPECT_THAT(error_of("features.context_length = 60"), HasSubstr("expected at most features.history_length, 50"));
  EXPECT_THAT(error_of("model.encoder.dimension = 100"), HasSubstr("expected a multiple of 16"));
  EXPECT_THAT(error_of("model.effort.replays_min = 9"), HasSubstr("expected at most model.effort.replays_max"));
  EXPECT_THAT(error_of("store.background_bytes_per_second = \"1KiB\""), HasSubstr("expected 0 or at least 1MiB"));
  EXPECT_THAT(error_of("model.families = [\"encodr\"]"), HasSubstr("names \"encodr\", expected some of"));
  EXPECT_THAT(error_of("model.serve = \"mixtur\""),
              HasSubstr("model.serve is \"mixtur\", expected one of champion, mixture, interleave, ranker, encoder"));
  EXPECT_THAT(error_of("model.serve = \"mixtur\""), HasSubstr("the nearest is \"mixture\""));
  EXPECT_THAT(error_of("model.serve = \"visit\""), HasSubstr("model.serve is \"visit\""));
  EXPECT_THAT(error_of("model.learners = [\"memry\"]\nmodel.serve = \"mixture\""),
              HasSubstr("the nearest is \"memory\""));
  EXPECT_THAT(error_of("model.learners = [\"memory\", \"memory\"]\nmodel.serve = \"mixture\""),
              HasSubstr("names \"memory\" twice"));
  EXPECT_THAT(error_of("model.learners = [\"memory\"]"), HasSubstr("model.serve is \"ranker\", expected one of"))
      << "what is served must run";
  EXPECT_THAT(error_of("publish.topic = \"clicks\""), HasSubstr("the topic \"clicks\" is named twice"));
  EXPECT_THAT(error_of("kafka.group = \"\""), HasSubstr("kafka.group is empty"));
  EXPECT_THAT(error_of("[[kinds]]\nname = \"view\"\n"),
              HasSubstr("the default_kind \"click\" of \"clicks\" is not among"));
}

TEST(ConfigTest, PropertiesOfTheServiceAreRefused) {
  EXPECT_THAT(error_of("[kafka.properties]\n\"group.id\" = \"x\"\n"), HasSubstr("kafka.group"));
}

TEST(ConfigTest, EnvironmentVariablesAreFilledInAndMissingOnesNamed) {
  ::setenv("MILLRACE_TEST_SERVERS", "broker:9092", 1);
  const auto config = parse_config("kafka.bootstrap_servers = \"${MILLRACE_TEST_SERVERS},other:9092\"", "my.toml");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->kafka.bootstrap_servers, "broker:9092,other:9092");
  ::unsetenv("MILLRACE_TEST_SERVERS");
  EXPECT_THAT(error_of("kafka.group = \"${MILLRACE_TEST_SERVERS}\""),
              HasSubstr("names the environment variable MILLRACE_TEST_SERVERS, which is not set"));
  EXPECT_THAT(error_of("kafka.group = \"${oops\""), HasSubstr("without \"}\""));
}

TEST(ConfigTest, SecretsComeFromFilesAndAreNotPrinted) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "secret";
  std::ofstream(path) << "hunter2\n";
  const auto config = parse_config(
      "[kafka.properties]\nsasl.password = { file = \"" + path.string() + "\" }\nsasl.username = \"me\"\n", "my.toml");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_THAT(config->kafka.properties, ElementsAre(Pair("sasl.password", "hunter2"), Pair("sasl.username", "me")));
  const std::string printed = print_config(*config);
  EXPECT_THAT(printed, Not(HasSubstr("hunter2")));
  EXPECT_THAT(printed, HasSubstr("\"sasl.password\" = \"(redacted)\""));
  std::filesystem::remove(path);
  EXPECT_THAT(error_of("kafka.properties.\"sasl.password\" = { file = \"" + path.string() + "\" }"),
              HasSubstr("which cannot be read"));
}

TEST(ConfigTest, TheHashFollowsEveryValue) {
  Config changed;
  changed.model.encoder.dropout = 0.25F;
  EXPECT_EQ(config_hash(Config()).size(), 16U);
  EXPECT_EQ(config_hash(Config()), config_hash(Config()));
  EXPECT_NE(config_hash(changed), config_hash(Config()));
}

TEST(ConfigTest, SingleSettingsTakeThePlaceOfTheFiles) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "millrace.toml";
  std::ofstream(path) << "[lists]\nlength = 7\nexclude_seen = true\n";
  const auto config =
      load_config(path.string(), {"lists.length=9", "kafka.start=latest", "kafka.linger=\"7ms\"", "kafka.group=a b"});
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->lists.length, 9U);
  EXPECT_TRUE(config->lists.exclude_seen);
  EXPECT_EQ(config->kafka.start, StartPosition::kLatest);
  EXPECT_EQ(config->kafka.linger, Millis{7});
  EXPECT_EQ(config->kafka.group, "a b");
  std::filesystem::remove(path);
  EXPECT_THAT(load_config("", {"lists.lenght=9"}).error().message, HasSubstr("the nearest known one is lists.length"));
  EXPECT_THAT(load_config("", {"length"}).error().message, HasSubstr("expected KEY=VALUE"));
}

TEST(ConfigTest, AMissingFileIsNotFound) {
  const auto config = load_config("/nowhere/millrace.toml");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(config.error().message, HasSubstr("/nowhere/millrace.toml"));
}

TEST(ConfigUnitsTest, DurationsAndSizesAreReadAsWritten) {
  EXPECT_EQ(parse_duration("250ms"), Millis{250});
  EXPECT_EQ(parse_duration("2 h"), Millis{7'200'000});
  EXPECT_EQ(parse_duration("0s"), Millis{0});
  for (const char* wrong : {"", "5", "s", "-5s", "5 weeks", "1.5h", "99999999999999999d"}) {
    EXPECT_FALSE(parse_duration(wrong).has_value()) << wrong;
  }
  EXPECT_EQ(parse_bytes("64KiB"), 65'536U);
  EXPECT_EQ(parse_bytes("10"), 10U);
  for (const char* wrong : {"", "KiB", "-1", "5 kilobytes", "99999999TiB"}) {
    EXPECT_FALSE(parse_bytes(wrong).has_value()) << wrong;
  }
  EXPECT_EQ(format_duration(Millis{5'400'000}), "90m");
  EXPECT_EQ(format_bytes(1536), "1536B");
  EXPECT_EQ(format_bytes(3ULL << 30), "3GiB");
  EXPECT_EQ(format_float(0.006F), "0.006");
  EXPECT_EQ(format_float(40'000.0F), "40000.0");
}

TEST(ConfigUnitsTest, TheNearestNameTakesTheFewestChanges) {
  const std::vector<std::string> known{"length", "lists", "linger"};
  EXPECT_EQ(nearest_name("lenght", known), "length");
  EXPECT_EQ(nearest_name("list", known), "lists");
  EXPECT_EQ(nearest_name("x", {}), "");
}

}  // namespace
}  // namespace millrace
