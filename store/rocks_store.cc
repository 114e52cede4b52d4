// The one file that includes RocksDB (7.8 to 9.x); its statuses become Errors here.
#include "store/rocks_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cstdarg>
#include <filesystem>
#include <system_error>

#include "store/format.h"

namespace millrace {
namespace {

constexpr std::size_t kMultiGetKeys = 1024;  // a call: bounds what is pinned at a time
constexpr int kReadOnlyAttempts = 5;  // the service may delete a file between our reading the manifest and opening it

// Swallows the info log of a read-only store, which must not write into the directory.
class NullLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// RocksDB has no status code for a lock that is held; its wording has been the same since 5.x.
bool is_locked(const rocksdb::Status& status, std::string_view text) {
  return status.IsIOError() && (contains(text, "While lock file") || contains(text, "lock hold by current process"));
}

ErrorCode code_of(const rocksdb::Status& status, std::string_view text) {
  if (is_locked(status, text)) return ErrorCode::kLocked;
  if (status.IsNoSpace()) return ErrorCode::kNoSpace;
  if (status.IsCorruption() || status.IsPathNotFound() || contains(text, "No such file")) return ErrorCode::kCorruption;
  if (status.IsInvalidArgument() || status.IsNotSupported()) return ErrorCode::kInvalid;
  return ErrorCode::kIo;
}

std::string_view remedy_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kLocked:
      return "another process uses the directory: stop it, or give this one a directory of its own";
    case ErrorCode::kNoSpace:
      return "free space on the disk and start again; what was committed is safe";
    case ErrorCode::kCorruption:
      return "check the disk, then restore the directory from a backup, or move it away and rebuild from the topics";
    case ErrorCode::kInvalid:
      return "use the version of millrace that wrote the directory, or another directory";
    default:
      return "check that the directory exists, is writable and that the disk works";
  }
}

// `action` reads "committing", `directory` where.
Error error_of(const rocksdb::Status& status, std::string_view action, const std::string& directory) {
  const std::string text = status.ToString();
  const ErrorCode code = code_of(status, text);
  return stop_error(
      code, std::string(action) + " the store in " + directory + ": " + text + "; " + std::string(remedy_of(code)));
}

Error error_with(ErrorCode code, const std::string& directory, const std::string& found) {
  return stop_error(code, "opening the store in " + directory + ": " + found + "; " + std::string(remedy_of(code)));
}

rocksdb::DBOptions database_options(const RocksOptions& options) {
  rocksdb::DBOptions database;
  database.create_if_missing = !options.read_only;
  database.create_missing_column_families = !options.read_only;
  database.paranoid_checks = true;
  database.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // Two cores are shared with training: one flush and one compaction at a time.
  database.max_background_jobs = 2;
  database.max_subcompactions = 1;
  database.db_write_buffer_size = options.write_buffer_bytes;
  // Rarely written tables would otherwise pin every log file since their last flush.
  database.max_total_wal_size = 2 * options.write_buffer_bytes;
  // A read-only store must keep its files open, for the service beside it deletes what it compacts away.
  database.max_open_files = options.read_only ? -1 : 512;
  database.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  database.max_log_file_size = 1 << 20;
  database.keep_log_file_num = 3;
  database.stats_dump_period_sec = 0;
  if (options.read_only) database.info_log = std::make_shared<NullLogger>();
  return database;
}

rocksdb::ColumnFamilyOptions table_options(const RocksOptions& options) {
  rocksdb::BlockBasedTableOptions blocks;
  blocks.format_version = 5;
  blocks.block_size = 8 << 10;
  blocks.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10.0));
  // Index and filter blocks count against the cache, so that memory stays within the stated budget.
  blocks.cache_index_and_filter_blocks = true;
  blocks.pin_l0_filter_and_index_blocks_in_cache = true;

  rocksdb::ColumnFamilyOptions table;
  table.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  table.compression = rocksdb::kLZ4Compression;
  table.bottommost_compression = rocksdb::kLZ4Compression;
  table.level_compaction_dynamic_level_bytes = true;
  table.write_buffer_size = std::max<std::uint64_t>(options.write_buffer_bytes / 4, 1 << 20);
  table.max_write_buffer_number = 2;
  return table;
}

