#include "app/state_meta.h"

#include <optional>
#include <string>

#include "core/bytes.h"

namespace millrace {

Result<std::uint64_t> read_meta_counter(const Store& store, std::string_view key) {
  const auto row = store.get(Table::kMeta, key);
  if (!row.ok()) return row.error();
  if (!row->has_value()) return std::uint64_t{0};
  ByteReader in(**row);
  const std::uint8_t format = in.u8();
  const std::uint64_t number = in.varint();
  if (format != 1 || !in.done()) {
    return stop_error(ErrorCode::kCorruption, "reading the counter '" + std::string(key) +
                                                  "' of the store: found format " + std::to_string(format) + " in " +
                                                  std::to_string((*row)->size()) +
                                                  " bytes, expected format 1; restore a backup");
  }
  return number;
}

Result<std::string> read_meta_engine(const Store& store) {
  const auto row = store.get(Table::kMeta, kEngineKey);
  if (!row.ok()) return row.error();
  if (!row->has_value()) return std::string();
  ByteReader in(**row);
  const std::uint8_t format = in.u8();
  std::string engine(in.string());
  if (format == 1 && in.done()) return engine;
  return stop_error(ErrorCode::kCorruption, "reading 'engine' of the store: the row is unreadable; restore a backup");
}

void put_meta_counter(WriteBatch& batch, std::string_view key, std::uint64_t number) {
  ByteWriter out;
  out.u8(1);
  out.varint(number);
  batch.put(Table::kMeta, std::string(key), out.take());
}

}  // namespace millrace
