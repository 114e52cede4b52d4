#include "app/pipeline_versions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <random>

#include "app/state_meta.h"
#include "core/bytes.h"

namespace millrace {
namespace {

constexpr std::string_view kIdentityKey = "identity";
constexpr std::uint8_t kIdentityFormat = 1;
constexpr std::string_view kNotePrefix = "version=";
constexpr std::string_view kNoteStore = " store=";

std::uint64_t microseconds(Millis time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count, 0)) * 1000;
}

Result<std::string> decode_identity(std::string_view row) {
  ByteReader in(row);
  const std::uint8_t format = in.u8();
  std::string identity(in.string());
  if (format == kIdentityFormat && in.done()) return identity;
  return stop_error(ErrorCode::kCorruption, "read the identity of the state directory: found format " +
                                                std::to_string(format) + ", expected 1; restore a backup");
}

Result<std::string> open_identity(const Store& store, WriteBatch& batch) {
  const auto row = store.get(Table::kMeta, kIdentityKey);
  if (!row.ok()) return row.error();
  if (row->has_value()) return decode_identity(**row);
  std::random_device random;
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x%08x", random(), random());
  ByteWriter out;
  out.u8(kIdentityFormat);
  out.string(digits.data());
  batch.put(Table::kMeta, std::string(kIdentityKey), out.take());
  return std::string(digits.data());
}

}  // namespace

Result<Versions> Versions::open(const Store& store, WriteBatch& batch) {
  MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t base, read_meta_counter(store, kVersionBaseKey));
  MILLRACE_ASSIGN_OR_RETURN(std::string identity, open_identity(store, batch));
  return Versions(base, std::move(identity));
}

void Versions::raise(std::uint64_t published, std::uint64_t last_step, Millis now, WriteBatch& batch) {
  const std::uint64_t newest = std::max(microseconds(now), published);
  if (newest <= base_ + last_step) return;
  base_ = newest - last_step;
  put_meta_counter(batch, kVersionBaseKey, base_);
}

std::string write_note(const GroupNote& note) {
  return std::string(kNotePrefix) + std::to_string(note.version) + std::string(kNoteStore) + note.store;
}

GroupNote read_note(std::string_view text) {
  GroupNote note;
  if (!text.starts_with(kNotePrefix)) return note;
  text.remove_prefix(kNotePrefix.size());
  const char* const end = text.data() + text.size();
  const auto number = std::from_chars(text.data(), end, note.version);
  const std::string_view rest(number.ptr, static_cast<std::size_t>(end - number.ptr));
  if (rest.starts_with(kNoteStore)) note.store = rest.substr(kNoteStore.size());
  return note;
}

}  // namespace millrace
