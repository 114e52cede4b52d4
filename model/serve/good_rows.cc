#include "model/serve/good_rows.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace millrace {
namespace {

constexpr std::string_view kOwner = "before";
constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kRowsAtOnce = 1024;

std::string encode_kept(const std::optional<std::string>& row) {
  ByteWriter out;
  out.u8(kFormat);
  out.u8(row ? 1 : 0);
  if (row) out.raw(*row);
  return out.take();
}

Result<std::optional<std::string>> decode_kept(std::string_view value) {
  ByteReader in(value);
  const std::uint8_t format = in.u8();
  const std::uint8_t present = in.u8();
  if (format != kFormat || present > 1 || !in.ok()) {
    return stop_error(ErrorCode::kCorruption, "rolling a learner back: a kept row is unreadable; restore a backup");
  }
  if (present == 0) return std::optional<std::string>();
  return std::optional(std::string(in.raw(in.remaining())));
}

Status visit_row(const RowVisitor& load, std::string_view key, std::string_view value) {
  const std::size_t end = key.find('\0');
  return load(key.substr(0, end), key.substr(end + 1), value);
}

}  // namespace

bool GoodRows::is_kept(std::string_view key) {
  return key.starts_with(kOwner) && key.size() > kOwner.size() + 1 && key[kOwner.size() + 1] == '\0';
}

std::string_view GoodRows::family_of(std::string_view key) {
  key.remove_prefix(kOwner.size() + 2);
  return key.substr(0, key.find('\0'));
}

std::string GoodRows::row_prefix(std::size_t owner) const {
  std::string prefix(kOwner);
  prefix += static_cast<char>('0' + owner);
  prefix += '\0';
  prefix += family_;
  prefix += '\0';
  return prefix;
}

void GoodRows::remember(std::string_view key) {
  const std::size_t owner = key[kOwner.size()] == '0' ? 0 : 1;
  kept_[owner].emplace(key.substr(row_prefix(owner).size()));
}

Status GoodRows::keep(const Store& store, std::span<const std::string> keys, WriteBatch& batch) {
  std::vector<std::string> first;
  for (const std::string& key : keys) {
    if (kept_[marks_.newest_owner()].insert(key).second) first.push_back(key);
  }
  const std::string prefix = row_prefix(marks_.newest_owner());
  const std::string family = family_ + '\0';
  for (std::size_t begin = 0; begin < first.size(); begin += kRowsAtOnce) {
    std::vector<std::string> rows;
    for (std::size_t i = begin; i < std::min(first.size(), begin + kRowsAtOnce); ++i) rows.push_back(family + first[i]);
    MILLRACE_ASSIGN_OR_RETURN(const auto values, store.multi_get(Table::kModel, rows));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      batch.put(Table::kModel, prefix + first[begin + i], encode_kept(values[i]));
    }
  }
  return Ok{};
}

void GoodRows::mark(std::uint64_t step, bool fit, std::uint64_t period, WriteBatch& batch) {
  if (marks_.count(step, fit, period)) drop(marks_.newest_owner(), batch);
}

void GoodRows::drop(std::size_t owner, WriteBatch& batch) {
  std::vector<std::string> keys(kept_[owner].begin(), kept_[owner].end());
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) batch.erase(Table::kModel, row_prefix(owner) + key);
  kept_[owner].clear();
}

// The rows that differ from the good state, as they were.
Result<GoodRows::Kept> GoodRows::read_kept(const Store& store) const {
  Kept kept;
  Status status = Ok{};
  const std::size_t newest = marks_.newest_owner();
  for (const std::size_t owner : {newest, 1 - newest}) {  // the older mark's copies are older
    const std::string prefix = row_prefix(owner);
    const auto visit = [&](std::string_view key, std::string_view value) {
      auto row = decode_kept(value);
      if (!row.ok()) {
        status = std::move(row).error();
        return false;
      }
      kept[std::string(key.substr(prefix.size()))] = std::move(*row);
      return true;
    };
    MILLRACE_RETURN_IF_ERROR(store.scan(Table::kModel, prefix, prefix, visit));
    if (!status.ok()) return std::move(status).error();
  }
  return kept;
}

Status GoodRows::roll_back(const Store& store, const RowVisitor& load, WriteBatch& batch) {
  MILLRACE_ASSIGN_OR_RETURN(Kept kept, read_kept(store));
  auto next = kept.begin();
  const auto load_kept_below = [&](std::optional<std::string_view> key) -> Status {
    Status status = Ok{};
    for (; status.ok() && next != kept.end() && (!key || next->first < *key); ++next) {
      if (next->second) status = visit_row(load, next->first, *next->second);
    }
    return status;
  };
  const auto load_row = [&](std::string_view table, std::string_view row, std::string_view value) -> Status {
    const std::string key = std::string(table) + '\0' + std::string(row);
    if (Status status = load_kept_below(key); !status.ok()) return status;
    if (next != kept.end() && next->first == key) return Ok{};
    return load(table, row, value);
  };
  MILLRACE_RETURN_IF_ERROR(for_each_row(store, family_, load_row));
  MILLRACE_RETURN_IF_ERROR(load_kept_below(std::nullopt));
  put_back(std::move(kept), batch);
  marks_.go_back();
  return Ok{};
}

void GoodRows::put_back(Kept&& kept, WriteBatch& batch) {
  for (auto& [key, row] : kept) {
    std::string full = family_ + '\0' + key;
    if (row) {
      batch.put(Table::kModel, std::move(full), *std::move(row));
    } else {
      batch.erase(Table::kModel, std::move(full));
    }
  }
  drop(0, batch);
  drop(1, batch);
}

}  // namespace millrace
