#include "app/verify_tables.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/state_checks.h"
#include "app/state_meta.h"
#include "app/step_record.h"
#include "core/bytes.h"
#include "features/counters.h"
#include "features/features.h"
#include "features/rows.h"
#include "features/user_queue.h"
#include "ingest/partition_ledger.h"
#include "model/example_log.h"
#include "model/learner.h"
#include "publish/dead_letter.h"
#include "publish/delivery_marks.h"
#include "publish/publisher.h"

namespace millrace {
namespace {

constexpr std::size_t kPartitionKeyBytes = 5;

std::string text(std::uint64_t number) { return std::to_string(number); }

// Ids are not shown: a report may travel further than the data.
std::string row_name(std::uint64_t row) { return "row " + text(row) + ": "; }

class TableVerifier {
 public:
  TableVerifier(const Config& config, const Store& store, VerifyReport& report,
                const std::function<void(std::uint64_t)>& progress)
      : config_(config), store_(store), report_(report), progress_(progress) {}

  void run() {
    verify_meta();
    verify_item_ids();
    verify_steps();
    verify_partitions();
    verify_seen_ids();
    verify_users();
    verify_user_queue();
    verify_items();
    verify_neighbours();
    scan<ContentRow>(Table::kCatalogue, [](auto, auto value) { return ContentRows::decode(value); });
    verify_examples();
    verify_lists();
    verify_dirty();
    verify_dead_letters();
    verify_model();
    report_.begin("tables agree");
    expect(check_state(store_));
  }

 private:
  using Visit = std::function<Status(std::string_view key, std::string_view value)>;

  void expect(const Status& status) {
    if (!status.ok()) report_.problem(status.error().message);
  }
  void expect(bool holds, const std::string& otherwise) {
    if (!holds) report_.problem(otherwise);
  }

  // One line of the report.
  std::uint64_t scan_rows(Table table, const Visit& visit) {
    report_.begin(std::string(table_name(table)));
    std::uint64_t rows = 0;
    expect(store_.scan(table, "", "", [&](std::string_view key, std::string_view value) {
      ++rows;
      const Status status = visit(key, value);
      if (!status.ok()) report_.problem(row_name(rows) + status.error().message);
      if (++done_ % 1024 == 0) progress_(done_);
      return true;
    }));
    report_.found(text(rows) + (rows == 1 ? " row" : " rows"));
    return rows;
  }
  template <class Row, class Decode>
  std::uint64_t scan(Table table, const Decode& decode,
                     const std::function<void(std::string_view, const Row&)>& look = {}) {
    return scan_rows(table, [&](std::string_view key, std::string_view value) -> Status {
      MILLRACE_ASSIGN_OR_RETURN(const Row row, decode(key, value));
      if (look) look(key, row);
      return Ok{};
    });
  }
  // Keys of a fixed size; others would be read beyond their end.
  static Result<std::uint64_t> number_key(std::string_view key, std::size_t bytes = 8) {
    if (key.size() == bytes) return read_key(key, 0, static_cast<int>(bytes));
    return stop_error(ErrorCode::kCorruption, "its key has " + text(key.size()) + " bytes, expected " + text(bytes));
  }
  void known(ItemIndex item) {
    if (item != kUnknownItem) expect(raw(item) < items_, "names item " + text(raw(item)) + " of " + text(items_));
  }

  void verify_meta() {
    scan_rows(Table::kMeta, [](auto, auto value) -> Status {
      if (!value.empty()) return Ok{};
      return stop_error(ErrorCode::kCorruption, "it is empty");
    });
    last_step_ = counter(kLastStepKey);
    checkpoint_ = counter(kCheckpointStepKey);
    base_ = counter(kVersionBaseKey);
    const auto engine = read_meta_engine(store_);
    if (!engine.ok()) report_.problem(engine.error().message);
    auto counters = load_counters(store_, config_.kinds);
    if (counters.ok()) {
      counters_ = std::move(*counters);
    } else {
      report_.problem(counters.error().message);
    }
  }
  std::uint64_t counter(std::string_view key) {
    const auto found = read_meta_counter(store_, key);
    if (!found.ok()) report_.problem(found.error().message);
    return found.ok() ? *found : 0;
  }

  void verify_item_ids() {
    std::set<std::uint64_t> numbers;
    items_ = scan_rows(Table::kItemIds, [&](auto, auto value) -> Status {
      ByteReader in(value);
      const std::uint8_t version = in.u8();
      const std::uint64_t number = in.varint();
      if (version != 1 || !in.done()) return stop_error(ErrorCode::kCorruption, "it is unreadable");
      expect(numbers.insert(number).second, "item number " + text(number) + " is given twice");
      return Ok{};
    });
    expect(numbers.empty() || *numbers.rbegin() + 1 == items_, "the numbers are not 0 to " + text(items_ - 1));
  }

