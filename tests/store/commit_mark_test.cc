// Golden bytes of the file ACKNOWLEDGED: a change here is a change of a stored format and needs a new version byte.
#include "store/commit_mark.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "core/hash.h"
#include "tests/golden.h"
#include "tests/temporary_directory.h"

namespace millrace::testing {
namespace {

TEST(CommitMark, TheBytesAreFrozen) {
  const TemporaryDirectory directory;
  auto mark = CommitMark::open(directory.string());
  ASSERT_TRUE(mark.ok()) << mark.error().message;
  mark->note(258);
  std::ifstream file(directory.string() + "/ACKNOWLEDGED", std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  ASSERT_EQ(bytes.size(), 25U);
  EXPECT_EQ(hex(bytes.substr(0, 9)), packed("01 0201000000000000"));
  ByteWriter sum;
  sum.u64(fnv1a(bytes.substr(1, 16)));  // of the sequence number and of what names this one file
  EXPECT_EQ(bytes.substr(17), sum.bytes());
}

}  // namespace
}  // namespace millrace::testing
