// Statuses of RocksDB as Errors, where its code alone does not tell what an operator has to mend.
#include <gtest/gtest.h>

#include "store/rocks_database.h"

namespace millrace::testing {
namespace {

// What RocksDB says where a bulk write waits for a flush that met the full disk in the background.
TEST(RocksError, KnowsAFullDiskAndAForbiddenOneUnderTheCodeOfAFlushGivenUp) {
  const auto code = [](const char* text) { return rocks_error(rocksdb::Status::Incomplete(text), "writing").code; };
  EXPECT_EQ(code("IO error: No space left on device: While appending to file: /s/1.sst"), ErrorCode::kNoSpace);
  EXPECT_EQ(code("IO error: While appending to file: /s/1.sst: Read-only file system"), ErrorCode::kDenied);
  EXPECT_EQ(code("IO error: While appending to file: /s/1.sst: Input/output error"), ErrorCode::kIo);
}

}  // namespace
}  // namespace millrace::testing