  void verify_steps() {
    std::optional<StepRecord> former;
    scan<StepRecord>(
        Table::kSteps,
        [](auto key, auto value) -> Result<StepRecord> {
          MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t step, number_key(key));
          return decode_step_record(step, value);
        },
        [&](auto, const StepRecord& record) {
          if (former) {
            expect(record.step == former->step + 1,
                   "step " + text(record.step) + " follows step " + text(former->step));
            expect(record.first_example == former->first_example + former->examples,
                   "step " + text(record.step) + " does not go on where the examples of the step before end");
            expect(record.item_count >= former->item_count,
                   "step " + text(record.step) + " knows fewer items than before");
          }
          expect(record.item_count <= items_, "step " + text(record.step) + " knows more items than there are names");
          former = record;
        });
    expect((former ? former->step : 0) == last_step_, "the newest step should be " + text(last_step_));
    if (former) examples_end_ = former->first_example + former->examples;
  }

  void verify_partitions() {
    scan<PartitionState>(
        Table::kPartitions, [](auto, auto value) { return decode_partition(value); },
        [&](std::string_view key, const PartitionState& state) {
          expect(key.size() == kPartitionKeyBytes, "a key has " + text(key.size()) + " bytes");
          std::uint64_t settled = 0;
          for (const std::uint64_t count : state.outcomes) settled += count;
          expect(raw(state.next) >= 0 && settled <= static_cast<std::uint64_t>(raw(state.next)),
                 "there are more outcomes (" + text(settled) + ") than records before offset " +
                     std::to_string(raw(state.next)));
          seen_[std::string(key)] = state.seen_slots;
        });
  }

  // Of each partition the newest ids, without a gap.
  void verify_seen_ids() {
    struct Remembered {
      std::uint64_t ids = 0;
      std::uint64_t lowest = ~0ULL;
    };
    std::map<std::string, Remembered> partitions;
    scan_rows(Table::kSeenIds, [&](std::string_view key, std::string_view value) -> Status {
      MILLRACE_ASSIGN_OR_RETURN(const SeenIds row, decode_seen_ids(key, value));
      const std::string partition(key.substr(0, kPartitionKeyBytes));
      const auto ever = seen_.find(partition);
      expect(ever != seen_.end() && row.first + row.ids.size() <= ever->second, "an id is newer than its partition");
      Remembered& remembered = partitions[partition];
      remembered.ids += row.ids.size();
      remembered.lowest = std::min(remembered.lowest, row.first);
      return Ok{};
    });
    for (const auto& [partition, remembered] : partitions) {
      expect(remembered.lowest + remembered.ids == seen_[partition], "a partition remembers " + text(remembered.ids) +
                                                                         " ids from number " + text(remembered.lowest) +
                                                                         " on, of " + text(seen_[partition]));
    }
  }

  void verify_users() {
    std::set<std::uint64_t> met;
    users_ = scan<UserState>(
        Table::kUsers, [](auto, auto value) { return decode_user(value); },
        [&](auto, const UserState& user) {
          const std::uint64_t index = raw(user.index);
          expect(met.insert(index).second, "user number " + text(index) + " is given twice");
          expect(index < counters_.next_user,
                 "user number " + text(index) + " was never given; the next is " + text(counters_.next_user));
          expect(user.session < counters_.next_session, "session " + text(user.session) + " was never given");
          expect(user.kinds.size() <= counters_.kinds.size(), "a user has counters of more kinds than there are");
          for (const Interaction& entry : user.history) known(entry.item);
          for (const SeenItem& entry : user.seen) known(entry.item);
        });
  }

  // Every user has one place, and the places are those between the ends.
  void verify_user_queue() {
    std::uint64_t places = 0;
    for (std::size_t rank = 0; rank < kUserRanks; ++rank)
      places += counters_.queue[rank].next - counters_.queue[rank].first;
    std::set<std::string> users;
    const std::uint64_t rows = scan<QueuedUser>(
        Table::kUserQueue, [](auto, auto value) { return decode_queued_user(value); },
        [&](std::string_view key, const QueuedUser& queued) {
          const std::size_t rank = key.empty() ? kUserRanks : static_cast<std::uint8_t>(key[0]);
          const auto place = number_key(key.substr(std::min<std::size_t>(1, key.size())));
          const bool between = rank < kUserRanks && place.ok() && *place >= counters_.queue[rank].first &&
                               *place < counters_.queue[rank].next;
          expect(between, "a place is outside the queue");
          expect(users.insert(queued.user).second, "a user has two places");
          const auto row = store_.get(Table::kUsers, queued.user);
          expect(row.ok() && row->has_value(), "a place is of no known user");
        });
    expect(rows == places, "there should be " + text(places) + " places");
    expect(!counters_.queued || rows == users_, "there are " + text(users_) + " users");
  }

  void verify_items() {
    scan<ItemState>(
        Table::kItems, [](auto, auto value) { return decode_item(value); },
        [&](std::string_view key, const ItemState& item) {
          const auto number = number_key(key, 4);
          expect(number.ok() && *number < items_, "an item has no name");
          expect(item.kinds.size() <= counters_.kinds.size(), "an item has counters of more kinds than there are");
        });
  }

