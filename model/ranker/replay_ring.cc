#include "model/ranker/replay_ring.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/bytes.h"
#include "model/nn/matmul.h"
#include "model/ranker/standardiser.h"

namespace millrace {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr float kSteps = 127.0F / Standardiser::kClip;

void put(ByteWriter& out, std::span<const float> values) {
  for (const float value : values)
    out.u8(static_cast<std::uint8_t>(static_cast<std::int8_t>(std::lround(value * kSteps))));
}

void get(std::string_view bytes, float* values) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    values[i] = static_cast<float>(static_cast<std::int8_t>(bytes[i])) / kSteps;
  }
}

Error unreadable() {
  return stop_error(ErrorCode::kCorruption,
                    "restoring the ranker: a prediction kept for replay is unreadable; restore a backup");
}

}  // namespace

void ReplayRing::add(const RankedExample& example) {
  ByteWriter out;
  out.u8(kFormat);
  out.varint(example.input.items);
  out.varint(example.targets.size());
  for (const std::uint32_t target : example.targets) out.varint(target);
  put(out, example.input.g);
  put(out, std::span(example.input.x).first(example.input.items * shape_.features));
  if (slots_.size() < capacity_) slots_.emplace_back();
  slots_[next_] = out.take();
  unsaved_.push_back(static_cast<std::uint32_t>(next_));
  next_ = (next_ + 1) % capacity_;
}

RankedExample ReplayRing::at(std::size_t slot) const {
  ByteReader in(slots_[slot]);
  in.u8();
  RankedExample example;
  example.input.items = in.varint();
  example.targets.resize(in.varint());
  for (std::uint32_t& target : example.targets) target = static_cast<std::uint32_t>(in.varint());
  example.input.g.resize(shape_.event);
  get(in.raw(shape_.event), example.input.g.data());
  example.input.x.resize(nn::padded(example.input.items, RankerInput::kRowPadding) * shape_.features);
  get(in.raw(example.input.items * shape_.features), example.input.x.data());
  return example;
}

void ReplayRing::save(const std::function<void(std::uint32_t slot, std::string_view bytes)>& sink) {
  for (const std::uint32_t slot : unsaved_) sink(slot, slots_[slot]);
  unsaved_.clear();
}

Status ReplayRing::load(std::uint32_t slot, std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != kFormat || slot != slots_.size() || slot >= capacity_) return unreadable();
  const std::uint64_t items = in.varint();
  const std::uint64_t targets = in.varint();
  if (items > RankerInput::kMostKept || targets > items) return unreadable();
  for (std::uint64_t i = 0; i < targets; ++i) {
    if (in.varint() >= items) return unreadable();
  }
  in.raw(shape_.event + items * shape_.features);
  if (!in.done()) return unreadable();
  slots_.emplace_back(bytes);
  return Ok{};
}

std::uint64_t ReplayRing::memory_bytes() const {
  std::uint64_t bytes = slots_.capacity() * sizeof(std::string);
  for (const std::string& slot : slots_) bytes += slot.capacity();
  return bytes;
}

}  // namespace millrace
