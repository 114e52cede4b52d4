#include "app/pipeline_versions.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "app/state_meta.h"
#include "publish/publisher.h"

namespace millrace {
namespace {

constexpr std::string_view kNotePrefix = "version=";

std::uint64_t microseconds(Millis time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count, 0)) * 1000;
}

}  // namespace

Result<Versions> Versions::open(const Store& store, Millis now, WriteBatch& batch) {
  MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t base, read_meta_counter(store, kVersionBaseKey));
  Versions versions(base);
  if (base == 0 || store.continuity() != Continuity::kUnbroken) {
    versions.set(std::max(microseconds(now), base), batch);
  }
  return versions;
}

bool Versions::raise(std::uint64_t published, bool rewound, std::uint64_t last_step, Millis now, WriteBatch& batch) {
  if (!rewound && published <= base_ + last_step) return false;
  set(std::max({microseconds(now), published + 1, base_}), batch);
  return true;
}

void Versions::set(std::uint64_t base, WriteBatch& batch) {
  base_ = base;
  put_meta_counter(batch, kVersionBaseKey, base);
}

Status renew_undelivered(const Store& store, const Versions& versions, WriteBatch& batch) {
  std::vector<std::string> users;
  MILLRACE_RETURN_IF_ERROR(store.scan(Table::kDirty, "", "", [&](std::string_view user, std::string_view) {
    users.emplace_back(user);
    return true;
  }));
  for (const std::string& user : users) {
    MILLRACE_ASSIGN_OR_RETURN(const auto row, store.get(Table::kLists, user));
    if (!row) continue;  // restoring the undelivered lists says what is wrong
    MILLRACE_ASSIGN_OR_RETURN(RecommendationList list, decode_list(UserId(user), *row));
    list.version = versions.base() + list.step;
    put_lists({&list, 1}, batch);
  }
  return Ok{};
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
