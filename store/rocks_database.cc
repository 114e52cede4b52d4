// RocksDB (7.8 to 9.x): options, opening, errors.
#include "store/rocks_database.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/workers.h"
#include "store/rocks_backup.h"

namespace millrace {
namespace {

constexpr std::size_t kLogLineBytesMax = 1024;
// Of two processors: 32 MiB/s hold up a service at its sustained rate now and then, 48 do not (docs/benchmarks.md).
constexpr std::uint64_t kBackgroundBytesPerProcessor = 24ULL << 20;
constexpr std::int64_t kBackgroundPortionUs = 10'000;
constexpr std::size_t kRowBytes = 256;  // about, of those that are found by hash

// Hands warnings and errors on, in the place of RocksDB's own log file.
class LineLogger final : public rocksdb::Logger {
 public:
  explicit LineLogger(std::function<void(std::string_view)> sink)
      : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), sink_(std::move(sink)) {}
  using rocksdb::Logger::Logv;
  void LogHeader(const char* /*format*/, va_list /*arguments*/) override {}
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (!sink_ || level < rocksdb::InfoLogLevel::WARN_LEVEL || level >= rocksdb::InfoLogLevel::HEADER_LEVEL) return;
    std::array<char, kLogLineBytesMax> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    sink_(line.data());
  }

 private:
  std::function<void(std::string_view)> sink_;
};

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// An ingestion whose flush met an error of the background gives that error's text under a code of its own.
bool is_io(const rocksdb::Status& status) { return status.IsIOError() || status.IsIncomplete(); }

// RocksDB has no status code for a lock that is held; its wording has been the same since 5.x.
bool is_locked(const rocksdb::Status& status, std::string_view text) {
  return status.IsIOError() && (contains(text, "While lock file") || contains(text, "lock hold by current process"));
}

// Nor for what the operating system forbids: its own words follow RocksDB's.
bool is_denied(const rocksdb::Status& status, std::string_view text) {
  return is_io(status) && (contains(text, "Read-only file system") || contains(text, "Permission denied") ||
                           contains(text, "Operation not permitted"));
}

bool is_no_space(const rocksdb::Status& status, std::string_view text) {
  return status.IsNoSpace() || (is_io(status) && contains(text, "No space left on device"));
}

ErrorCode code_of(const rocksdb::Status& status, std::string_view text) {
  if (is_locked(status, text)) return ErrorCode::kLocked;
  if (is_denied(status, text)) return ErrorCode::kDenied;
  if (is_no_space(status, text)) return ErrorCode::kNoSpace;
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
    case ErrorCode::kDenied:
      return "let the user that millrace runs as write there, and mount the disk writable; nothing was changed";
    case ErrorCode::kCorruption:
      return "check the disk, then put a backup back (millrace restore), or move the directory away and rebuild from "
             "the topics (millrace run --rebuild)";
    case ErrorCode::kInvalid:
      return "use the version of millrace that wrote the directory, or another directory";
    default:
      return "check that the directory exists and that the disk works";
  }
}

// Flushes and compactions in small portions: at once they would take a core and the disk for tenths of a second, and
// what is committed meanwhile would wait.
std::shared_ptr<rocksdb::RateLimiter> background_rate(std::uint64_t bytes_per_second) {
  const std::uint64_t rate = bytes_per_second > 0 ? bytes_per_second : kBackgroundBytesPerProcessor * thread_count(0);
  return std::shared_ptr<rocksdb::RateLimiter>(
      rocksdb::NewGenericRateLimiter(static_cast<std::int64_t>(rate), kBackgroundPortionUs));
}

rocksdb::DBOptions database_options(const RocksOptions& options) {
  rocksdb::DBOptions database;
  database.create_if_missing = !options.read_only;
  database.create_missing_column_families = !options.read_only;
  database.paranoid_checks = true;
  // An older log file that is missing or cut is refused, for tables flushed since would then be ahead of the others.
  database.track_and_verify_wals_in_manifest = true;
  // Two cores are shared with training: one flush and one compaction at a time.
  database.max_background_jobs = 2;
  database.max_subcompactions = 1;
  database.allow_concurrent_memtable_write = false;  // hash tables in memory take one writer, and there is one
  database.rate_limiter = background_rate(options.background_bytes_per_second);
  database.db_write_buffer_size = options.write_buffer_bytes;
  // Rarely written tables would otherwise pin every log file since their last flush.
  database.max_total_wal_size = 2 * options.write_buffer_bytes;
  // A read-only store must keep its files open, for the service beside it deletes what it compacts away.
  database.max_open_files = options.read_only ? -1 : 512;
  database.stats_dump_period_sec = 0;
  database.info_log = std::make_shared<LineLogger>(options.log);
  return database;
}

// They take what the step leaves of the cores, for it waits for none. Where they fall behind RocksDB holds writes up,
// and then they have the cores.
void lower_priority_of_compactions() {
  rocksdb::Env::Default()
      ->LowerThreadPoolCPUPriority(rocksdb::Env::Priority::LOW, rocksdb::CpuPriority::kLow)
      .PermitUncheckedError();
}

