#include "store/format.h"

#include <gmock/gmock.h>

#include <set>

#include "store/store.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

TEST(StoreFormat, IsFrozenAndOlderOnesAreStillRead) {
  EXPECT_EQ(encode_store_format(), std::string("\x01\x03", 2));
  for (const char* format : {"\x01\x03", "\x01\x02", "\x01\x01"}) EXPECT_TRUE(check_store_format(format, "/d").ok());
}

TEST(StoreFormat, ANewerFormatIsRefusedByNumber) {
  const Status status = check_store_format("\x01\x04", "/data/store");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(status.error().message, HasSubstr("/data/store"));
  EXPECT_THAT(status.error().message, HasSubstr("format 4"));
}

TEST(StoreFormat, OtherBytesAreCorruption) {
  for (const std::string& bytes : {std::string(), std::string("\x01", 1), std::string("\x02\x01", 2),
                                   std::string("\x01\x01\x00", 3), std::string("\x01\xff", 2)}) {
    const Status status = check_store_format(bytes, "/d");
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kCorruption);
  }
}

TEST(StoreFormat, TableNamesAreFrozen) {
  std::string names;
  for (std::size_t i = 0; i < kTables; ++i) names += std::string(table_name(static_cast<Table>(i))) + " ";
  EXPECT_EQ(names,
            "meta steps partitions seen_ids users items item_ids neighbours catalogue examples lists dirty "
            "dead_letters model user_queue ");
}

}  // namespace
}  // namespace millrace
