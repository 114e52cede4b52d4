#include "model/example_log.h"

#include <bit>

namespace millrace {
namespace {

constexpr std::uint8_t kVersion = 1;

// Fields that are left out where they have their usual value; bits of the byte that follows the kind. Signal: the low
// two.
constexpr std::uint8_t kSignalMask = 0x03;
constexpr std::uint8_t kHasWeight = 0x04;
constexpr std::uint8_t kHasValue = 0x08;
constexpr std::uint8_t kHasQuantity = 0x10;
constexpr std::uint8_t kHasPrice = 0x20;
constexpr std::uint8_t kHasMeanRating = 0x40;
constexpr std::uint8_t kKnownBits = 0x7f;

// In the low bits of an interaction's head.
constexpr std::uint64_t kInteractionHasValue = 1;
constexpr std::uint64_t kInteractionNewKind = 2;
constexpr int kHeadBits = 2;

// Times come from outside: differences wrap rather than overflow, and sums wrap back.
std::int64_t difference(Millis a, Millis b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a.count) - static_cast<std::uint64_t>(b.count));
}
Millis sum(Millis a, std::int64_t b) {
  return {static_cast<std::int64_t>(static_cast<std::uint64_t>(a.count) + static_cast<std::uint64_t>(b))};
}

// By bits, so that every float comes back as it was.
bool differs(float value, float usual) {
  return std::bit_cast<std::uint32_t>(value) != std::bit_cast<std::uint32_t>(usual);
}
std::uint8_t flag(std::uint8_t bit, float value, float usual) { return differs(value, usual) ? bit : std::uint8_t{0}; }

// Items move up by one, so that the unknown item, the largest number, takes one byte.
std::uint64_t shifted(ItemIndex item) { return static_cast<std::uint32_t>(raw(item) + 1U); }
ItemIndex unshifted(std::uint64_t number) { return ItemIndex{static_cast<std::uint32_t>(number - 1U)}; }

void write_history(ByteWriter& writer, const std::vector<Interaction>& history, Millis now) {
  writer.varint(history.size());
  Millis previous = now;
  KindIndex kind{};
  for (const Interaction& interaction : history) {
    const bool has_value = differs(interaction.value, 0.0F);
    const bool new_kind = interaction.kind != kind;
    writer.varint(shifted(interaction.item) << kHeadBits | (new_kind ? kInteractionNewKind : 0) |
                  (has_value ? kInteractionHasValue : 0));
    writer.zigzag(difference(interaction.time, previous));
    if (new_kind) writer.u8(raw(interaction.kind));
    if (has_value) writer.f32(interaction.value);
    previous = interaction.time;
    kind = interaction.kind;
  }
}

bool read_history(ByteReader& reader, std::vector<Interaction>& history, Millis now) {
  const std::uint64_t count = reader.varint();
  if (count > reader.remaining() / 2) return false;  // an interaction takes two bytes at least
  history.reserve(count);
  Millis previous = now;
  KindIndex kind{};
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t head = reader.varint();
    if (head >> kHeadBits > raw(kUnknownItem)) return false;
    previous = sum(previous, reader.zigzag());
    if ((head & kInteractionNewKind) != 0) kind = KindIndex{reader.u8()};
    const float value = (head & kInteractionHasValue) != 0 ? reader.f32() : 0.0F;
    history.push_back({unshifted(head >> kHeadBits), kind, previous, value});
  }
  return reader.ok();
}

// A varint of at most 32 bits; false past that.
bool read_u32(ByteReader& reader, std::uint32_t& value) {
  const std::uint64_t wide = reader.varint();
  value = static_cast<std::uint32_t>(wide);
  return wide == value;
}

bool read_example(ByteReader& reader, Example& example) {
  Context& context = example.context;
  example.kind = KindIndex{reader.u8()};
  const std::uint8_t bits = reader.u8();
  if ((bits & ~kKnownBits) != 0 || (bits & kSignalMask) > static_cast<std::uint8_t>(Signal::kRating)) return false;
  example.signal = static_cast<Signal>(bits & kSignalMask);
  const std::uint64_t item = reader.varint();
  if (item > raw(kUnknownItem)) return false;
  example.item = unshifted(item);
  context.now = {reader.zigzag()};
  example.time = sum(context.now, reader.zigzag());
  context.first_seen = sum(context.now, reader.zigzag());
  context.user = UserIndex{reader.varint()};
  context.session = reader.varint();
  if (!read_u32(reader, context.session_length) || !read_u32(reader, context.interactions)) return false;
  const auto optional = [&](std::uint8_t bit, float& value) {
    if ((bits & bit) != 0) value = reader.f32();
  };
  optional(kHasWeight, example.weight);
  optional(kHasValue, example.value);
  optional(kHasQuantity, example.quantity);
  optional(kHasPrice, example.price);
  optional(kHasMeanRating, context.mean_rating);
  return read_history(reader, context.history, context.now) && reader.done();
}

