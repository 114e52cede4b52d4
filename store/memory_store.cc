#include "store/memory_store.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "store/format.h"

namespace millrace {
namespace {

class MemoryStore final : public Store {
 public:
  MemoryStore() { apply({Table::kMeta, std::string(kFormatKey), encode_store_format()}); }

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    const std::shared_lock lock(mutex_);
    return find(table, key);
  }

  Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                            std::span<const std::string> keys) const override {
    const std::shared_lock lock(mutex_);
    std::vector<std::optional<std::string>> values;
    values.reserve(keys.size());
    for (const std::string& key : keys) values.push_back(find(table, key));
    return values;
  }

  Status scan(Table table, std::string_view prefix, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const std::shared_lock lock(mutex_);
    const Rows& rows = at(table).rows;
    for (auto row = rows.lower_bound(std::max(prefix, from)); row != rows.end(); ++row) {
      if (!row->first.starts_with(prefix) || !visit(row->first, row->second)) break;
    }
    return Ok{};
  }

  Status commit(const WriteBatch& batch) override {
    const std::unique_lock lock(mutex_);
    for (const WriteBatch::Operation& operation : batch.operations()) apply(operation);
    return Ok{};
  }

  TableSize size(Table table) const override {
    const std::shared_lock lock(mutex_);
    return {at(table).rows.size(), at(table).bytes};
  }

 private:
  using Rows = std::map<std::string, std::string, std::less<>>;
  struct TableRows {
    Rows rows;
    std::uint64_t bytes = 0;
  };

  const TableRows& at(Table table) const { return tables_[static_cast<std::size_t>(table)]; }

  std::optional<std::string> find(Table table, std::string_view key) const {
    const auto row = at(table).rows.find(key);
    if (row == at(table).rows.end()) return std::nullopt;
    return row->second;
  }

  void apply(const WriteBatch::Operation& operation) {
    TableRows& table = tables_[static_cast<std::size_t>(operation.table)];
    const auto row = table.rows.find(operation.key);
    if (row != table.rows.end()) {
      table.bytes -= row->first.size() + row->second.size();
      table.rows.erase(row);
    }
    if (!operation.value) return;
    table.bytes += operation.key.size() + operation.value->size();
    table.rows.emplace(operation.key, *operation.value);
  }

  mutable std::shared_mutex mutex_;
  std::array<TableRows, kTables> tables_;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace millrace
