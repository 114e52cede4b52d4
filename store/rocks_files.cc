#include "store/rocks_files.h"

#include <rocksdb/metadata.h>
#include <rocksdb/sst_file_reader.h>

#include <filesystem>
#include <utility>

#include "store/rocks_database.h"

namespace millrace {
namespace {

namespace fs = std::filesystem;

void count_logs(StoreFiles& files, const std::string& directory) {
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(directory, failure)) {
    if (entry.path().extension() != ".log") continue;
    ++files.logs;
    files.log_bytes += fs::file_size(entry.path(), failure);
  }
}

// Every block of one table file.
rocksdb::Status verify_table(const RocksOptions& options, const std::string& path) {
  const rocksdb::Options settings(rocksdb::DBOptions(), rocks_table_options(options));
  rocksdb::SstFileReader reader(settings);
  const rocksdb::Status opened = reader.Open(path);
  return opened.ok() ? reader.VerifyChecksum() : opened;
}

}  // namespace

Result<StoreFiles> check_rocks_files(const RocksOptions& settings,
                                     const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  RocksOptions options = settings;
  options.read_only = true;
  StoreFiles files;
  auto opened = open_rocks_store(options);
  if (!opened.ok() && opened.error().code != ErrorCode::kCorruption) return std::move(opened).error();
  if (opened.ok()) {
    files.store = std::move(opened).value();
    files.continuity = files.store->continuity();
  } else {
    files.unreadable = opened.error().message;
  }
  count_logs(files, options.directory);
  std::vector<rocksdb::LiveFileMetaData> tables;
  {
    // The log once more, strictly: the service would go on from before the damage, here it is to be known.
    auto strict = open_database(options, rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords);
    if (!strict.ok()) files.damaged_log = strict.error().message;
    auto tolerant =
        strict.ok() ? std::move(strict) : open_database(options, rocksdb::WALRecoveryMode::kPointInTimeRecovery);
    if (!tolerant.ok()) return std::move(tolerant).error();
    tolerant->database->GetLiveFilesMetaData(&tables);
  }
  files.tables = tables.size();
  for (const rocksdb::LiveFileMetaData& table : tables) files.table_bytes += table.size;
  std::uint64_t done = 0;
  for (const rocksdb::LiveFileMetaData& table : tables) {
    const std::string name = fs::path(table.name).filename().string();
    const rocksdb::Status status = verify_table(options, table.db_path + "/" + name);
    if (!status.ok())
      files.damaged_tables.push_back({name + " of table " + table.column_family_name, status.ToString()});
    progress(done += table.size, files.table_bytes);
  }
  return files;
}

}  // namespace millrace
