// The byte codec of every stored value: little-endian fixed fields, LEB128 varints (zigzag for signed), length-prefixed
// strings. Keys are big-endian so that their order in the store is their numeric order (append_key).
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {

class ByteWriter {
 public:
  // Room for about `size` bytes: spares the growing of long rows.
  void reserve(std::size_t size) { out_.reserve(size); }
  void u8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void u32(std::uint32_t v) { fixed(v); }
  void u64(std::uint64_t v) { fixed(v); }
  void f32(float v) { fixed(std::bit_cast<std::uint32_t>(v)); }
  void f64(double v) { fixed(std::bit_cast<std::uint64_t>(v)); }
  // One after the other, without their number.
  void floats(std::span<const float> v) {
    static_assert(std::endian::native == std::endian::little);
    out_.append(reinterpret_cast<const char*>(v.data()), v.size_bytes());
  }
  void varint(std::uint64_t v) {
    char buffer[10];
    std::size_t size = 0;
    for (; v >= 0x80; v >>= 7) buffer[size++] = static_cast<char>(static_cast<std::uint8_t>(v) | 0x80);
    buffer[size++] = static_cast<char>(v);
    out_.append(buffer, size);
  }
  void zigzag(std::int64_t v) { varint((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63)); }
  void string(std::string_view v) {
    varint(v.size());
    out_.append(v);
  }
  void raw(std::string_view v) { out_.append(v); }
  const std::string& bytes() const { return out_; }
  std::string take() { return std::move(out_); }
  void clear() { out_.clear(); }

 private:
  template <class T>
  void fixed(T v) {
    static_assert(std::endian::native == std::endian::little);
    char buffer[sizeof v];
    std::memcpy(buffer, &v, sizeof v);
    out_.append(buffer, sizeof v);
  }
  std::string out_;
};

// Reads what ByteWriter wrote. After the first read past the end (or an overlong varint) ok() is false and everything
// reads as zero; check ok() once, at the end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  std::uint8_t u8() { return fixed<std::uint8_t>(); }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  float f32() { return std::bit_cast<float>(fixed<std::uint32_t>()); }
  double f64() { return std::bit_cast<double>(fixed<std::uint64_t>()); }
  void floats(std::span<float> v) {
    const std::string_view bytes = raw(v.size_bytes());
    if (!ok_) return std::fill(v.begin(), v.end(), 0.0F);
    if (!v.empty()) std::memcpy(v.data(), bytes.data(), bytes.size());
  }
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      if (!ok_) return 0;
      v |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return v;
    }
    ok_ = false;
    return 0;
  }
  std::int64_t zigzag() {
    const std::uint64_t v = varint();
    return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
  }
  // A view into the bytes handed to the constructor.
  std::string_view string() { return raw(varint()); }
  std::string_view raw(std::uint64_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view v = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return v;
  }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }
  std::size_t remaining() const { return rest_.size(); }

 private:
  template <class T>
  T fixed() {
    T v{};
    const std::string_view bytes = raw(sizeof v);
    if (ok_) std::memcpy(&v, bytes.data(), sizeof v);
    return v;
  }
  std::string_view rest_;
  bool ok_ = true;
};

// Big-endian key parts.
inline void append_key(std::string& key, std::uint64_t v, int bytes = 8) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) key.push_back(static_cast<char>(v >> shift));
}
inline std::string key_u64(std::uint64_t v) {
  std::string key;
  append_key(key, v, 8);
  return key;
}
inline std::string key_u32(std::uint32_t v) {
  std::string key;
  append_key(key, v, 4);
  return key;
}
// A key that ends before reads as if zeros followed.
inline std::uint64_t read_key(std::string_view key, std::size_t at = 0, int bytes = 8) {
  std::uint64_t v = 0;
  for (const std::size_t end = at + static_cast<std::size_t>(bytes); at < end; ++at) {
    v = v << 8 | (at < key.size() ? static_cast<std::uint8_t>(key[at]) : 0U);
  }
  return v;
}

}  // namespace millrace
