// Golden bytes of tables meta and steps: a change here is a change of a stored format and needs a new version byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/pipeline_partition_counts.h"
#include "app/pipeline_versions.h"
#include "app/state_meta.h"
#include "app/step_record.h"
#include "model/nn/vector_ops.h"
#include "store/memory_store.h"
#include "tests/app/step_fixture.h"
#include "tests/golden.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// Of table meta, by name.
HexRows meta_rows(const WriteBatch& batch) {
  HexRows rows;
  for (const WriteBatch::Operation& operation : batch.operations()) {
    if (operation.table == Table::kMeta) rows[operation.key] = hex(operation.value.value());
  }
  return rows;
}

std::unique_ptr<Store> store_with(const std::string& key, std::string_view value) {
  auto store = make_memory_store();
  WriteBatch batch;
  batch.put(Table::kMeta, key, unhex(value));
  EXPECT_TRUE(store->commit(batch).ok());
  return store;
}

TEST(GoldenMeta, Counters) {
  WriteBatch batch;
  put_meta_counter(batch, kLastStepKey, 300);
  put_meta_counter(batch, kCheckpointStepKey, 7);
  put_meta_counter(batch, kVersionBaseKey, 1'700'000'000'000'000);
  EXPECT_THAT(meta_rows(batch), ElementsAre(Pair("checkpoint_step", "0107"), Pair("last_step", "01ac02"),
                                            Pair("version_base", "018080f9c0c1c48203")));
}

TEST(GoldenMeta, TheVersionBase) {
  const auto store = store_with("version_base", "01 ac02");
  WriteBatch batch;
  auto versions = Versions::open(*store, batch);
  ASSERT_TRUE(versions.ok()) << versions.error().message;
  EXPECT_EQ(versions->base(), 300U);
  versions->raise(0, 50, Millis{1}, batch);
  EXPECT_EQ(meta_rows(batch)["version_base"], packed("01 b607")) << "1,000 microseconds less 50 steps";
}

TEST(GoldenMeta, TheIdentity) {
  const auto store = store_with("identity", "01 10 30313233343536373839616263646566");
  WriteBatch batch;
  EXPECT_EQ(Versions::open(*store, batch)->identity(), "0123456789abcdef");
  EXPECT_TRUE(batch.empty());
  const std::string drawn = Versions::open(*make_memory_store(), batch)->identity();
  EXPECT_THAT(meta_rows(batch), ElementsAre(Pair("identity", packed("01 10" + hex(drawn)))));
}

TEST(GoldenMeta, ThePartitionsOfTopics) {
  WriteBatch batch;
  put_partition_counts(std::vector<std::int32_t>{4, 300}, batch);
  EXPECT_THAT(meta_rows(batch), ElementsAre(Pair("topic_partitions", packed("01 02 04 ac02"))));
}

TEST(GoldenMeta, TheEngine) {
  EXPECT_EQ(read_meta_engine(*store_with("engine", "01 07 332e302041564d")).value(), "3.0 AVM");
}

TEST(GoldenMeta, TheNoteOfCommittedOffsets) {
  EXPECT_EQ(write_note({300, "0123456789abcdef"}), "version=300 store=0123456789abcdef");
}

StepRecord sample_record() {
  StepRecord record;
  record.step = 5;
  record.first_example = 300;
  record.examples = 3;
  record.item_count = 7;
  record.effort = {4, 200, 50};
  record.reflects = {{TopicIndex{1}, PartitionIndex{2}, Offset{300}}, {TopicIndex{1}, PartitionIndex{3}, Offset{4}}};
  record.changes = {{ItemIndex{6}, {false, 1.0F, {0x01020304, 7}, 1}}};
  return record;
}

const std::string kSampleRecord =
    "ac02 03 07 04 c801 32"                             // first example, examples, items, replays, ranked, depth
    "02 01 04 d804 01 06 08"                            // boundaries
    "01 06 10 02 00 0000803f 02 04030201 07000000 01";  // changes

TEST(GoldenSteps, ARecord) { EXPECT_EQ(hex(encode_step_record(sample_record())), packed("02" + kSampleRecord)); }

TEST(GoldenSteps, ARecordWithLearnersThatWereRolledBack) {
  StepRecord record = sample_record();
  record.rolled_back = {"encoder", "ranker"};
  EXPECT_EQ(hex(encode_step_record(record)), packed("03" + kSampleRecord + "02 07656e636f646572 0672616e6b6572"));
}

TEST(GoldenSteps, ARecordOfTheFirstVersionIsOfFullDepth) {
  StepRecord expected = sample_record();
  expected.effort.depth_percent = 100;
  std::string row = packed("01" + kSampleRecord);
  row.erase(packed("01 ac02 03 07 04 c801").size(), 2);
  EXPECT_EQ(decode_step_record(5, unhex(row)).value(), expected);
}

TEST(GoldenSteps, AStepWritesItsRecordItsNumberAndItsEngine) {
  const auto store = make_memory_store();
  auto step = Step::open(small_step_options(), *store);
  ASSERT_TRUE(step.ok()) << step.error().message;
  const auto events = walk_events(2, 1);
  WriteBatch batch;
  const auto output = (*step)->run(step_input(258, events), batch);
  ASSERT_TRUE(output.ok()) << output.error().message;
  HexRows meta = meta_rows(batch);
  EXPECT_EQ(meta["last_step"], "018202");
  const std::string engine = nn::engine_signature();
  ASSERT_LT(engine.size(), 128U);
  EXPECT_EQ(meta["engine"], "01" + hex(std::string(1, static_cast<char>(engine.size()))) + hex(engine));
  EXPECT_EQ(hex_rows(batch)["steps/0000000000000102"],
            packed("02 00 02 02 04 08 64 04 00 00 8404 00 02 8404 00 04 8404 00 06 8404 00"));
}

}  // namespace
}  // namespace millrace::testing
