// Pieces shared by the row codecs: times as differences, decayed counters, and the error for bytes that are no row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"
#include "core/time.h"
#include "features/decay.h"

namespace millrace {

// time − base as a zigzag varint; wraps like unsigned numbers do, so that every pair of times comes back.
inline void put_time(ByteWriter& out, Millis time, Millis base) {
  out.zigzag(
      static_cast<std::int64_t>(static_cast<std::uint64_t>(time.count) - static_cast<std::uint64_t>(base.count)));
}
inline Millis get_time(ByteReader& in, Millis base) {
  const auto difference = static_cast<std::uint64_t>(in.zigzag());
  return {static_cast<std::int64_t>(static_cast<std::uint64_t>(base.count) + difference)};
}

// A count of entries that take at least `entry_bytes` each: more than the rest of the bytes can hold reads as 0 and
// makes the row invalid, so that broken bytes cannot ask for memory.
class CountReader {
 public:
  explicit CountReader(ByteReader& in) : in_(in) {}
  std::size_t next(std::size_t entry_bytes) {
    const std::uint64_t count = in_.varint();
    if (count <= in_.remaining() / entry_bytes) return static_cast<std::size_t>(count);
    ok_ = false;
    return 0;
  }
  bool done() const { return ok_ && in_.done(); }

 private:
  ByteReader& in_;
  bool ok_ = true;
};

void put_counters(ByteWriter& out, const std::vector<double>& counters);
std::vector<double> get_counters(ByteReader& in, CountReader& counts);
void put_weights(ByteWriter& out, const std::vector<WeightedKey>& weights);
std::vector<WeightedKey> get_weights(ByteReader& in, CountReader& counts);

// `row` names the kind of row: "user", "item". kInvalid for a newer version, kCorruption otherwise.
Error undecodable(std::string_view row, std::string_view bytes, std::uint8_t newest_version);

}  // namespace millrace
