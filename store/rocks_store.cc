// The store on RocksDB: reads, commits, and what is settled when it is opened.
#include "store/rocks_store.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "store/commit_mark.h"
#include "store/format.h"
#include "store/rocks_bulk_write.h"
#include "store/rocks_database.h"

namespace millrace {
namespace {

constexpr std::size_t kMultiGetKeys = 1024;  // a call: bounds what is pinned at a time
constexpr int kReadOnlyAttempts = 5;  // the service may delete a file between our reading the manifest and opening it

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

class OpenRocksStore final : public RocksStore {
 public:
  OpenRocksStore(RocksOptions options, RocksDatabase rocks, std::optional<CommitMark> mark, Continuity continuity)
      : options_(std::move(options)),
        rocks_(std::move(rocks)),
        database_(*rocks_.database),
        mark_(std::move(mark)),
        continuity_(continuity) {
    read_.verify_checksums = true;
    read_.total_order_seek = true;  // tables found by hash are scanned in order all the same
  }

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    std::string value;
    const rocksdb::Status status = database_.Get(read_, handle(table), slice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return error("reading", status);
    return std::optional<std::string>(std::move(value));
  }

  Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                            std::span<const std::string> keys) const override {
    std::vector<std::optional<std::string>> values;
    values.reserve(keys.size());
    for (std::size_t begin = 0; begin < keys.size(); begin += kMultiGetKeys) {
      const std::size_t count = std::min(kMultiGetKeys, keys.size() - begin);
      MILLRACE_RETURN_IF_ERROR(get_some(table, keys.subspan(begin, count), values));
    }
    return values;
  }

  Status scan(Table table, std::string_view prefix, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    rocksdb::ReadOptions read = read_;
    read.fill_cache = false;  // a recovery that reads a whole table must not evict the hot rows
    const std::unique_ptr<rocksdb::Iterator> row(database_.NewIterator(read, handle(table)));
    for (row->Seek(slice(std::max(prefix, from))); row->Valid(); row->Next()) {
      if (!view(row->key()).starts_with(prefix) || !visit(view(row->key()), view(row->value()))) break;
    }
    if (!row->status().ok()) return error("scanning", row->status());
    return Ok{};
  }

  Status commit(const WriteBatch& batch) override {
    if (options_.read_only) return read_only_error("committing to");
    rocksdb::WriteBatch writes(batch.bytes() + 16 * batch.operations().size() + 16);
    for (const WriteBatch::Operation& operation : batch.operations()) {
      const rocksdb::Status status = operation.value
                                         ? writes.Put(handle(operation.table), operation.key, *operation.value)
                                         : writes.Delete(handle(operation.table), operation.key);
      if (!status.ok()) return error("preparing a commit to", status);
    }
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const rocksdb::Status status = database_.Write(synced, &writes);
    if (!status.ok()) return error("committing to", status);
    mark_->note(database_.GetLatestSequenceNumber());
    return Ok{};
  }

  Result<std::unique_ptr<BulkWrite>> bulk_write(Table table) override {
    if (options_.read_only) return read_only_error("writing to");
    return rocks_bulk_write(database_, rocks_.handles, static_cast<std::size_t>(table), options_.directory);
  }

  TableSize size(Table table) const override {
    TableSize size;
    size.rows = property(table, rocksdb::DB::Properties::kEstimateNumKeys);
    size.bytes = property(table, rocksdb::DB::Properties::kLiveSstFilesSize) +
                 property(table, rocksdb::DB::Properties::kCurSizeAllMemTables);
    return size;
  }

  Continuity continuity() const override { return continuity_; }

  Result<Backup> back_up(const BackupRequest& request) override {
    if (options_.read_only) return read_only_error("backing up");
    return back_up_database(database_, request);
  }

 private:
  Error error(std::string_view action, const rocksdb::Status& status) const {
    return rocks_error(status, std::string(action) + " the store in " + options_.directory);
  }
  Error read_only_error(std::string_view action) const {
    return stop_error(ErrorCode::kInvalid, std::string(action) + " the store in " + options_.directory +
                                               ": it was opened for reading only; open it without read_only");
  }
  rocksdb::ColumnFamilyHandle* handle(Table table) const { return rocks_.handles[static_cast<std::size_t>(table)]; }

  std::uint64_t property(Table table, const std::string& name) const {
    std::uint64_t value = 0;
    return database_.GetIntProperty(handle(table), name, &value) ? value : 0;
  }

