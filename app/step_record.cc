#include "app/step_record.h"

#include "core/bytes.h"
#include "model/model_rows.h"

namespace millrace {
namespace {

constexpr std::uint8_t kFormatWithRollbacks = 3;
constexpr std::uint8_t kFormat = 2;
constexpr std::uint8_t kFormatWithoutDepth = 1;

}  // namespace

std::string encode_step_record(const StepRecord& record) {
  ByteWriter out;
  out.u8(record.rolled_back.empty() ? kFormat : kFormatWithRollbacks);
  out.varint(record.first_example);
  out.varint(record.examples);
  out.varint(record.item_count);
  out.varint(record.effort.replays);
  out.varint(record.effort.ranked_examples);
  out.varint(record.effort.depth_percent);
  out.varint(record.reflects.size());
  for (const Reflected& reflected : record.reflects) {
    out.u8(raw(reflected.topic));
    out.zigzag(raw(reflected.partition));
    out.zigzag(raw(reflected.next));
  }
  out.varint(record.changes.size());
  for (const ItemFactsChange& change : record.changes) {
    out.varint(raw(change.item));
    out.string(encode_item_facts(change.facts));
  }
  if (record.rolled_back.empty()) return out.take();
  out.varint(record.rolled_back.size());
  for (const std::string& learner : record.rolled_back) out.string(learner);
  return out.take();
}

Result<StepRecord> decode_step_record(std::uint64_t step, std::string_view bytes) {
  ByteReader in(bytes);
  StepRecord record;
  record.step = step;
  const std::uint8_t format = in.u8();
  record.first_example = in.varint();
  record.examples = in.varint();
  record.item_count = in.varint();
  record.effort.replays = static_cast<std::uint32_t>(in.varint());
  record.effort.ranked_examples = static_cast<std::uint32_t>(in.varint());
  if (format != kFormatWithoutDepth) record.effort.depth_percent = static_cast<std::uint32_t>(in.varint());
  for (std::uint64_t i = in.varint(); i > 0 && in.ok(); --i) {
    const TopicIndex topic{in.u8()};
    const PartitionIndex partition{static_cast<std::int32_t>(in.zigzag())};
    record.reflects.push_back({topic, partition, Offset{in.zigzag()}});
  }
  for (std::uint64_t i = in.varint(); i > 0 && in.ok(); --i) {
    const ItemIndex item{static_cast<std::uint32_t>(in.varint())};
    MILLRACE_ASSIGN_OR_RETURN(ItemFacts facts, decode_item_facts(in.string()));
    record.changes.push_back({item, std::move(facts)});
  }
  if (format == kFormatWithRollbacks) {
    for (std::uint64_t i = in.varint(); i > 0 && in.ok(); --i) record.rolled_back.emplace_back(in.string());
  }
  if (format < kFormatWithoutDepth || format > kFormatWithRollbacks || !in.done()) {
    return stop_error(ErrorCode::kCorruption,
                      "reading the record of step " + std::to_string(step) + ": found format " +
                          std::to_string(format) + " in " + std::to_string(bytes.size()) +
                          " bytes, expected format 1, 2 or 3; restore a backup of the state directory");
  }
  return record;
}

}  // namespace millrace
