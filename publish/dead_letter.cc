#include "publish/dead_letter.h"

#include <xxhash.h>

#include <array>
#include <cstdio>
#include <span>

#include "core/bytes.h"
#include "publish/publisher.h"

namespace millrace {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kHasKey = 0x01;
constexpr std::uint8_t kHasValue = 0x02;

std::string xxh64_hex(std::string_view bytes) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx",
                static_cast<unsigned long long>(XXH64(bytes.data(), bytes.size(), 0)));
  return text.data();
}

void add_original_headers(const Record& record, std::size_t bytes_max, Message& message) {
  std::size_t bytes = 0;
  for (const auto& header : record.headers) {
    bytes += header.first.size() + header.second.size();
    if (bytes > bytes_max) {
      message.headers.emplace_back("millrace.headers.left.out", "true");
      return;
    }
    message.headers.push_back(header);
  }
}

}  // namespace

std::string encode_dead_letter(const DeadLetter& letter) {
  const Record& record = letter.record;
  ByteWriter out;
  out.u8(kVersion);
  out.u8(raw(record.position.topic));
  out.zigzag(raw(record.position.partition));
  out.zigzag(raw(record.position.offset));
  out.zigzag(record.timestamp.count);
  out.u8(static_cast<std::uint8_t>((record.key ? kHasKey : 0) | (record.value ? kHasValue : 0)));
  if (record.key) out.string(*record.key);
  if (record.value) out.string(*record.value);
  out.varint(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    out.string(name);
    out.string(value);
  }
  out.string(letter.reason);
  out.string(letter.detail);
  return out.take();
}

Result<DeadLetter> decode_dead_letter(std::uint64_t sequence, std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  DeadLetter letter;
  Record& record = letter.record;
  record.position.topic = TopicIndex{in.u8()};
  record.position.partition = PartitionIndex{static_cast<std::int32_t>(in.zigzag())};
  record.position.offset = Offset{in.zigzag()};
  record.timestamp = Millis{in.zigzag()};
  const std::uint8_t bits = in.u8();
  if ((bits & kHasKey) != 0) record.key = std::string(in.string());
  if ((bits & kHasValue) != 0) record.value = std::string(in.string());
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const std::string name(in.string());
    record.headers.emplace_back(name, std::string(in.string()));
  }
  letter.reason = in.string();
  letter.detail = in.string();
  if (format == kVersion && in.done()) return letter;
  const std::string action = "read stored dead letter " + std::to_string(sequence) + ": ";
  if (format > kVersion) {
    return stop_error(ErrorCode::kInvalid, action + "found version " + std::to_string(format) +
                                               ", expected at most 1; run the version of millrace that wrote it");
  }
  return stop_error(ErrorCode::kCorruption, action + "the bytes do not parse; restore a backup");
}

Message dead_letter_message(const DeadLetter& letter, const std::string& input_topic, const std::string& topic,
                            std::size_t bytes_max) {
  const Record& record = letter.record;
  Message message;
  message.topic = topic;
  message.timestamp = record.timestamp;
  if (record.key) message.key = record.key->substr(0, bytes_max);
  if (record.value) message.value = record.value->substr(0, bytes_max);
  add_original_headers(record, bytes_max, message);
  message.headers.emplace_back("__connect.errors.topic", input_topic);
  message.headers.emplace_back("__connect.errors.partition", std::to_string(raw(record.position.partition)));
  message.headers.emplace_back("__connect.errors.offset", std::to_string(raw(record.position.offset)));
  message.headers.emplace_back("__connect.errors.stage", "VALUE_CONVERTER");
  message.headers.emplace_back("__connect.errors.exception.class.name", "millrace." + letter.reason);
  message.headers.emplace_back("__connect.errors.exception.message", letter.detail);
  if (record.value && record.value->size() > bytes_max) {
    message.headers.emplace_back("millrace.value.bytes", std::to_string(record.value->size()));
    message.headers.emplace_back("millrace.value.xxh64", xxh64_hex(*record.value));
  }
  return message;
}

void put_dead_letters(std::span<const DeadLetter> letters, std::uint64_t& next_dead_letter, WriteBatch& batch) {
  for (const DeadLetter& letter : letters) {
    batch.put(Table::kDeadLetters, key_u64(next_dead_letter++), encode_dead_letter(letter));
  }
}

}  // namespace millrace
