#include "model/families/encoder_state.h"

#include <algorithm>
#include <cmath>

#include "core/bytes.h"
#include "model/families/encoder_contexts.h"
#include "model/families/row_error.h"
#include "model/nn/vector_ops.h"

namespace millrace::encoder {
namespace {

constexpr std::string_view kItems = "items";
constexpr std::string_view kTokens = "tokens";
constexpr std::string_view kDense = "dense";
constexpr std::string_view kRecent = "recent";
constexpr std::string_view kSteps = "steps";

constexpr float kContextShare = 0.7F;
constexpr float kNoiseShare = 0.5F;
constexpr std::uint64_t kNoisePurpose = 0x6e6f697365;

nn::EmbeddingOptions item_options(const EncoderOptions& options) {
  return {.dimension = options.dimension,
          .vectors = options.use_content() ? std::size_t{4} : std::size_t{3},
          .max_rows = options.max_rows,
          .admit_count = options.admit_count,
          .expire_after = options.expire_examples};
}

}  // namespace

State::State(const ModelOptions& model, const ItemTable& facts)
    : options(model.encoder),
      seed(model.seed),
      kinds(model.kinds.size()),
      items(item_options(model.encoder)),
      parameters(model.encoder, model.kinds.size(), model.seed),
      recent(model.encoder.recent_window),
      content(model.encoder, facts) {}

void State::embedding(std::uint32_t row, float* out) {
  std::copy_n(items.vector(row, 0), options.dimension, out);
  if (options.use_content()) nn::add_scaled(out, 1.0F, items.vector(row, 3), options.dimension);
}

void State::initialise(std::uint32_t row, ItemIndex item, const Context& context) {
  const std::size_t depth = options.dimension;
  float* weights = items.vector(row, 0);
  std::vector<float> mean(depth, 0.0F);
  const std::span<const Interaction> history(context.history);
  for (const Interaction& interaction : history.last(std::min(options.length, history.size()))) {
    const std::uint32_t other = find_row(items, interaction.item);
    if (other != nn::EmbeddingTable::kNoRow && other != row) {
      nn::add_scaled(mean.data(), 1.0F, items.vector(other, 0), depth);
    }
  }
  const float length = std::sqrt(nn::dot(mean.data(), mean.data(), depth));
  const bool alone = length <= 0.0F;
  Random random(seed, raw(item), kNoisePurpose);
  const float noise = (alone ? 1.0F : kNoiseShare) / std::sqrt(static_cast<float>(depth));
  for (std::size_t i = 0; i < depth; ++i) {
    const float context_part = alone ? 0.0F : kContextShare * mean[i] / length;
    weights[i] = context_part + noise * static_cast<float>(random.normal());
  }
  if (options.use_content()) content.mean(item, content_vector(row));
  items.mark(row);
}

void State::save(const RowSink& sink, bool all) {
  const auto into = [&sink](std::string_view table) {
    return [&sink, table](std::string key, std::optional<std::string> value) {
      sink(table, std::move(key), std::move(value));
    };
  };
  items.save(into(kItems), all);
  content.table().save(into(kTokens), all);
  parameters.set.save(into(kDense));
  recent.save(into(kRecent), all);
  sink(kSteps, "", key_u64(steps));
}

Status State::load(std::string_view table, std::string_view key, std::string_view value) {
  if (table == kItems) return items.load(key, value);
  if (table == kTokens) return content.table().load(key, value);
  if (table == kDense) return parameters.set.load(key, value);
  if (table == kRecent) return recent.load(key, value);
  if (table != kSteps || value.size() != 8) return unreadable_row("encoder", table);
  steps = read_key(value);
  return Ok{};
}

Status State::loaded() {
  MILLRACE_RETURN_IF_ERROR(items.loaded());
  MILLRACE_RETURN_IF_ERROR(content.table().loaded());
  return recent.loaded();
}

std::uint64_t State::memory_bytes() const {
  return items.memory_bytes() + content.table().memory_bytes() + parameters.set.memory_bytes() + recent.memory_bytes() +
         arena.capacity_bytes();
}

}  // namespace millrace::encoder
