#include "core/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>

namespace millrace {
namespace {

TEST(BytesTest, RoundTripsEveryField) {
  ByteWriter out;
  out.u8(7);
  out.u32(0xdeadbeef);
  out.u64(std::numeric_limits<std::uint64_t>::max());
  out.f32(-1.5F);
  out.f64(2.25);
  out.varint(300);
  out.varint(std::numeric_limits<std::uint64_t>::max());
  out.zigzag(std::numeric_limits<std::int64_t>::min());
  out.zigzag(-1);
  out.string("wheel");
  ByteReader in(out.bytes());
  EXPECT_EQ(in.u8(), 7);
  EXPECT_EQ(in.u32(), 0xdeadbeef);
  EXPECT_EQ(in.u64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(in.f32(), -1.5F);
  EXPECT_EQ(in.f64(), 2.25);
  EXPECT_EQ(in.varint(), 300U);
  EXPECT_EQ(in.varint(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(in.zigzag(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(in.zigzag(), -1);
  EXPECT_EQ(in.string(), "wheel");
  EXPECT_TRUE(in.done());
}

TEST(BytesTest, FloatsInARowAreThoseOneByOne) {
  const std::array<float, 3> values{1.0F, -0.0F, std::numeric_limits<float>::infinity()};
  ByteWriter out;
  out.floats(values);
  ByteReader in(out.bytes());
  for (const float value : values) EXPECT_EQ(in.f32(), value);
  ByteReader again(out.bytes());
  std::array<float, 3> read{};
  again.floats(read);
  EXPECT_EQ(read, values);
  EXPECT_TRUE(again.done());
  ByteReader cut(std::string_view(out.bytes()).substr(0, 11));
  cut.floats(read);
  EXPECT_FALSE(cut.ok());
  EXPECT_EQ(read, (std::array<float, 3>{}));
}

TEST(BytesTest, TruncatedBytesReadAsZeroAndAreNotOk) {
  ByteWriter out;
  out.u64(1);
  out.string("abc");
  for (std::size_t size = 0; size < out.bytes().size(); ++size) {
    ByteReader in(std::string_view(out.bytes()).substr(0, size));
    in.u64();
    EXPECT_EQ(in.string(), "");
    EXPECT_FALSE(in.ok()) << size;
  }
}

TEST(BytesTest, AnOverlongVarintIsRefused) {
  ByteReader in(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11));
  EXPECT_EQ(in.varint(), 0U);
  EXPECT_FALSE(in.ok());
}

TEST(BytesTest, KeysOrderLikeNumbers) {
  EXPECT_LT(key_u64(255), key_u64(256));
  EXPECT_LT(key_u32(1), key_u32(0x01000000));
  EXPECT_EQ(read_key(key_u64(123456789012345)), 123456789012345U);
  EXPECT_EQ(read_key(key_u32(77), 0, 4), 77U);
}

}  // namespace
}  // namespace millrace