// RocksDB insists on a family named "default"; it stays empty, and its handle comes after those of the tables.
std::vector<rocksdb::ColumnFamilyDescriptor> column_families(const RocksOptions& options) {
  const rocksdb::ColumnFamilyOptions table = table_options(options);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::size_t i = 0; i < kTables; ++i)
    families.emplace_back(std::string(table_name(static_cast<Table>(i))), table);
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, table);
  return families;
}

class RocksStore final : public Store {
 public:
  RocksStore(RocksOptions options, std::unique_ptr<rocksdb::DB> database,
             std::vector<rocksdb::ColumnFamilyHandle*> handles)
      : options_(std::move(options)), database_(std::move(database)), handles_(std::move(handles)) {
    read_.verify_checksums = true;
  }
  ~RocksStore() override {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) database_->DestroyColumnFamilyHandle(handle);
    database_->Close().PermitUncheckedError();
  }
  RocksStore(const RocksStore&) = delete;
  RocksStore& operator=(const RocksStore&) = delete;

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    std::string value;
    const rocksdb::Status status = database_->Get(read_, handle(table), slice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return error_of(status, "reading", options_.directory);
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
    const std::unique_ptr<rocksdb::Iterator> row(database_->NewIterator(read, handle(table)));
    for (row->Seek(slice(std::max(prefix, from))); row->Valid(); row->Next()) {
      if (!view(row->key()).starts_with(prefix) || !visit(view(row->key()), view(row->value()))) break;
    }
    if (!row->status().ok()) return error_of(row->status(), "scanning", options_.directory);
    return Ok{};
  }

  Status commit(const WriteBatch& batch) override {
    if (options_.read_only) {
      return stop_error(ErrorCode::kInvalid, "committing to the store in " + options_.directory +
                                                 ": it was opened for reading only; open it without read_only");
    }
    rocksdb::WriteBatch writes(batch.bytes() + 16 * batch.operations().size() + 16);
    for (const WriteBatch::Operation& operation : batch.operations()) {
      const rocksdb::Status status = operation.value
                                         ? writes.Put(handle(operation.table), operation.key, *operation.value)
                                         : writes.Delete(handle(operation.table), operation.key);
      if (!status.ok()) return error_of(status, "preparing a commit to", options_.directory);
    }
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const rocksdb::Status status = database_->Write(synced, &writes);
    if (!status.ok()) return error_of(status, "committing to", options_.directory);
    return Ok{};
  }

  TableSize size(Table table) const override {
    TableSize size;
    size.rows = property(table, rocksdb::DB::Properties::kEstimateNumKeys);
    size.bytes = property(table, rocksdb::DB::Properties::kLiveSstFilesSize) +
                 property(table, rocksdb::DB::Properties::kCurSizeAllMemTables);
    return size;
  }

 private:
  rocksdb::ColumnFamilyHandle* handle(Table table) const { return handles_[static_cast<std::size_t>(table)]; }

  std::uint64_t property(Table table, const std::string& name) const {
    std::uint64_t value = 0;
    return database_->GetIntProperty(handle(table), name, &value) ? value : 0;
  }

  Status get_some(Table table, std::span<const std::string> keys,
                  std::vector<std::optional<std::string>>& values) const {
    const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    database_->MultiGet(read_, handle(table), keys.size(), slices.data(), found.data(), statuses.data());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].IsNotFound()) {
        values.emplace_back();
      } else if (statuses[i].ok()) {
        values.emplace_back(view(found[i]));
      } else {
        return error_of(statuses[i], "reading", options_.directory);
      }
    }
    return Ok{};
  }

  RocksOptions options_;
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  rocksdb::ReadOptions read_;
};

// Whether the directory holds a store. One without CURRENT but with data files has lost its root: RocksDB would take it
// for empty and delete them. (A kill during the very first start leaves neither.)
Result<bool> store_exists(const std::string& directory) {
  std::error_code failure;
  const std::filesystem::path path(directory);
  if (std::filesystem::exists(path / "CURRENT", failure)) return true;
  for (const auto& entry : std::filesystem::directory_iterator(path, failure)) {
    const auto extension = entry.path().extension();
    if (extension == ".sst" || extension == ".log") {
      return error_with(ErrorCode::kCorruption, directory,
                        "the file CURRENT is missing beside data files such as " + entry.path().filename().string());
    }
  }
  return false;
}

