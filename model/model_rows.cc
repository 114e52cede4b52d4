#include "model/model_rows.h"

#include <utility>

#include "core/bytes.h"

namespace millrace {
namespace {

constexpr std::uint8_t kStateVersion = 2;
constexpr std::uint8_t kStateBeforePending = 1;
constexpr std::uint8_t kFactsVersion = 2;
constexpr std::uint8_t kFactsBeforeCategories = 1;

}  // namespace

void append_model_row_key(std::string_view owner, std::string_view table, std::string_view key, std::string& out) {
  out.append(owner).push_back('\0');
  out.append(table).push_back('\0');
  out.append(key);
}

std::string model_row_key(std::string_view owner, std::string_view table, std::string_view key) {
  std::string full;
  append_model_row_key(owner, table, key, full);
  return full;
}

std::string_view model_row_owner(std::string_view key) { return key.substr(0, key.find('\0')); }

RowSink row_sink(WriteBatch& batch, std::string_view owner) {
  return [&batch, owner = std::string(owner)](std::string_view table, const std::string& key,
                                              std::optional<std::string> value) {
    std::string full = model_row_key(owner, table, key);
    if (value) {
      batch.put(Table::kModel, std::move(full), *std::move(value));
    } else {
      batch.erase(Table::kModel, std::move(full));
    }
  };
}

Status for_each_row(const Store& store, std::string_view owner, const RowVisitor& visit) {
  const std::string prefix = std::string(owner) + '\0';
  Status status = Ok{};
  MILLRACE_RETURN_IF_ERROR(store.scan(Table::kModel, prefix, prefix, [&](std::string_view key, std::string_view value) {
    key.remove_prefix(prefix.size());
    const std::size_t end = key.find('\0');
    status = end == std::string_view::npos
                 ? Status(stop_error(ErrorCode::kCorruption, "restoring the model: a row of '" + std::string(owner) +
                                                                 "' has a malformed key; restore a backup"))
                 : visit(key.substr(0, end), key.substr(end + 1), value);
    return status.ok();
  }));
  return status;
}

std::string encode_learner_state(const LearnerState& state) {
  ByteWriter out;
  out.u8(kStateVersion);
  for (const std::uint64_t number : {state.step, state.trained_until, state.items}) out.varint(number);
  out.u8(state.pending ? 1 : 0);
  if (state.pending) {
    out.varint(state.pending->log_end);
    out.varint(state.pending->replays);
  }
  return out.take();
}

Result<LearnerState> decode_learner_state(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  LearnerState state;
  for (std::uint64_t* number : {&state.step, &state.trained_until, &state.items}) *number = in.varint();
  if (format == kStateVersion && in.u8() != 0) {
    const std::uint64_t log_end = in.varint();
    state.pending = LearnerState::Pending{log_end, static_cast<std::uint32_t>(in.varint())};
  }
  const bool known = format == kStateVersion || format == kStateBeforePending;
  if (known && in.done()) return state;
  return stop_error(ErrorCode::kCorruption, "restoring the learner: its state row is unreadable; restore a backup");
}

Result<std::optional<LearnerState>> read_learner_state(const Store& store) {
  MILLRACE_ASSIGN_OR_RETURN(const auto row, store.get(Table::kModel, model_row_key(kLearnerRows, "", kStateRow)));
  if (!row) return std::optional<LearnerState>();
  MILLRACE_ASSIGN_OR_RETURN(const LearnerState state, decode_learner_state(*row));
  return std::optional(state);
}

std::string encode_item_facts(const ItemFacts& facts) {
  ByteWriter out;
  out.u8(kFactsVersion);
  out.u8(facts.available ? 1 : 0);
  out.f32(facts.price);
  out.varint(facts.tokens.size());
  for (const std::uint32_t token : facts.tokens) out.u32(token);
  out.varint(facts.categories);
  return out.take();
}

Result<ItemFacts> decode_item_facts(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  ItemFacts facts;
  facts.available = in.u8() != 0;
  facts.price = in.f32();
  const std::uint64_t tokens = in.varint();
  for (std::uint64_t i = 0; i < tokens && in.ok(); ++i) facts.tokens.push_back(in.u32());
  if (format > kFactsBeforeCategories) facts.categories = in.varint();
  const bool known = format == kFactsBeforeCategories || format == kFactsVersion;
  if (!known || !in.done() || facts.categories > facts.tokens.size()) {
    return stop_error(ErrorCode::kCorruption,
                      "restoring the model: the facts of an item are unreadable; restore a backup");
  }
  return facts;
}

}  // namespace millrace
