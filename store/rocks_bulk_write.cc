#include "store/rocks_bulk_write.h"

#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "store/rocks_database.h"

namespace millrace {
namespace {

constexpr const char* kExtension = ".bulk";
// Handed to the disk as it is written, so that the end need not wait for all of it.
constexpr std::uint64_t kBytesPerSync = 512 << 10;
constexpr std::chrono::milliseconds kFlushPoll{1};
constexpr std::chrono::seconds kFlushPatience{60};

rocksdb::EnvOptions file_options() {
  rocksdb::EnvOptions options;
  options.bytes_per_sync = kBytesPerSync;
  return options;
}

rocksdb::Options table_options(rocksdb::DB& database, rocksdb::ColumnFamilyHandle& table) {
  rocksdb::Options options = database.GetOptions(&table);
  options.compression = rocksdb::kNoCompression;  // a compaction compresses them, in its own thread
  options.bottommost_compression = rocksdb::kNoCompression;
  return options;
}

using Handles = std::vector<rocksdb::ColumnFamilyHandle*>;

class TableFiles final : public BulkWrite {
 public:
  TableFiles(rocksdb::DB& database, const Handles& handles, std::size_t table, std::string directory)
      : database_(database),
        handles_(handles),
        table_(*handles[table]),
        directory_(std::move(directory)),
        options_(table_options(database, table_)) {}
  TableFiles(const TableFiles&) = delete;
  TableFiles& operator=(const TableFiles&) = delete;
  ~TableFiles() override {
    writer_.reset();
    remove_unfinished_bulk_writes(directory_);
  }

  // In a thread of RocksDB's; finish() waits for it. RocksDB refuses while it has stopped commits, to catch up.
  Status begin_flush() {
    rocksdb::FlushOptions options;
    options.wait = false;
    options.allow_write_stall = true;
    const auto deadline = std::chrono::steady_clock::now() + kFlushPatience;
    rocksdb::Status status = database_.Flush(options, handles_);
    while (status.IsTryAgain() && std::chrono::steady_clock::now() < deadline) {
      MILLRACE_RETURN_IF_ERROR(wait_for_commits());
      status = database_.Flush(options, handles_);
    }
    return checked(status);
  }

  Status add(std::string_view key, std::optional<std::string_view> value) override {
    MILLRACE_RETURN_IF_ERROR(open_file());
    const rocksdb::Slice row(key.data(), key.size());
    return checked(value ? writer_->Put(row, rocksdb::Slice(value->data(), value->size())) : writer_->Delete(row));
  }

  // RocksDB writes out what commits have left in memory within the range of a file before it takes the file in.
  void gap() override { gap_ = writer_ != nullptr; }

  Status finish() override {
    MILLRACE_RETURN_IF_ERROR(close_file());
    if (files_.empty()) return Ok{};
    MILLRACE_RETURN_IF_ERROR(wait_for_flush());
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.write_global_seqno = false;
    return checked(database_.IngestExternalFile(&table_, files_, options));
  }

 private:
  Status open_file() {
    if (gap_) MILLRACE_RETURN_IF_ERROR(close_file());
    if (writer_ != nullptr) return Ok{};
    const std::string name = "rows-" + std::to_string(files_.size()) + kExtension;
    files_.push_back((std::filesystem::path(directory_) / name).string());
    writer_ = std::make_unique<rocksdb::SstFileWriter>(file_options(), options_, &table_);
    return checked(writer_->Open(files_.back()));
  }

  Status close_file() {
    gap_ = false;
    if (writer_ == nullptr) return Ok{};
    const rocksdb::Status status = writer_->Finish();
    writer_.reset();
    return checked(status);
  }

  // A commit of nothing waits like any other, and says what has failed.
  Status wait_for_commits() const {
    rocksdb::WriteBatch nothing;
    rocksdb::WriteOptions synced;
    synced.sync = true;
    std::this_thread::sleep_for(kFlushPoll);
    return checked(database_.Write(synced, &nothing));
  }
  Status wait_for_flush() const {
    const auto deadline = std::chrono::steady_clock::now() + kFlushPatience;
    while (is_flushing()) {
      MILLRACE_RETURN_IF_ERROR(wait_for_commits());
      if (std::chrono::steady_clock::now() < deadline) continue;
      return store_error(ErrorCode::kIo, "writing many rows to the store in " + directory_,
                         "what was committed before has not been written to table files within a minute");
    }
    return Ok{};
  }
  bool is_flushing() const {
    return std::any_of(handles_.begin(), handles_.end(), [this](rocksdb::ColumnFamilyHandle* handle) {
      return number(handle, rocksdb::DB::Properties::kNumImmutableMemTable) > 0;
    });
  }
  std::uint64_t number(rocksdb::ColumnFamilyHandle* handle, const std::string& property) const {
    std::uint64_t value = 0;
    return database_.GetIntProperty(handle, property, &value) ? value : 0;
  }

  Status checked(const rocksdb::Status& status) const {
    if (status.ok()) return Ok{};
    return rocks_error(status, "writing many rows to the store in " + directory_);
  }

  rocksdb::DB& database_;
  const Handles& handles_;
  rocksdb::ColumnFamilyHandle& table_;
  std::string directory_;
  rocksdb::Options options_;
  std::vector<std::string> files_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;  // of the last of files_, while it is written
  bool gap_ = false;
};

}  // namespace

Result<std::unique_ptr<BulkWrite>> rocks_bulk_write(rocksdb::DB& database, const Handles& handles, std::size_t table,
                                                    const std::string& directory) {
  auto files = std::make_unique<TableFiles>(database, handles, table, directory);
  MILLRACE_RETURN_IF_ERROR(files->begin_flush());
  return std::unique_ptr<BulkWrite>(std::move(files));
}

void remove_unfinished_bulk_writes(const std::string& directory) {
  std::error_code failure;
  std::vector<std::filesystem::path> left;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failure)) {
    if (entry.path().extension() == kExtension) left.push_back(entry.path());
  }
  for (const std::filesystem::path& path : left) std::filesystem::remove(path, failure);
}

}  // namespace millrace
