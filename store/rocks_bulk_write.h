// Many rows as table files of their own that RocksDB takes in whole: they pass neither its log nor its memory, so
// commits go on beside them. What was committed before they began goes to table files meanwhile, so that a log which
// loses its end never leaves commits older than what the rows are of. Included by store/rocks_*.cc alone.
#pragma once

#include <rocksdb/db.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "store/store.h"

namespace millrace {

// Into the table of that number of `handles`, of the database in `directory`; all must outlive what is returned.
// kNoSpace, kDenied, kIo as commits.
Result<std::unique_ptr<BulkWrite>> rocks_bulk_write(rocksdb::DB& database,
                                                    const std::vector<rocksdb::ColumnFamilyHandle*>& handles,
                                                    std::size_t table, const std::string& directory);
// Deletes what a process left that ended in the middle.
void remove_unfinished_bulk_writes(const std::string& directory);

}  // namespace millrace
