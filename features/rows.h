// How each cached table keys and encodes its rows: the traits of RowCache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/bytes.h"
#include "core/catalogue.h"
#include "core/result.h"
#include "features/catalogue_codec.h"
#include "features/item_state.h"
#include "features/neighbours.h"
#include "features/user_state.h"
#include "store/store.h"

namespace millrace {

struct UserRows {
  using Key = std::string;
  using Row = UserState;
  static constexpr Table kTable = Table::kUsers;
  static std::string key(const Key& user) { return user; }
  static std::string encode(const Row& row) { return encode_user(row); }
  static Result<Row> decode(std::string_view bytes) { return decode_user(bytes); }
};

struct ItemRows {
  using Key = std::uint32_t;
  using Row = ItemState;
  static constexpr Table kTable = Table::kItems;
  static std::string key(Key item) { return key_u32(item); }
  static std::string encode(const Row& row) { return encode_item(row); }
  static Result<Row> decode(std::string_view bytes) { return decode_item(bytes); }
};

struct NeighbourRows {
  using Key = NeighbourKey;
  using Row = NeighbourRow;
  static constexpr Table kTable = Table::kNeighbours;
  static std::string key(Key key) { return neighbour_key(key); }
  static std::string encode(const Row& row) { return encode_neighbours(row); }
  static Result<Row> decode(std::string_view bytes) { return decode_neighbours(bytes); }
};

struct ContentRow {
  ItemContent content;
  std::size_t memory_bytes() const {
    std::size_t bytes =
        sizeof *this + content.title.size() + content.text.size() + content.vector.size() * sizeof(float);
    for (const std::string& category : content.categories) bytes += sizeof(std::string) + category.size();
    return bytes;
  }
};

struct ContentRows {
  using Key = std::string;
  using Row = ContentRow;
  static constexpr Table kTable = Table::kCatalogue;
  static std::string key(const Key& item) { return item; }
  static std::string encode(const Row& row) { return encode_content(row.content); }
  static Result<Row> decode(std::string_view bytes) {
    MILLRACE_ASSIGN_OR_RETURN(ItemContent content, decode_content(bytes));
    return ContentRow{std::move(content)};
  }
};

}  // namespace millrace
