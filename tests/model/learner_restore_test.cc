// What a learner makes of rows that an older version left.
#include <gtest/gtest.h>

#include "model/learner.h"
#include "model/model_rows.h"
#include "store/memory_store.h"

namespace millrace {
namespace {

Status restored_from(std::string_view key, const std::string& value) {
  const auto store = make_memory_store();
  WriteBatch batch;
  row_sink(batch, "learner")("", std::string(key), value);
  if (Status status = store->commit(batch); !status.ok()) return status;
  ModelOptions options;
  options.families = {"popular"};
  return make_learner(options).value()->restore(*store);
}

TEST(LearnerRestore, PassesOverTheWeightsOfSourcesThatTheRankerReplaced) {
  EXPECT_TRUE(restored_from("blend", std::string{"\x01\x02", 2}).ok());
}

TEST(LearnerRestore, RefusesAStateThatItCannotRead) {
  const Status status = restored_from("state", std::string{"\x01\x02", 2});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace millrace