// Refuses tables that this version does not know, and, where nothing may be created, tables that are missing.
Status check_tables(const RocksOptions& options) {
  std::vector<std::string> found;
  const rocksdb::Status status = rocksdb::DB::ListColumnFamilies({}, options.directory, &found);
  if (!status.ok()) return error_of(status, "opening", options.directory);
  const auto is_table = [](const std::string& name, std::size_t i) {
    return table_name(static_cast<Table>(i)) == name;
  };
  std::size_t known = 0;
  for (const std::string& name : found) {
    if (name == rocksdb::kDefaultColumnFamilyName) continue;
    std::size_t i = 0;
    while (i < kTables && !is_table(name, i)) ++i;
    if (i == kTables) {
      return error_with(ErrorCode::kInvalid, options.directory,
                        "it has a table named \"" + name + "\", which only a newer version can have written");
    }
    ++known;
  }
  if (options.read_only && known < kTables) {
    return error_with(ErrorCode::kInvalid, options.directory,
                      "it has " + std::to_string(known) + " of " + std::to_string(kTables) +
                          " tables (of an older version, or its first start did not finish: start the service once)");
  }
  return Ok{};
}

Result<std::unique_ptr<RocksStore>> open_once(const RocksOptions& options) {
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* database = nullptr;
  const rocksdb::DBOptions database_settings = database_options(options);
  const auto families = column_families(options);
  const rocksdb::Status status =
      options.read_only
          ? rocksdb::DB::OpenForReadOnly(database_settings, options.directory, families, &handles, &database)
          : rocksdb::DB::Open(database_settings, options.directory, families, &handles, &database);
  if (!status.ok()) return error_of(status, "opening", options.directory);
  return std::make_unique<RocksStore>(options, std::unique_ptr<rocksdb::DB>(database), std::move(handles));
}

Result<std::unique_ptr<RocksStore>> open_existing(const RocksOptions& options) {
  int attempts = options.read_only ? kReadOnlyAttempts : 1;
  while (true) {
    Status tables = check_tables(options);
    Result<std::unique_ptr<RocksStore>> store =
        tables.ok() ? open_once(options) : Result<std::unique_ptr<RocksStore>>(std::move(tables).error());
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

// Checks the format, or writes it into a store that is new (or was killed between its creation and its first commit).
Status settle_format(Store& store, const RocksOptions& options) {
  MILLRACE_ASSIGN_OR_RETURN(const auto format, store.get(Table::kMeta, kFormatKey));
  if (format) return check_store_format(*format, options.directory);
  MILLRACE_ASSIGN_OR_RETURN(const bool empty, is_empty(store));
  if (!empty) return error_with(ErrorCode::kCorruption, options.directory, "it holds rows but no format entry");
  if (options.read_only) return Ok{};
  WriteBatch batch;
  batch.put(Table::kMeta, std::string(kFormatKey), encode_store_format());
  return store.commit(batch);
}

Status prepare_directory(const RocksOptions& options) {
  std::error_code failure;
  if (!options.read_only) std::filesystem::create_directories(options.directory, failure);
  if (failure) return error_with(ErrorCode::kIo, options.directory, "creating it failed: " + failure.message());
  return Ok{};
}

}  // namespace

Result<std::unique_ptr<Store>> open_rocks_store(const RocksOptions& options) {
  MILLRACE_RETURN_IF_ERROR(prepare_directory(options));
  MILLRACE_ASSIGN_OR_RETURN(const bool exists, store_exists(options.directory));
  if (!exists && options.read_only) {
    return stop_error(ErrorCode::kNotFound, "opening the store in " + options.directory +
                                                " for reading: no store is there; start the service once, or name "
                                                "the directory it uses");
  }
  MILLRACE_ASSIGN_OR_RETURN(std::unique_ptr<RocksStore> store, exists ? open_existing(options) : open_once(options));
  MILLRACE_RETURN_IF_ERROR(settle_format(*store, options));
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace millrace
