#include "store/store.h"

#include "core/bytes.h"
#include "core/check.h"
#include "store/format.h"

namespace millrace {
namespace {

constexpr std::uint8_t kFormatVersion = 1;

// Kept in memory, then one commit.
class CollectedRows final : public BulkWrite {
 public:
  CollectedRows(Store& store, Table table) : store_(store), table_(table) {}
  Status add(std::string_view key, std::optional<std::string_view> value) override {
    MILLRACE_CHECK(batch_.empty() || batch_.operations().back().key < key);
    if (value) {
      batch_.put(table_, std::string(key), std::string(*value));
    } else {
      batch_.erase(table_, std::string(key));
    }
    return Ok{};
  }
  Status finish() override { return store_.commit(batch_); }

 private:
  Store& store_;
  Table table_;
  WriteBatch batch_;
};

}  // namespace

Result<std::unique_ptr<BulkWrite>> Store::bulk_write(Table table) {
  return std::unique_ptr<BulkWrite>(std::make_unique<CollectedRows>(*this, table));
}

std::string_view table_name(Table table) {
  constexpr std::array<std::string_view, kTables> kNames{
      "meta",      "steps",    "partitions", "seen_ids", "users",        "items", "item_ids",  "neighbours",
      "catalogue", "examples", "lists",      "dirty",    "dead_letters", "model", "user_queue"};
  const auto index = static_cast<std::size_t>(table);
  MILLRACE_CHECK(index < kTables);
  return kNames[index];
}

std::string encode_store_format() {
  ByteWriter writer;
  writer.u8(kFormatVersion);
  writer.varint(kStoreFormat);
  return writer.take();
}

Status check_store_format(std::string_view bytes, std::string_view directory) {
  ByteReader reader(bytes);
  const std::uint8_t version = reader.u8();
  const std::uint64_t format = reader.varint();
  const std::string where = "opening the store in " + std::string(directory) + ": ";
  if (!reader.done() || version != kFormatVersion) {
    return stop_error(ErrorCode::kCorruption,
                      where + "its format entry is unreadable (" + std::to_string(bytes.size()) +
                          " bytes); restore the directory from a backup, or move it away and rebuild from the topics");
  }
  if (format < kOldestStoreFormat || format > kStoreFormat) {
    return stop_error(ErrorCode::kInvalid,
                      where + "it has format " + std::to_string(format) + ", this version of millrace reads formats " +
                          std::to_string(kOldestStoreFormat) + " to " + std::to_string(kStoreFormat) +
                          "; run the version that wrote it, or use another directory");
  }
  return Ok{};
}

}  // namespace millrace
