#include "ingest/file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ingest/delimited.h"
#include "tests/ingest/ingest_fixture.h"
#include "tests/temporary_directory.h"

namespace millrace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class FileSourceTest : public testing::Test {
 protected:
  FileOptions write(FileFormat format, const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    FileOptions options;
    options.path = path_;
    options.format = format;
    options.kinds = test_options().kinds;
    options.mapping.default_kind = "click";
    return options;
  }
  // Every event, or the first error as the only id.
  std::vector<Event> read(const FileOptions& options) {
    auto source = open_file_source(options);
    if (!source.ok()) return failed(source.error());
    std::vector<Event> events;
    while (true) {
      auto event = (*source)->next();
      if (!event.ok()) return failed(event.error());
      if (!event->has_value()) break;
      events.push_back(std::move(**event));
    }
    EXPECT_GE((*source)->bytes_read(), (*source)->bytes_total());
    return events;
  }
  std::vector<Event> failed(const Error& error) {
    message_ = error.message;
    return {};
  }
  TemporaryDirectory directory_;
  std::string path_ = directory_.string() + "/events";
  std::string message_;
};

TEST_F(FileSourceTest, CsvHonoursQuotesLineBreaksAndCarriageReturns) {
  const auto events = read(write(FileFormat::kCsv,
                                 "\xef\xbb\xbfitem_id,event_time,\"user_id\",event_type\r\n"
                                 "\"a,\"\"b\"\"\",1000,u1,purchase\r\n\r\n\"two\nlines\",2000,\"u2\",\r\n"));
  ASSERT_EQ(events.size(), 2U) << message_;
  EXPECT_EQ(events[0].item, ItemId("a,\"b\""));
  EXPECT_EQ(events[0].kind, KindIndex{1});
  EXPECT_EQ(events[0].event_time.count, 1000);
  EXPECT_EQ(events[0].position.offset, Offset{1});
  EXPECT_EQ(events[1].item, ItemId("two\nlines"));
  EXPECT_EQ(events[1].user, UserId("u2"));
  EXPECT_EQ(events[1].kind, KindIndex{0});
}

TEST_F(FileSourceTest, TsvTakesQuotesAsTheyAre) {
  FileOptions options = write(FileFormat::kTsv, "u:token\ti:token\tr:float\tt:float\n196\t\"2\t3\t881250949\n");
  options.mapping.user = "u:token";
  options.mapping.item = "i:token";
  options.mapping.value = "r:float";
  options.mapping.time = "t:float";
  options.mapping.time_unit = TimeUnit::kSeconds;
  options.mapping.default_kind = "rating";
  const auto events = read(options);
  ASSERT_EQ(events.size(), 1U) << message_;
  EXPECT_EQ(events[0].item, ItemId("\"2"));
  EXPECT_EQ(events[0].value, 3.0F);
  EXPECT_EQ(events[0].event_time.count, 881'250'949'000);
}

TEST_F(FileSourceTest, JsonLinesAreRecords) {
  const auto events =
      read(write(FileFormat::kJsonLines, event_json("u1", "tab\there", kNow) + "\n" + event_json("u2", "i", kNow)));
  EXPECT_TRUE(events.empty());
  EXPECT_THAT(message_, HasSubstr("line 1: bad_json"));
  const auto good =
      read(write(FileFormat::kJsonLines, event_json("u1", "a", kNow) + "\n" + event_json("u2", "i", kNow)));
  ASSERT_EQ(good.size(), 2U);
  EXPECT_EQ(good[1].user, UserId("u2"));
}

TEST_F(FileSourceTest, SessionItemLinesCountSecondsByLine) {
  const auto events = read(write(FileFormat::kSessionItem, "7 100\n7\t101\n8 100\n"));
  ASSERT_EQ(events.size(), 3U) << message_;
  EXPECT_EQ(events[1].user, UserId("7"));
  EXPECT_EQ(events[1].session, "7");
  EXPECT_EQ(events[1].item, ItemId("101"));
  EXPECT_EQ(events[2].event_time.count, 3000);
  for (const char* line : {"7\n", "7 1 2\n", " 1\n", "7 \n"}) {
    EXPECT_TRUE(read(write(FileFormat::kSessionItem, std::string("1 1\n") + line)).empty());
    EXPECT_THAT(message_, HasSubstr("line 2: expected a session and an item")) << line;
  }
}

TEST_F(FileSourceTest, ErrorsNameFileLineAndField) {
  EXPECT_TRUE(read(write(FileFormat::kCsv, "user_id,item_id,event_time\nu,i,1000\nu,i,noon\n")).empty());
  EXPECT_THAT(message_, HasSubstr(path_ + ", line 3: bad_time: event_time: found \"noon\""));
  EXPECT_TRUE(read(write(FileFormat::kCsv, "user,item_id,event_time\nu,i,1\n")).empty());
  EXPECT_THAT(message_, HasSubstr("no column user_id; it has user, item_id, event_time"));
  EXPECT_TRUE(read(write(FileFormat::kCsv, "")).empty());
  EXPECT_THAT(message_, HasSubstr("it is empty"));
  EXPECT_TRUE(read(write(FileFormat::kCsv, "user_id,item_id,event_time\n\"u,i,1\n")).empty());
  EXPECT_THAT(message_, HasSubstr("line 2: a quote is opened and never closed"));
  EXPECT_TRUE(read(write(FileFormat::kCsv, "user_id,item_id,event_time\n\"u\"x,i,1\n")).empty());
  EXPECT_THAT(message_, HasSubstr("text follows a closing quote"));
  FileOptions missing;
  missing.path = "/nonexistent/file";
  EXPECT_EQ(open_file_source(missing).error().code, ErrorCode::kNotFound);
  missing.path = testing::TempDir();
  EXPECT_FALSE(open_file_source(missing).ok());
}

TEST_F(FileSourceTest, RowsAreBounded) {
  EXPECT_TRUE(read(write(FileFormat::kCsv, "user_id,item_id,event_time\nu,\"" + std::string(3 << 20, 'x'))).empty());
  EXPECT_THAT(message_, HasSubstr("longer than 1 MiB"));
  std::string lines;
  for (int i = 0; i < 3000; ++i) lines += std::string(1000, 'x') + "\n";
  EXPECT_TRUE(read(write(FileFormat::kCsv, "user_id,item_id,event_time\nu,\"" + lines)).empty());
  EXPECT_THAT(message_, HasSubstr("not closed within 1 MiB"));
}

TEST_F(FileSourceTest, WithoutATimePathTheLineIsTheClock) {
  FileOptions options = write(FileFormat::kCsv, "user_id,item_id\nu,i\nu,j\n");
  options.mapping.time = "";
  const auto events = read(options);
  ASSERT_EQ(events.size(), 2U) << message_;
  EXPECT_EQ(events[1].event_time.count, 3000);
}

TEST_F(FileSourceTest, FormatsAreNamed) {
  EXPECT_EQ(*parse_file_format("session-item"), FileFormat::kSessionItem);
  EXPECT_THAT(parse_file_format("xml").error().message, HasSubstr("expected csv, tsv, jsonl or session-item"));
}

TEST_F(FileSourceTest, DelimitedRowsKeepEmptyCells) {
  write(FileFormat::kCsv, ",a,,\"\",\n");
  auto rows = DelimitedReader::open(path_, Delimited::kCommaQuoted);
  std::vector<std::string> cells;
  ASSERT_TRUE(*rows->next(cells));
  EXPECT_THAT(cells, ElementsAre("", "a", "", "", ""));
  EXPECT_FALSE(*rows->next(cells));
}

}  // namespace
}  // namespace millrace
