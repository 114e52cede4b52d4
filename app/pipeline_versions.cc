#include "app/pipeline_versions.h"

#include <algorithm>
#include <charconv>

#include "core/bytes.h"

namespace millrace {
namespace {

constexpr std::string_view kKey = "version_base";
constexpr std::uint8_t kFormat = 1;
constexpr std::string_view kNotePrefix = "version=";

std::uint64_t microseconds(Millis time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count, 0)) * 1000;
}

Result<std::uint64_t> decode_base(std::string_view row) {
  ByteReader in(row);
  const std::uint8_t format = in.u8();
  const std::uint64_t base = in.varint();
  if (format == kFormat && in.done()) return base;
  return stop_error(ErrorCode::kCorruption, "read the base of list versions: found format " + std::to_string(format) +
                                                ", expected 1; restore a backup");
}

}  // namespace

Result<Versions> Versions::open(const Store& store) {
  const auto row = store.get(Table::kMeta, kKey);
  if (!row.ok()) return row.error();
  if (!row->has_value()) return Versions(0);
  MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t base, decode_base(**row));
  return Versions(base);
}

void Versions::raise(std::uint64_t published, std::uint64_t last_step, Millis now, WriteBatch& batch) {
  const std::uint64_t newest = std::max(microseconds(now), published);
  if (newest <= base_ + last_step) return;
  base_ = newest - last_step;
  ByteWriter out;
  out.u8(kFormat);
  out.varint(base_);
  batch.put(Table::kMeta, std::string(kKey), out.take());
}

std::string version_note(std::uint64_t newest_version) {
  return std::string(kNotePrefix) + std::to_string(newest_version);
}

std::uint64_t read_version_note(std::string_view note) {
  std::uint64_t version = 0;
  if (!note.starts_with(kNotePrefix)) return 0;
  note.remove_prefix(kNotePrefix.size());
  std::from_chars(note.data(), note.data() + note.size(), version);
  return version;
}

}  // namespace millrace
