// The rows of Table::kModel: owner's name, 0, the owner's table, 0, the owner's key. Owners are families, the learner
// and the item facts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "model/families/family.h"
#include "model/item_table.h"
#include "store/store.h"

namespace millrace {

// `batch` must outlive the sink.
RowSink row_sink(WriteBatch& batch, std::string_view owner);

using RowVisitor = std::function<Status(std::string_view table, std::string_view key, std::string_view value)>;
// Stops at the first error and returns it.
Status for_each_row(const Store& store, std::string_view owner, const RowVisitor& visit);

// The learner's own rows: its state, and what is saved with every step.
inline constexpr std::string_view kLearnerRows = "learner";
inline constexpr std::string_view kStateRow = "state";
// A row's key in table model: owner, 0, table, 0, key.
void append_model_row_key(std::string_view owner, std::string_view table, std::string_view key, std::string& out);
std::string model_row_key(std::string_view owner, std::string_view table, std::string_view key);
std::string_view model_row_owner(std::string_view key);

// Row "state" of owner "learner": what a checkpoint is of.
struct LearnerState {
  struct Pending {
    std::uint64_t log_end = 0;  // sequence after the last example to train on
    std::uint32_t replays = 0;
  };
  std::uint64_t step = 0;
  std::uint64_t trained_until = 0;  // sequence of the first example not yet trained on
  std::uint64_t items = 0;          // known
  std::optional<Pending> pending;   // training that the step has left
};
std::string encode_learner_state(const LearnerState& state);
Result<LearnerState> decode_learner_state(std::string_view bytes);
// Of the checkpoint that `store` holds; nullopt: none yet.
Result<std::optional<LearnerState>> read_learner_state(const Store& store);

std::string encode_item_facts(const ItemFacts& facts);
Result<ItemFacts> decode_item_facts(std::string_view bytes);

}  // namespace millrace