  Status get_some(Table table, std::span<const std::string> keys,
                  std::vector<std::optional<std::string>>& values) const {
    const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    database_.MultiGet(read_, handle(table), keys.size(), slices.data(), found.data(), statuses.data());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].IsNotFound()) {
        values.emplace_back();
      } else if (statuses[i].ok()) {
        values.emplace_back(view(found[i]));
      } else {
        return error("reading", statuses[i]);
      }
    }
    return Ok{};
  }

  RocksOptions options_;
  RocksDatabase rocks_;
  rocksdb::DB& database_;
  std::optional<CommitMark> mark_;  // none where read only
  Continuity continuity_;
  rocksdb::ReadOptions read_;
};

Continuity continuity_of(rocksdb::DB& database, std::optional<std::uint64_t> mark) {
  if (!mark) return Continuity::kUnknown;
  return database.GetLatestSequenceNumber() < *mark ? Continuity::kRewound : Continuity::kUnbroken;
}

// A new store has nothing that could be missing.
Result<std::unique_ptr<OpenRocksStore>> open_once(const RocksOptions& options, bool exists) {
  const std::optional<std::uint64_t> found = CommitMark::read(options.directory);
  MILLRACE_ASSIGN_OR_RETURN(RocksDatabase rocks,
                            open_database(options, rocksdb::WALRecoveryMode::kPointInTimeRecovery));
  const Continuity continuity = exists ? continuity_of(*rocks.database, found) : Continuity::kUnbroken;
  std::optional<CommitMark> mark;
  if (!options.read_only) {
    MILLRACE_ASSIGN_OR_RETURN(CommitMark opened, CommitMark::open(options.directory));
    mark.emplace(std::move(opened));
    remove_unfinished_bulk_writes(options.directory);
  }
  return std::make_unique<OpenRocksStore>(options, std::move(rocks), std::move(mark), continuity);
}

Result<std::unique_ptr<OpenRocksStore>> open_existing(const RocksOptions& options) {
  int attempts = options.read_only ? kReadOnlyAttempts : 1;
  while (true) {
    Status tables = check_tables(options);
    Result<std::unique_ptr<OpenRocksStore>> store =
        tables.ok() ? open_once(options, true) : Result<std::unique_ptr<OpenRocksStore>>(std::move(tables).error());
    if (store.ok() || store.error().code != ErrorCode::kCorruption || --attempts == 0) return store;
  }
}

Result<bool> is_empty(const Store& store) {
  bool empty = true;
  for (std::size_t i = 0; i < kTables && empty; ++i) {
    MILLRACE_RETURN_IF_ERROR(store.scan(static_cast<Table>(i), "", "", [&](auto, auto) { return empty = false; }));
  }
  return empty;
}

// Checks the format, or writes it into a store that is new (or was killed between its creation and its first commit) or
// of an older format.
Status settle_format(Store& store, const RocksOptions& options) {
  MILLRACE_ASSIGN_OR_RETURN(const auto format, store.get(Table::kMeta, kFormatKey));
  if (format) {
    MILLRACE_RETURN_IF_ERROR(check_store_format(*format, options.directory));
  } else {
    MILLRACE_ASSIGN_OR_RETURN(const bool empty, is_empty(store));
    if (!empty)
      return store_error(ErrorCode::kCorruption, "opening the store in " + options.directory,
                         "it holds rows but no format entry");
  }
  if (options.read_only || format == encode_store_format()) return Ok{};
  WriteBatch batch;
  batch.put(Table::kMeta, std::string(kFormatKey), encode_store_format());
  return store.commit(batch);
}

Status prepare_directory(const RocksOptions& options) {
  std::error_code failure;
  if (!options.read_only) std::filesystem::create_directories(options.directory, failure);
  if (!failure) return Ok{};
  const bool denied = failure == std::errc::permission_denied || failure == std::errc::read_only_file_system ||
                      failure == std::errc::operation_not_permitted;
  return store_error(denied ? ErrorCode::kDenied : ErrorCode::kIo, "opening the store in " + options.directory,
                     "creating it failed: " + failure.message());
}

}  // namespace

Result<std::unique_ptr<RocksStore>> open_rocks_store(const RocksOptions& options) {
  MILLRACE_RETURN_IF_ERROR(prepare_directory(options));
  MILLRACE_ASSIGN_OR_RETURN(const bool exists, store_exists(options.directory));
  if (!exists && options.read_only) {
    return stop_error(ErrorCode::kNotFound, "opening the store in " + options.directory +
                                                " for reading: no store is there; start the service once, or name "
                                                "the directory it uses");
  }
  MILLRACE_ASSIGN_OR_RETURN(std::unique_ptr<OpenRocksStore> store,
                            exists ? open_existing(options) : open_once(options, false));
  MILLRACE_RETURN_IF_ERROR(settle_format(*store, options));
  return std::unique_ptr<RocksStore>(std::move(store));
}

}  // namespace millrace
