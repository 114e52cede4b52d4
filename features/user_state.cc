#include "features/user_state.h"

#include "core/bytes.h"
#include "features/codec_parts.h"

namespace millrace {
namespace {

constexpr std::uint8_t kVersion = 1;

void put_history(ByteWriter& out, const UserState& user) {
  out.varint(user.history.size());
  Millis time = user.first_seen;
  std::uint64_t session = user.session;
  for (std::size_t i = 0; i < user.history.size(); ++i) {
    const Interaction& entry = user.history[i];
    const bool has_value = entry.value != 0.0F;
    const std::uint64_t item = entry.item == kUnknownItem ? 0 : std::uint64_t{raw(entry.item)} + 1;
    out.varint(item << 1 | static_cast<std::uint64_t>(has_value));
    out.u8(raw(entry.kind));
    put_time(out, entry.time, time);
    put_time(out, Millis{static_cast<std::int64_t>(user.sessions[i])}, Millis{static_cast<std::int64_t>(session)});
    if (has_value) out.f32(entry.value);
    time = entry.time;
    session = user.sessions[i];
  }
}

void get_history(ByteReader& in, CountReader& counts, UserState& user) {
  const std::size_t size = counts.next(4);
  user.history.resize(size);
  user.sessions.resize(size);
  Millis time = user.first_seen;
  Millis session{static_cast<std::int64_t>(user.session)};
  for (std::size_t i = 0; i < size; ++i) {
    Interaction& entry = user.history[i];
    const std::uint64_t item = in.varint();
    entry.item = item >> 1 == 0 ? kUnknownItem : ItemIndex{static_cast<std::uint32_t>((item >> 1) - 1)};
    entry.kind = KindIndex{in.u8()};
    entry.time = time = get_time(in, time);
    session = get_time(in, session);
    user.sessions[i] = static_cast<std::uint64_t>(session.count);
    if ((item & 1) != 0) entry.value = in.f32();
  }
}

void put_seen(ByteWriter& out, const UserState& user) {
  out.varint(user.seen.size());
  std::uint32_t previous = 0;
  for (std::size_t i = 0; i < user.seen.size(); ++i) {
    const SeenItem& entry = user.seen[i];
    const bool has_units = user.seen_units[i] != static_cast<float>(entry.count);
    out.varint(raw(entry.item) - previous);
    out.varint(std::uint64_t{entry.count} << 1 | static_cast<std::uint64_t>(has_units));
    put_time(out, user.last_seen, entry.last);
    if (has_units) out.f32(user.seen_units[i]);
    previous = raw(entry.item);
  }
}

void get_seen(ByteReader& in, CountReader& counts, UserState& user) {
  const std::size_t size = counts.next(3);
  user.seen.resize(size);
  user.seen_units.resize(size);
  std::uint32_t previous = 0;
  for (std::size_t i = 0; i < size; ++i) {
    SeenItem& entry = user.seen[i];
    entry.item = ItemIndex{previous += static_cast<std::uint32_t>(in.varint())};
    const std::uint64_t count = in.varint();
    entry.count = static_cast<std::uint32_t>(count >> 1);
    const auto age = static_cast<std::uint64_t>(in.zigzag());
    entry.last = {static_cast<std::int64_t>(static_cast<std::uint64_t>(user.last_seen.count) - age)};
    user.seen_units[i] = (count & 1) != 0 ? in.f32() : static_cast<float>(entry.count);
  }
}

}  // namespace

std::size_t UserState::memory_bytes() const {
  return sizeof *this + kinds.capacity() * sizeof(double) + categories.capacity() * sizeof(WeightedKey) +
         history.capacity() * sizeof(Interaction) + sessions.capacity() * sizeof(std::uint64_t) +
         seen.capacity() * sizeof(SeenItem) + seen_units.capacity() * sizeof(float);
}

std::string encode_user(const UserState& user) {
  ByteWriter out;
  out.reserve(96 + 8 * (user.kinds.size() + user.categories.size() + user.history.size() + user.seen.size()));
  out.u8(kVersion);
  out.varint(raw(user.index));
  out.varint(user.session);
  out.u64(user.session_key);
  out.zigzag(user.first_seen.count);
  put_time(out, user.last_seen, user.first_seen);
  out.varint(user.interactions);
  out.f64(user.rating_sum);
  out.varint(user.rating_count);
  put_time(out, user.reference, user.first_seen);
  put_counters(out, user.kinds);
  put_weights(out, user.categories);
  put_history(out, user);
  put_seen(out, user);
  return out.take();
}

Result<UserState> decode_user(std::string_view bytes) {
  ByteReader in(bytes);
  CountReader counts(in);
  UserState user;
  if (in.u8() != kVersion) return undecodable("user", bytes, kVersion);
  user.index = UserIndex{in.varint()};
  user.session = in.varint();
  user.session_key = in.u64();
  user.first_seen = {in.zigzag()};
  user.last_seen = get_time(in, user.first_seen);
  user.interactions = static_cast<std::uint32_t>(in.varint());
  user.rating_sum = in.f64();
  user.rating_count = static_cast<std::uint32_t>(in.varint());
  user.reference = get_time(in, user.first_seen);
  user.kinds = get_counters(in, counts);
  user.categories = get_weights(in, counts);
  get_history(in, counts, user);
  get_seen(in, counts, user);
  if (!counts.done()) return undecodable("user", bytes, kVersion);
  return user;
}

}  // namespace millrace
