#include "tests/uninterrupted.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "app/step.h"
#include "app/step_record.h"
#include "core/bytes.h"
#include "features/features.h"
#include "ingest/ingest.h"
#include "kafka/client.h"
#include "publish/publisher.h"
#include "store/memory_store.h"

namespace millrace::testing {
namespace {

constexpr Table kCompared[] = {Table::kSteps,    Table::kPartitions, Table::kSeenIds,    Table::kUsers,
                               Table::kItems,    Table::kItemIds,    Table::kNeighbours, Table::kCatalogue,
                               Table::kExamples, Table::kLists,      Table::kModel,      Table::kUserQueue};

Result<std::vector<StepRecord>> recorded_steps(const Store& store) {
  std::vector<StepRecord> steps;
  Status status = Ok{};
  MILLRACE_RETURN_IF_ERROR(store.scan(Table::kSteps, "", "", [&](std::string_view key, std::string_view value) {
    auto record = decode_step_record(read_key(key), value);
    if (record.ok()) {
      steps.push_back(std::move(record).value());
    } else {
      status = std::move(record).error();
    }
    return status.ok();
  }));
  MILLRACE_RETURN_IF_ERROR(std::move(status));
  if (!steps.empty() && steps.front().step != 1) {
    return stop_error(ErrorCode::kInvalid, "the first recorded step is " + std::to_string(steps.front().step));
  }
  return steps;
}

// Offsets of the items topic are stored beside those of the event topics, by the service and not by a step.
bool is_of_a_step(Table table, std::string_view key, std::size_t topics) {
  return table != Table::kPartitions || read_key(key, 0, 1) < topics;
}

using Topics = std::map<TopicPartition, std::map<Offset, Record>>;

class Rerun {
 public:
  Rerun(std::span<const Record> records, const Config& config, const ContentOfChange& content)
      : store_(make_memory_store()), ingest_(make_ingest(config.ingest, *store_)), content_(content) {
    for (const Record& record : records)
      topics_[{record.position.topic, record.position.partition}][record.position.offset] = record;
  }

  Status open(const Config& config, const Store& original) {
    MILLRACE_ASSIGN_OR_RETURN(step_, Step::open(step_options(config), *store_));
    MILLRACE_ASSIGN_OR_RETURN(features_, open_features(config.features, original));
    std::vector<std::pair<TopicIndex, PartitionIndex>> partitions;  // that were ever assigned
    MILLRACE_RETURN_IF_ERROR(original.scan(Table::kPartitions, "", "", [&](std::string_view key, std::string_view) {
      if (!is_of_a_step(Table::kPartitions, key, config.ingest.topics.size())) return true;
      partitions.emplace_back(TopicIndex{static_cast<std::uint8_t>(read_key(key, 0, 1))},
                              PartitionIndex{static_cast<std::int32_t>(read_key(key, 1, 4))});
      return true;
    }));
    MILLRACE_RETURN_IF_ERROR(ingest_->assign(partitions));
    for (const auto& [topic, partition] : partitions) ingest_->start_at(topic, partition, Offset{0});
    return Ok{};
  }

  Status run(const StepRecord& record) {
    StepInput input;
    input.step = record.step;
    input.effort = record.effort;
    input.reflects = record.reflects;
    for (const ItemFactsChange& change : record.changes) {
      const ItemId item = features_->item_id(change.item);
      input.changes.push_back({item, content_(item)});
    }
    const std::vector<Record> batch = records_of(record);
    input.events = ingest_->ingest(batch, false).events;
    WriteBatch changes;
    ingest_->flush(changes);
    MILLRACE_ASSIGN_OR_RETURN(const StepOutput output, step_->run(input, changes));
    return store_->commit(changes);
  }
  const Store& store() const { return *store_; }

 private:
  std::vector<Record> records_of(const StepRecord& record) {
    std::vector<Record> batch;
    for (const Reflected& reflected : record.reflects) {
      Offset& next = next_[{reflected.topic, reflected.partition}];
      auto& records = topics_[{reflected.topic, reflected.partition}];
      for (auto at = records.lower_bound(next); at != records.end() && at->first < reflected.next; ++at)
        batch.push_back(at->second);
      next = std::max(next, reflected.next);
    }
    return batch;
  }

  std::unique_ptr<Store> store_;
  std::unique_ptr<Ingest> ingest_;
  const ContentOfChange& content_;
  std::unique_ptr<Step> step_;
  std::unique_ptr<Features> features_;  // of the original: names of items
  Topics topics_;
  std::map<TopicPartition, Offset> next_;
};

// The base of versions comes from the clock, so lists are compared by their step.
std::string comparable(Table table, std::string_view key, std::string_view value) {
  if (table != Table::kLists) return std::string(value);
  auto list = decode_list(UserId(std::string(key)), value);
  if (!list.ok()) return list.error().message;
  list->version = list->step;
  return encode_list(*list);
}

Result<std::map<std::string, std::string>> rows(const Store& store, Table table, std::size_t topics) {
  std::map<std::string, std::string> all;
  MILLRACE_RETURN_IF_ERROR(store.scan(table, "", "", [&](std::string_view key, std::string_view value) {
    if (is_of_a_step(table, key, topics)) all.emplace(key, comparable(table, key, value));
    return true;
  }));
  return all;
}

// The number of rows, or a line that says how they differ.
Result<std::size_t> compare_table(Table table, const Store& store, const Store& again, std::size_t topics) {
  MILLRACE_ASSIGN_OR_RETURN(const auto expected, rows(again, table, topics));
  MILLRACE_ASSIGN_OR_RETURN(const auto found, rows(store, table, topics));
  std::size_t differing = 0;
  for (const auto& [key, value] : expected) {
    const auto row = found.find(key);
    differing += row == found.end() || row->second != value ? 1U : 0U;
  }
  if (differing == 0 && found.size() == expected.size()) return expected.size();
  return stop_error(ErrorCode::kInvalid, std::string(table_name(table)) + ": " + std::to_string(differing) + " of " +
                                             std::to_string(expected.size()) +
                                             " rows differ from the uninterrupted run's; found " +
                                             std::to_string(found.size()) + " rows");
}

}  // namespace

std::vector<std::string> differences_from_uninterrupted(std::span<const Record> records, const Config& config,
                                                        const Store& store, const ContentOfChange& content,
                                                        std::vector<std::pair<Table, std::size_t>>* compared) {
  const auto steps = recorded_steps(store);
  if (!steps.ok()) return {steps.error().message};
  Rerun rerun(records, config, content);
  if (const Status opened = rerun.open(config, store); !opened.ok()) return {opened.error().message};
  for (const StepRecord& step : *steps) {
    if (const Status run = rerun.run(step); !run.ok()) {
      return {"step " + std::to_string(step.step) + " cannot be run again: " + run.error().message};
    }
  }
  std::vector<std::string> differences;
  for (const Table table : kCompared) {
    const auto same = compare_table(table, store, rerun.store(), config.ingest.topics.size());
    if (!same.ok()) differences.push_back(same.error().message);
    if (same.ok() && compared != nullptr) compared->emplace_back(table, *same);
  }
  return differences;
}

}  // namespace millrace::testing
