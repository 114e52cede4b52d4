#include "features/item_state.h"

#include "core/bytes.h"
#include "core/hash.h"
#include "features/codec_parts.h"

namespace millrace {
namespace {

constexpr std::uint8_t kVersion = 1;

// A byte whether there is anything, the newest bucket's number, then the counts from it backwards.
template <class Window>
void put_window(ByteWriter& out, const Window& window) {
  out.u8(window.empty() ? 0 : 1);
  if (window.empty()) return;
  out.zigzag(window.newest());
  for (int back = 0; back < Window::kBuckets; ++back) out.varint(window.count_back(back));
}

template <class Window>
void get_window(ByteReader& in, Window& window) {
  if (in.u8() == 0) return;
  window.restore(in.zigzag());
  // Bucket numbers are times divided by at least a minute: near the ends of the range there are none.
  constexpr std::int64_t kLimit = std::numeric_limits<std::int64_t>::max() / 2;
  if (window.newest() > kLimit || window.newest() < -kLimit) {
    in.raw(in.remaining() + 1);  // makes the row invalid
    return;
  }
  for (int back = 0; back < Window::kBuckets; ++back) {
    window.restore_count(back, static_cast<std::uint32_t>(in.varint()));
  }
}

}  // namespace

std::uint32_t category_hash(std::string_view category) {
  const std::uint64_t hash = fnv1a(category);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

std::size_t ItemState::memory_bytes() const {
  return sizeof *this + kinds.capacity() * sizeof(double) + categories.capacity() * sizeof(std::uint32_t);
}

std::string encode_item(const ItemState& item) {
  ByteWriter out;
  out.reserve(192);
  out.u8(kVersion);
  out.zigzag(item.first_seen.count);
  put_time(out, item.last_seen, item.first_seen);
  out.varint(item.interactions);
  out.varint(item.clicks);
  out.varint(item.purchases);
  out.f64(item.rating_sum);
  out.f64(item.relative_rating_sum);
  out.varint(item.rating_count);
  out.f32(item.price);
  out.u8(item.price_listed ? 1 : 0);
  put_time(out, item.price_time, item.first_seen);
  put_time(out, item.reference, item.first_seen);
  put_counters(out, item.kinds);
  put_window(out, item.hour);
  put_window(out, item.day);
  put_window(out, item.week);
  out.varint(item.categories.size());
  for (const std::uint32_t category : item.categories) out.u32(category);
  return out.take();
}

Result<ItemState> decode_item(std::string_view bytes) {
  ByteReader in(bytes);
  CountReader counts(in);
  ItemState item;
  if (in.u8() != kVersion) return undecodable("item", bytes, kVersion);
  item.first_seen = {in.zigzag()};
  item.last_seen = get_time(in, item.first_seen);
  item.interactions = in.varint();
  item.clicks = in.varint();
  item.purchases = in.varint();
  item.rating_sum = in.f64();
  item.relative_rating_sum = in.f64();
  item.rating_count = in.varint();
  item.price = in.f32();
  item.price_listed = in.u8() != 0;
  item.price_time = get_time(in, item.first_seen);
  item.reference = get_time(in, item.first_seen);
  item.kinds = get_counters(in, counts);
  get_window(in, item.hour);
  get_window(in, item.day);
  get_window(in, item.week);
  item.categories.resize(counts.next(sizeof(std::uint32_t)));
  for (std::uint32_t& category : item.categories) category = in.u32();
  if (!counts.done()) return undecodable("item", bytes, kVersion);
  return item;
}

}  // namespace millrace