  void verify_neighbours() {
    scan<NeighbourRow>(
        Table::kNeighbours, [](auto, auto value) { return decode_neighbours(value); },
        [&](std::string_view key, const NeighbourRow& row) {
          expect(key.size() == 5 && read_key(key, 0, 4) < items_ && key[4] <= 1, "it is of no known item");
          for (const WeightedKey& neighbour : row.weights) known(ItemIndex{neighbour.key});
        });
  }

  void verify_examples() {
    std::optional<std::uint64_t> former;
    scan<Example>(
        Table::kExamples,
        [](auto key, auto value) -> Result<Example> {
          MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t sequence, number_key(key));
          return decode_example(sequence, value);
        },
        [&](auto, const Example& example) {
          if (former) expect(example.sequence == *former + 1, "a gap before example " + text(example.sequence));
          former = example.sequence;
          known(example.item);
          expect(raw(example.context.user) < counters_.next_user,
                 "example " + text(example.sequence) + " is of no known user");
        });
    expect((former ? *former + 1 : 0) == examples_end_,
           "the log ends at " + text(former ? *former + 1 : 0) + ", the steps at " + text(examples_end_));
  }

  void verify_lists() {
    scan<RecommendationList>(
        Table::kLists, [](auto key, auto value) { return decode_list(UserId(std::string(key)), value); },
        [&](auto, const RecommendationList& list) {
          expect(list.step <= last_step_ && list.model_step <= list.step, "a list is of a step that never was");
          expect(list.version <= base_ + last_step_, "a list has version " + text(list.version) + ", above the base " +
                                                         text(base_) + " and step " + text(last_step_));
          for (const RankedItem& entry : list.items) known(entry.item);
        });
  }

  // The list that a mark names may have been replaced by a newer one, or its user have made room for others.
  void verify_dirty() {
    scan_rows(Table::kDirty, [&](std::string_view key, std::string_view value) -> Status {
      MILLRACE_ASSIGN_OR_RETURN(const DeliveryMark mark, decode_mark(key, value));
      expect(mark.version <= base_ + last_step_, "a mark has version " + text(mark.version) + ", above the base " +
                                                     text(base_) + " and step " + text(last_step_));
      for (const UserId& user : mark.users) {
        MILLRACE_ASSIGN_OR_RETURN(const auto row, store_.get(Table::kLists, user.bytes));
        if (!row) continue;
        MILLRACE_ASSIGN_OR_RETURN(const RecommendationList list, decode_list(user, *row));
        if (list.version >= mark.version) continue;
        return stop_error(ErrorCode::kCorruption,
                          "it is of version " + text(mark.version) + ", the list of " + text(list.version));
      }
      return Ok{};
    });
  }

  void verify_dead_letters() {
    scan_rows(Table::kDeadLetters, [](std::string_view key, std::string_view value) -> Status {
      MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t sequence, number_key(key));
      const auto letter = decode_dead_letter(sequence, value);
      return letter.ok() ? Status(Ok{}) : Status(letter.error());
    });
  }

  // The rows of the configured families are read as a start reads them.
  void verify_model() {
    scan_rows(Table::kModel, [](std::string_view key, auto) -> Status {
      const auto owner = key.find('\0');
      const bool named = owner != std::string_view::npos && key.find('\0', owner + 1) != std::string_view::npos;
      if (named) return Ok{};
      return stop_error(ErrorCode::kCorruption, "its key names no owner and table");
    });
    auto learner = make_learner(config_.model);
    if (!learner.ok()) return report_.problem(learner.error().message);
    const Status restored = (*learner)->restore(store_);
    expect(restored);
    if (restored.ok()) {
      // A checkpoint whose step did not end is concluded by the next start.
      expect((*learner)->model_step() >= checkpoint_ && (*learner)->model_step() <= last_step_,
             "it is of step " + text((*learner)->model_step()) + ", the checkpoint of step " + text(checkpoint_) +
                 ", the newest step is " + text(last_step_));
    }
  }

  const Config& config_;
  const Store& store_;
  VerifyReport& report_;
  const std::function<void(std::uint64_t)>& progress_;
  std::uint64_t done_ = 0;
  std::uint64_t last_step_ = 0;
  std::uint64_t checkpoint_ = 0;
  std::uint64_t base_ = 0;
  std::uint64_t items_ = 0;
  std::uint64_t users_ = 0;
  std::uint64_t examples_end_ = 0;
  FeatureCounters counters_;
  std::map<std::string, std::uint64_t> seen_;  // ids ever remembered, by partition
};

}  // namespace

void verify_tables(const Config& config, const Store& store, VerifyReport& report,
                   const std::function<void(std::uint64_t)>& progress) {
  TableVerifier(config, store, report, progress).run();
}

}  // namespace millrace
