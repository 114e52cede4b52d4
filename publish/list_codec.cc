// Lists as stored rows (docs/formats.md, table lists).
#include <string>
#include <utility>

#include "core/bytes.h"
#include "publish/delivery_marks.h"
#include "publish/publisher.h"

namespace millrace {
namespace {

constexpr std::uint8_t kListVersion = 2;
constexpr std::uint8_t kListWithoutLearners = 1;
constexpr std::uint8_t kReasonBits = 0x0f;
constexpr std::uint8_t kHasPropensity = 0x10;
constexpr std::uint8_t kHasBecause = 0x20;
constexpr std::uint8_t kHasLearner = 0x40;
constexpr std::uint8_t kKnownBits = kReasonBits | kHasPropensity | kHasBecause | kHasLearner;
constexpr std::uint8_t kNewestReason = static_cast<std::uint8_t>(Reason::kHabit);

// The unknown item becomes 0.
std::uint64_t pack(ItemIndex item) { return static_cast<std::uint32_t>(raw(item) + 1); }
ItemIndex unpack(std::uint64_t packed) { return ItemIndex{static_cast<std::uint32_t>(packed) - 1}; }

void write_item(const RankedItem& item, ByteWriter& out) {
  std::uint8_t bits = static_cast<std::uint8_t>(item.reason);
  if (item.propensity != 1.0F) bits |= kHasPropensity;
  if (item.because != kUnknownItem) bits |= kHasBecause;
  if (item.learner != kNoLearner) bits |= kHasLearner;
  out.u8(bits);
  out.varint(pack(item.item));
  out.f32(item.score);
  if ((bits & kHasPropensity) != 0) out.f32(item.propensity);
  if ((bits & kHasBecause) != 0) out.varint(pack(item.because));
  if ((bits & kHasLearner) != 0) out.u8(item.learner);
}

// False for what no writer writes.
bool read_item(ByteReader& in, std::size_t learners, RankedItem& item) {
  const std::uint8_t bits = in.u8();
  if ((bits & kReasonBits) > kNewestReason || (bits & ~kKnownBits) != 0) return false;
  item.reason = static_cast<Reason>(bits & kReasonBits);
  item.item = unpack(in.varint());
  item.score = in.f32();
  if ((bits & kHasPropensity) != 0) item.propensity = in.f32();
  if ((bits & kHasBecause) != 0) item.because = unpack(in.varint());
  if ((bits & kHasLearner) == 0) return in.ok();
  item.learner = in.u8();
  return in.ok() && item.learner < learners;
}

Error refused(const UserId& user, std::uint8_t found) {
  const std::string action = "read the stored list of a user (id of " + std::to_string(user.bytes.size()) + " bytes): ";
  if (found > kListVersion) {
    return stop_error(ErrorCode::kInvalid, action + "found version " + std::to_string(found) + ", expected at most " +
                                               std::to_string(kListVersion) +
                                               "; run the version of millrace that wrote it");
  }
  return stop_error(ErrorCode::kCorruption, action + "the bytes do not parse; restore a backup");
}

}  // namespace

std::string encode_list(const RecommendationList& list) {
  ByteWriter out;
  out.u8(list.learners.empty() ? kListWithoutLearners : kListVersion);
  out.varint(list.version);
  out.varint(list.step);
  out.varint(list.model_step);
  out.zigzag(list.event_time.count);
  out.zigzag(list.record_time.count);
  out.varint(list.reflects.size());
  for (const Reflected& reflected : list.reflects) {
    out.u8(raw(reflected.topic));
    out.zigzag(raw(reflected.partition));
    out.zigzag(raw(reflected.next));
  }
  if (!list.learners.empty()) {
    out.varint(list.learners.size());
    for (const std::string& learner : list.learners) out.string(learner);
  }
  out.varint(list.items.size());
  for (const RankedItem& item : list.items) write_item(item, out);
  return out.take();
}

Result<RecommendationList> decode_list(const UserId& user, std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  if (format < kListWithoutLearners || format > kListVersion) return refused(user, format);
  RecommendationList list;
  list.user = user;
  list.version = in.varint();
  list.step = in.varint();
  list.model_step = in.varint();
  list.event_time = Millis{in.zigzag()};
  list.record_time = Millis{in.zigzag()};
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    Reflected& reflected = list.reflects.emplace_back();
    reflected.topic = TopicIndex{in.u8()};
    reflected.partition = PartitionIndex{static_cast<std::int32_t>(in.zigzag())};
    reflected.next = Offset{in.zigzag()};
  }
  if (format != kListWithoutLearners) {
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) list.learners.emplace_back(in.string());
  }
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    if (!read_item(in, list.learners.size(), list.items.emplace_back())) return refused(user, format);
  }
  if (!in.done()) return refused(user, format);
  return list;
}

void put_lists(std::span<const RecommendationList> lists, WriteBatch& batch) {
  for (const RecommendationList& list : lists) batch.put(Table::kLists, list.user.bytes, encode_list(list));
  put_marks(lists, batch);
}

void erase_lists(std::span<const UserId> users, WriteBatch& batch) {
  for (const UserId& user : users) batch.erase(Table::kLists, user.bytes);
}

}  // namespace millrace
