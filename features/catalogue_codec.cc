#include "features/catalogue_codec.h"

#include "core/bytes.h"
#include "features/codec_parts.h"

namespace millrace {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

std::string encode_content(const ItemContent& content) {
  ByteWriter out;
  out.u8(kVersion);
  out.string(content.title);
  out.string(content.text);
  out.varint(content.categories.size());
  for (const std::string& category : content.categories) out.string(category);
  out.f32(content.price);
  out.u8(content.available ? 1 : 0);
  out.varint(content.vector.size());
  for (const float value : content.vector) out.f32(value);
  return out.take();
}

Result<ItemContent> decode_content(std::string_view bytes) {
  ByteReader in(bytes);
  CountReader counts(in);
  ItemContent content;
  if (in.u8() != kVersion) return undecodable("catalogue", bytes, kVersion);
  content.title = in.string();
  content.text = in.string();
  content.categories.resize(counts.next(1));
  for (std::string& category : content.categories) category = in.string();
  content.price = in.f32();
  content.available = in.u8() != 0;
  content.vector.resize(counts.next(sizeof(float)));
  for (float& value : content.vector) value = in.f32();
  if (!counts.done()) return undecodable("catalogue", bytes, kVersion);
  return content;
}

}  // namespace millrace
