// What a learner stores with a step and with a checkpoint, and what it takes back.
#include <algorithm>
#include <utility>

#include "core/bytes.h"
#include "model/families/registry.h"
#include "model/learner_of_families.h"
#include "model/model_rows.h"

namespace millrace {
namespace {

constexpr std::string_view kItemRows = "items";

}  // namespace

void LearnerOfFamilies::checkpoint(CheckpointRows& rows) {
  rows.begin(families_.size() + 1);
  workers_.run(families_.size(), [&](std::size_t f) { families_[f]->save(rows.sink(f, families_[f]->name()), false); });
  const std::size_t own = families_.size();
  std::sort(changed_items_.begin(), changed_items_.end());
  changed_items_.erase(std::unique(changed_items_.begin(), changed_items_.end()), changed_items_.end());
  const RowSink items = rows.sink(own, kItemRows);
  for (const ItemIndex item : changed_items_) items("", key_u32(raw(item)), encode_item_facts(items_->at(item)));
  changed_items_.clear();
  work_ = 0;
  LearnerState state{model_step_, trainer_.trained_until(), items_->size(), std::nullopt};
  if (pending_) state.pending = LearnerState::Pending{log_end_, pending_->replays};
  rows.sink(own, kLearnerRows)("", std::string(kStateRow), encode_learner_state(state));
  rows.finish();
}

Status LearnerOfFamilies::keep_good(const Store& store, std::span<const CheckpointRow> rows, WriteBatch& batch) {
  return guard_.keep(store, rows, batch);
}

void LearnerOfFamilies::mark_checkpoint(std::uint64_t step, WriteBatch& batch) {
  guard_.mark(step, lineup_->has_ranker() ? recommender_.encode() : "", batch);
}

void LearnerOfFamilies::save_step(WriteBatch& batch) {
  const RowSink sink = row_sink(batch, kLearnerRows);
  if (lineup_->has_ranker()) sink("", "ranker", recommender_.encode());
  sink("", "contest", lineup_->contest().encode());
  std::string watch = guard_.encode();
  if (!watch.empty()) sink("", "watch", std::move(watch));
}

template <class LoadRows>
Status LearnerOfFamilies::renew(const std::string& name, const LoadRows& load_rows) {
  const auto at = std::find_if(families_.begin(), families_.end(), [&](const auto& f) { return f->name() == name; });
  if (at == families_.end()) return Ok{};                                // the configuration has changed since
  MILLRACE_ASSIGN_OR_RETURN(*at, make_family(name, options_, *items_));  // the old one's memory is free before loading
  MILLRACE_RETURN_IF_ERROR(load_rows([&](auto table, auto key, auto value) { return (*at)->load(table, key, value); }));
  return (*at)->loaded();
}

Status LearnerOfFamilies::roll_back(std::span<const std::string> names, const Store& store, WriteBatch& batch) {
  for (const std::string& name : names) {
    if (name == kRankerLearner) {
      MILLRACE_RETURN_IF_ERROR(recommender_.decode(guard_.roll_back_ranker(batch)));
      continue;
    }
    MILLRACE_RETURN_IF_ERROR(
        renew(name, [&](const RowVisitor& load) { return guard_.roll_back(store, name, load, batch); }));
  }
  return Ok{};
}

Status LearnerOfFamilies::reload(std::span<const std::string> names, const Store& store) {
  for (const std::string& name : names) {
    if (name == kRankerLearner) continue;  // restored as of the newest step
    MILLRACE_RETURN_IF_ERROR(renew(name, [&](const RowVisitor& load) { return for_each_row(store, name, load); }));
  }
  return Ok{};
}

Status LearnerOfFamilies::restore(const Store& store) {
  MILLRACE_RETURN_IF_ERROR(restore_own_rows(store));
  MILLRACE_RETURN_IF_ERROR(guard_.load(store, model_step_));
  MILLRACE_RETURN_IF_ERROR(for_each_row(store, kItemRows, [this](auto, std::string_view key, std::string_view value) {
    return restore_item(key, value);
  }));
  std::vector<Status> restored(families_.size(), Ok{});
  workers_.run(families_.size(), [&](std::size_t f) { restored[f] = restore_family(store, *families_[f]); });
  for (Status& status : restored) MILLRACE_RETURN_IF_ERROR(std::move(status));
  return Ok{};
}

Status LearnerOfFamilies::restore_own_rows(const Store& store) {
  return for_each_row(store, kLearnerRows, [this](auto, std::string_view key, std::string_view value) -> Status {
    if (key == "ranker") return recommender_.decode(value);
    if (key == "contest") return lineup_->contest().decode(value);
    if (key == "watch") return guard_.decode(value);
    if (key.starts_with("ranker.")) return guard_.decode_ranker(key, value), Ok{};
    if (key == "blend") return Ok{};  // of a version that weighed sources, not candidates
    MILLRACE_ASSIGN_OR_RETURN(const LearnerState state, decode_learner_state(value));
    model_step_ = state.step;
    log_end_ = state.trained_until;
    if (state.pending) {
      log_end_ = state.pending->log_end;
      pending_ = {state.step, state.pending->replays};
    }
    trainer_.restore(state.trained_until);
    if (state.items > 0) items_->ensure(ItemIndex{static_cast<std::uint32_t>(state.items - 1)});
    return Ok{};
  });
}

Status LearnerOfFamilies::restore_family(const Store& store, Family& family) {
  MILLRACE_RETURN_IF_ERROR(for_each_row(
      store, family.name(), [&](auto table, auto key, auto value) { return family.load(table, key, value); }));
  return family.loaded();
}

Status LearnerOfFamilies::restore_item(std::string_view key, std::string_view value) {
  MILLRACE_ASSIGN_OR_RETURN(ItemFacts facts, decode_item_facts(value));
  if (key.size() != sizeof(ItemIndex) || read_key(key, 0, sizeof(ItemIndex)) >= items_->size()) {
    return stop_error(ErrorCode::kCorruption,
                      "restoring the learner: a row of 'items' is of no known item; restore a backup");
  }
  items_->set(ItemIndex{static_cast<std::uint32_t>(read_key(key, 0, 4))}, std::move(facts));
  return Ok{};
}

}  // namespace millrace