// Rows that each step reads and writes by their keys, in no order of them.
bool is_read_by_key(Table table) {
  return table == Table::kUsers || table == Table::kItems || table == Table::kNeighbours || table == Table::kLists;
}

// In memory a hash table instead of a skip list, whose every level is a miss of the cache. A scan sorts it first.
void find_by_hash(rocksdb::ColumnFamilyOptions& table) {
  const std::size_t buckets = table.write_buffer_size / kRowBytes;
  table.prefix_extractor.reset(rocksdb::NewNoopTransform());  // the whole key
  table.memtable_factory.reset(rocksdb::NewHashLinkListRepFactory(buckets, 0, 0, false));
}

// RocksDB insists on a family named "default"; it stays empty, and its handle comes after those of the tables.
std::vector<rocksdb::ColumnFamilyDescriptor> column_families(const RocksOptions& options) {
  const rocksdb::ColumnFamilyOptions ordered = rocks_table_options(options);
  rocksdb::ColumnFamilyOptions hashed = ordered;
  find_by_hash(hashed);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::size_t i = 0; i < kTables; ++i) {
    const auto table = static_cast<Table>(i);
    families.emplace_back(std::string(table_name(table)), is_read_by_key(table) ? hashed : ordered);
  }
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, ordered);
  return families;
}

bool is_table(const std::string& name) {
  for (std::size_t i = 0; i < kTables; ++i) {
    if (table_name(static_cast<Table>(i)) == name) return true;
  }
  return false;
}

std::string opening(const std::string& directory) { return "opening the store in " + directory; }

}  // namespace

Error store_error(ErrorCode code, const std::string& action, const std::string& found) {
  return stop_error(code, action + ": " + found + "; " + std::string(remedy_of(code)));
}

Error rocks_error(const rocksdb::Status& status, const std::string& action) {
  const std::string text = status.ToString();
  return store_error(code_of(status, text), action, text);
}

rocksdb::ColumnFamilyOptions rocks_table_options(const RocksOptions& options) {
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

RocksDatabase::~RocksDatabase() {
  if (database == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : handles) database->DestroyColumnFamilyHandle(handle);
  database->Close().PermitUncheckedError();
}

Result<RocksDatabase> open_database(const RocksOptions& options, rocksdb::WALRecoveryMode wal) {
  RocksDatabase opened;
  rocksdb::DB* database = nullptr;
  rocksdb::DBOptions settings = database_options(options);
  settings.wal_recovery_mode = wal;
  const auto families = column_families(options);
  lower_priority_of_compactions();
  const rocksdb::Status status =
      options.read_only
          ? rocksdb::DB::OpenForReadOnly(settings, options.directory, families, &opened.handles, &database)
          : rocksdb::DB::Open(settings, options.directory, families, &opened.handles, &database);
  opened.database.reset(database);
  if (!status.ok()) return rocks_error(status, opening(options.directory));
  return opened;
}

Status check_tables(const RocksOptions& options) {
  std::vector<std::string> found;
  const rocksdb::Status status = rocksdb::DB::ListColumnFamilies({}, options.directory, &found);
  if (!status.ok()) return rocks_error(status, opening(options.directory));
  std::size_t known = 0;
  for (const std::string& name : found) {
    if (name == rocksdb::kDefaultColumnFamilyName) continue;
    if (!is_table(name)) {
      return store_error(ErrorCode::kInvalid, opening(options.directory),
                         "it has a table named \"" + name + "\", which only a newer version can have written");
    }
    ++known;
  }
  if (options.read_only && known < kTables) {
    return store_error(ErrorCode::kInvalid, opening(options.directory),
                       "it has " + std::to_string(known) + " of " + std::to_string(kTables) +
                           " tables (of an older version, or its first start did not finish: start the service once)");
  }
  return Ok{};
}

// A directory without CURRENT but with data files has lost its root: RocksDB would take it for empty and delete them.
// (A kill during the very first start leaves neither.)
Result<bool> store_exists(const std::string& directory) {
  std::error_code failure;
  const std::filesystem::path path(directory);
  if (std::filesystem::exists(path / kRestoringFolder, failure)) {
    return stop_error(ErrorCode::kCorruption, opening(directory) +
                                                  ": a restore into it did not finish (there is a folder " +
                                                  kRestoringFolder + "); run \"millrace restore\" again");
  }
  if (std::filesystem::exists(path / "CURRENT", failure)) return true;
  for (const auto& entry : std::filesystem::directory_iterator(path, failure)) {
    const auto extension = entry.path().extension();
    if (extension == ".sst" || extension == ".log") {
      return store_error(ErrorCode::kCorruption, opening(directory),
                         "the file CURRENT is missing beside data files such as " + entry.path().filename().string());
    }
  }
  return false;
}

}  // namespace millrace
