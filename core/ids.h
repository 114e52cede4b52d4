// Distinct types for what must not be swapped: names from outside (UserId, ItemId), our own dense numbers (UserIndex,
// ItemIndex) and places in a topic (TopicIndex, PartitionIndex, Offset).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {

inline constexpr std::size_t kMaxIdBytes = 128;

// An id as users of the service know it: bytes, at most kMaxIdBytes, valid UTF-8 where it came from a record.
template <class Tag>
struct ExternalId {
  std::string bytes;

  ExternalId() = default;
  explicit ExternalId(std::string text) : bytes(std::move(text)) {}
  std::string_view view() const { return bytes; }
  bool empty() const { return bytes.empty(); }
  auto operator<=>(const ExternalId&) const = default;
  template <class H>
  friend H AbslHashValue(H state, const ExternalId& id) {
    return H::combine(std::move(state), id.bytes);
  }
};

using UserId = ExternalId<struct UserTag>;
using ItemId = ExternalId<struct ItemTag>;

// Dense numbers in order of first sight, never reused within one store.
enum class UserIndex : std::uint64_t {};
enum class ItemIndex : std::uint32_t {};
inline constexpr ItemIndex kUnknownItem{std::numeric_limits<std::uint32_t>::max()};

// Position of a kind in the configured table of kinds (event.h); at most 255 kinds.
enum class KindIndex : std::uint8_t {};

// Position of an input topic in the configuration; the order in which a step applies topics.
enum class TopicIndex : std::uint8_t {};
enum class PartitionIndex : std::int32_t {};
enum class Offset : std::int64_t {};

template <class Index>
constexpr auto raw(Index index) {
  return static_cast<std::underlying_type_t<Index>>(index);
}

}  // namespace millrace

template <class Tag>
struct std::hash<millrace::ExternalId<Tag>> {
  std::size_t operator()(const millrace::ExternalId<Tag>& id) const { return std::hash<std::string>{}(id.bytes); }
};