Error unreadable(std::uint64_t sequence, const std::string& found) {
  return stop_error(ErrorCode::kCorruption,
                    "reading example " + std::to_string(sequence) + " of the example log: " + found +
                        "; restore the store from a backup, or move it away and rebuild from the topics");
}

}  // namespace

std::string encode_example(const Example& example) {
  const Example usual;
  const Context& context = example.context;
  const auto bits = static_cast<std::uint8_t>(
      static_cast<std::uint8_t>(example.signal) | flag(kHasWeight, example.weight, usual.weight) |
      flag(kHasValue, example.value, usual.value) | flag(kHasQuantity, example.quantity, usual.quantity) |
      flag(kHasPrice, example.price, usual.price) | flag(kHasMeanRating, context.mean_rating, 0.0F));
  ByteWriter writer;
  writer.u8(kVersion);
  writer.u8(raw(example.kind));
  writer.u8(bits);
  writer.varint(shifted(example.item));
  writer.zigzag(context.now.count);
  writer.zigzag(difference(example.time, context.now));
  writer.zigzag(difference(context.first_seen, context.now));
  writer.varint(raw(context.user));
  writer.varint(context.session);
  writer.varint(context.session_length);
  writer.varint(context.interactions);
  const auto optional = [&](std::uint8_t bit, float value) {
    if ((bits & bit) != 0) writer.f32(value);
  };
  optional(kHasWeight, example.weight);
  optional(kHasValue, example.value);
  optional(kHasQuantity, example.quantity);
  optional(kHasPrice, example.price);
  optional(kHasMeanRating, context.mean_rating);
  write_history(writer, context.history, context.now);
  return writer.take();
}

Result<Example> decode_example(std::uint64_t sequence, std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint8_t version = reader.u8();
  if (reader.ok() && version > kVersion) {
    return stop_error(ErrorCode::kInvalid, "reading example " + std::to_string(sequence) +
                                               " of the example log: its layout is version " + std::to_string(version) +
                                               ", this program knows up to " + std::to_string(kVersion) +
                                               "; run the version that wrote it");
  }
  Example example;
  example.sequence = sequence;
  if (version != kVersion || !read_example(reader, example)) {
    return unreadable(sequence, "its " + std::to_string(bytes.size()) + " bytes are no example");
  }
  return example;
}

Status ExampleLog::load(const Store& store) {
  ring_.clear();
  first_ = 0;
  bytes_ = 0;
  Status outcome = Ok{};
  const Status scanned = store.scan(Table::kExamples, "", "", [&](std::string_view key, std::string_view value) {
    outcome = take(key, value);
    return outcome.ok();
  });
  stored_first_ = first_;
  return scanned.ok() ? outcome : scanned;
}

Status ExampleLog::take(std::string_view key, std::string_view value) {
  if (key.size() != sizeof(std::uint64_t)) {
    return unreadable(end(), "a key of " + std::to_string(key.size()) + " bytes stands where one of 8 must");
  }
  const std::uint64_t sequence = read_key(key);
  if (ring_.empty()) first_ = sequence;
  if (sequence != end()) return unreadable(end(), "it is missing, the next one is " + std::to_string(sequence));
  MILLRACE_RETURN_IF_ERROR(decode_example(sequence, value));
  ring_.emplace_back(value);
  bytes_ += value.size();
  return Ok{};
}

std::uint64_t ExampleLog::append(const Example& example, WriteBatch& batch) {
  const std::uint64_t sequence = end();
  ring_.push_back(encode_example(example));
  bytes_ += ring_.back().size();
  batch.put(Table::kExamples, key_u64(sequence), ring_.back());
  return sequence;
}

void ExampleLog::forget(std::uint64_t needed_from, std::uint64_t end) {
  while (first_ + capacity_ < end && first_ < needed_from) {
    bytes_ -= ring_.front().size();
    ring_.pop_front();
    ++first_;
  }
}

void ExampleLog::erase_forgotten(WriteBatch& batch) {
  for (; stored_first_ < first_; ++stored_first_) batch.erase(Table::kExamples, key_u64(stored_first_));
}

Example ExampleLog::at(std::uint64_t sequence) const {
  MILLRACE_CHECK(sequence >= begin() && sequence < end());
  Result<Example> example = decode_example(sequence, ring_[sequence - first_]);
  MILLRACE_CHECK(example.ok());  // load() has read it, or append() has written it
  return std::move(example).value();
}

}  // namespace millrace
