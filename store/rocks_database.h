// What the files of this folder that include RocksDB share: options, opening, and its statuses as Errors. Included by
// store/rocks_*.cc and their tests alone; nothing of RocksDB leaves the folder.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "store/rocks_store.h"

namespace millrace {

// `action` reads "committing to the store in /state".
Error rocks_error(const rocksdb::Status& status, const std::string& action);
// The same for what was found without RocksDB.
Error store_error(ErrorCode code, const std::string& action, const std::string& found);

rocksdb::ColumnFamilyOptions rocks_table_options(const RocksOptions& options);

// A database with the handles of its tables in their order, and that of the empty family "default" after them.
struct RocksDatabase {
  RocksDatabase() = default;
  RocksDatabase(RocksDatabase&&) noexcept = default;
  RocksDatabase& operator=(RocksDatabase&&) = delete;
  ~RocksDatabase();

  std::unique_ptr<rocksdb::DB> database;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
};

// Creates what is missing unless options.read_only. `wal`: what damage to the write-ahead log means.
Result<RocksDatabase> open_database(const RocksOptions& options, rocksdb::WALRecoveryMode wal);
// Refuses tables that this version does not know and, where nothing may be created, tables that are missing. Requires a
// directory that holds a store.
Status check_tables(const RocksOptions& options);
// Whether the directory holds a store. kCorruption where one lost its root, or where a restore did not finish.
Result<bool> store_exists(const std::string& directory);

// rocks_backup.cc; `database` is open for writing.
Result<Backup> back_up_database(rocksdb::DB& database, const BackupRequest& request);

}  // namespace millrace
