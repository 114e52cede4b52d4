#include "features/item_names.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "features/codec_parts.h"

namespace millrace {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

Status ItemNames::load(const Store& store) {
  std::optional<Error> broken;
  std::vector<std::pair<std::uint64_t, ItemId>> rows;
  auto visit = [&](std::string_view key, std::string_view value) {
    ByteReader in(value);
    const bool known_version = in.u8() == kVersion;
    const std::uint64_t index = in.varint();
    if (!known_version || !in.done() || index >= raw(kUnknownItem)) {
      broken = undecodable("item ids", value, kVersion);
      return false;
    }
    rows.emplace_back(index, std::string(key));
    return true;
  };
  MILLRACE_RETURN_IF_ERROR(store.scan(Table::kItemIds, "", "", visit));
  if (broken) return *std::move(broken);
  std::sort(rows.begin(), rows.end());
  for (auto& [index, id] : rows) {
    if (index != ids_.size()) {
      return stop_error(ErrorCode::kCorruption,
                        "reading the stored item ids: found number " + std::to_string(index) + " among " +
                            std::to_string(rows.size()) +
                            ", expected one name for each from 0; restore the state directory from a backup");
    }
    ids_.push_back(std::move(id));
  }
  flushed_ = ids_.size();
  indexes_.reserve(ids_.size());
  for (std::size_t i = 0; i < ids_.size(); ++i)
    indexes_.emplace(ids_[i].view(), ItemIndex{static_cast<std::uint32_t>(i)});
  return Ok{};
}

std::optional<ItemIndex> ItemNames::find(const ItemId& item) const {
  const auto found = indexes_.find(item.view());
  if (found == indexes_.end()) return std::nullopt;
  return found->second;
}

ItemIndex ItemNames::add(const ItemId& item) {
  if (const auto known = find(item)) return *known;
  if (ids_.size() >= max_items_ || ids_.size() >= raw(kUnknownItem)) return kUnknownItem;
  const ItemIndex index{static_cast<std::uint32_t>(ids_.size())};
  ids_.push_back(item);
  indexes_.emplace(ids_.back().view(), index);
  return index;
}

void ItemNames::flush(WriteBatch& batch) {
  for (; flushed_ < ids_.size(); ++flushed_) {
    ByteWriter out;
    out.u8(kVersion);
    out.varint(flushed_);
    batch.put(Table::kItemIds, ids_[flushed_].bytes, out.take());
  }
}

}  // namespace millrace
