#include "features/counters.h"

#include <algorithm>
#include <utility>

#include "features/codec_parts.h"

namespace millrace {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kQueuedVersion = 2;
constexpr std::string_view kKey = "features";

std::string encode(const FeatureCounters& counters) {
  ByteWriter out;
  out.u8(kVersion);
  out.varint(counters.next_user);
  out.varint(counters.next_session);
  out.varint(counters.kinds.size());
  for (const std::string& kind : counters.kinds) out.string(kind);
  for (const QueueEnds& ends : counters.queue) {
    out.varint(ends.first);
    out.varint(ends.next);
  }
  return out.take();
}

Result<FeatureCounters> decode(const std::string& bytes) {
  ByteReader in(bytes);
  CountReader counts(in);
  FeatureCounters counters;
  const std::uint8_t version = in.u8();
  if (version == 0 || version > kVersion) return undecodable("features", bytes, kVersion);
  counters.next_user = in.varint();
  counters.next_session = in.varint();
  counters.kinds.resize(counts.next(1));
  for (std::string& kind : counters.kinds) kind = in.string();
  counters.queued = version >= kQueuedVersion;
  for (QueueEnds& ends : counters.queue) {
    if (!counters.queued) break;
    ends.first = in.varint();
    ends.next = in.varint();
    if (ends.first > ends.next) return undecodable("features", "", kVersion);
  }
  if (!counts.done()) return undecodable("features", bytes, kVersion);
  counters.stored = bytes;
  return counters;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Result<FeatureCounters> load_counters(const Store& store, const KindTable& kinds) {
  std::vector<std::string> names;
  for (const Kind& kind : kinds.all()) names.push_back(kind.name);
  MILLRACE_ASSIGN_OR_RETURN(const auto bytes, store.get(Table::kMeta, kKey));
  FeatureCounters counters;
  if (bytes) {
    MILLRACE_ASSIGN_OR_RETURN(counters, decode(*bytes));
  }
  if (counters.kinds.size() > names.size() ||
      !std::equal(counters.kinds.begin(), counters.kinds.end(), names.begin())) {
    return stop_error(ErrorCode::kInvalid, "opening the features: the store was written with the kinds " +
                                               listed(counters.kinds) + ", the configuration names " + listed(names) +
                                               "; keep the order of the former and add new kinds at the end, or use "
                                               "another state directory");
  }
  counters.kinds = std::move(names);
  return counters;
}

void flush_counters(FeatureCounters& counters, WriteBatch& batch) {
  std::string bytes = encode(counters);
  if (bytes == counters.stored) return;
  batch.put(Table::kMeta, std::string(kKey), bytes);
  counters.stored = std::move(bytes);
}

}  // namespace millrace
