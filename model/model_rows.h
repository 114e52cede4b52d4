// The rows of Table::kModel: owner's name, 0, the owner's table, 0, the owner's key. Owners are families, the learner
// and the item facts.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "model/families/family.h"
#include "model/item_table.h"
#include "store/store.h"

namespace millrace {

// `batch` must outlive the sink.
RowSink row_sink(WriteBatch& batch, std::string_view owner);

using RowVisitor = std::function<Status(std::string_view table, std::string_view key, std::string_view value)>;
// Stops at the first error and returns it.
Status for_each_row(const Store& store, std::string_view owner, const RowVisitor& visit);

std::string encode_item_facts(const ItemFacts& facts);
Result<ItemFacts> decode_item_facts(std::string_view bytes);

}  // namespace millrace
