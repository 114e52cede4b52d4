// Many rows as table files of their own that RocksDB takes in whole: they pass neither its log nor its memory, so
// commits go on beside them. Included by store/rocks_*.cc alone.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>

#include "core/result.h"
#include "store/store.h"

namespace millrace {

// Into `table` of the database in `directory`; both must outlive what is returned. kNoSpace, kDenied, kIo as commits.
Result<std::unique_ptr<BulkWrite>> rocks_bulk_write(rocksdb::DB& database, rocksdb::ColumnFamilyHandle& table,
                                                    const std::string& directory);
// Deletes what a process left that ended in the middle.
void remove_unfinished_bulk_writes(const std::string& directory);

}  // namespace millrace
