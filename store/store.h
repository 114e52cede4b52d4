// The one place where state lives: ordered tables of bytes behind a narrow interface. RocksDB implements it for the
// service (rocks_store.h), a sorted map in memory for tests and evaluation (memory_store.h); both pass
// tests/store/conformance.
//
// One thread writes; reads may come from any thread. A WriteBatch is applied whole or not at all, and what commit() has
// acknowledged survives a crash of the process and of the machine.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace millrace {

// Keys and values of every table are documented byte by byte in docs/formats.md.
enum class Table : std::uint8_t {
  kMeta = 0,     // format, engine choices, counters
  kSteps,        // step number → what the step consumed and decided
  kPartitions,   // topic, partition → next offset, newest accepted time, counts
  kSeenIds,      // topic, partition, number → event ids from it on
  kUsers,        // user id → features of the user
  kItems,        // item index → features of the item
  kItemIds,      // item id → item index
  kNeighbours,   // item index → transitions and co-occurrence
  kCatalogue,    // item id → content
  kExamples,     // sequence → example
  kLists,        // user id → newest list
  kDirty,        // version, part → users whose lists of it are to be delivered
  kDeadLetters,  // sequence → dead letter still to be delivered
  kModel,        // family, table, row → checkpointed model state
  kUserQueue,    // rank, place → user: who makes room for new users
};
inline constexpr std::size_t kTables = 15;
std::string_view table_name(Table table);

class WriteBatch {
 public:
  struct Operation {
    Table table;
    std::string key;
    std::optional<std::string> value;  // absent: erase
  };
  void put(Table table, std::string key, std::string value) {
    bytes_ += key.size() + value.size();
    operations_.push_back({table, std::move(key), std::move(value)});
  }
  void erase(Table table, std::string key) {
    bytes_ += key.size();
    operations_.push_back({table, std::move(key), std::nullopt});
  }
  std::span<const Operation> operations() const { return operations_; }
  std::size_t bytes() const { return bytes_; }
  bool empty() const { return operations_.empty(); }
  void clear() {
    operations_.clear();
    bytes_ = 0;
  }

 private:
  std::vector<Operation> operations_;
  std::size_t bytes_ = 0;
};

struct TableSize {
  std::uint64_t rows = 0;   // an estimate on RocksDB
  std::uint64_t bytes = 0;  // on disk and in memory, an estimate
};

// Whether what was opened is what was last acknowledged.
enum class Continuity : std::uint8_t {
  kUnbroken,  // nothing acknowledged is missing
  kUnknown,   // a copy, a restored backup, or written by a version that kept no account: it may be older
  kRewound,   // acknowledged commits are missing: it is the store of an earlier whole commit
};

// Many rows of one table, written while others are committed: nothing of them is read before finish(), all of them
// after it. Destroyed before, they are gone.
class BulkWrite {
 public:
  virtual ~BulkWrite() = default;
  // In ascending order of keys. No value: erase.
  virtual Status add(std::string_view key, std::optional<std::string_view> value) = 0;
  // Between the key before and the next, commit() may have written rows lately. A hint: finish() is faster for it.
  virtual void gap() {}
  // Atomic and durable, like a commit. Called once, last.
  virtual Status finish() = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  // A missing key is nullopt, not an error.
  virtual Result<std::optional<std::string>> get(Table table, std::string_view key) const = 0;
  // One entry a key, in the order of `keys`.
  virtual Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                                    std::span<const std::string> keys) const = 0;
  // Calls `visit` for each key that starts with `prefix` and is not below `from`, in order of bytes, until it returns
  // false. It sees the store as it was when the scan began. `visit` must not commit().
  virtual Status scan(Table table, std::string_view prefix, std::string_view from,
                      const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;
  // Atomic and durable: when it returns Ok the batch is on disk. Later operations on the same key win.
  virtual Status commit(const WriteBatch& batch) = 0;
  // The rows must not be committed until it has finished; the store must outlive it. One at a time. However the store
  // is damaged, it is not left with these rows and without what was committed before this call.
  virtual Result<std::unique_ptr<BulkWrite>> bulk_write(Table table);
  virtual TableSize size(Table table) const = 0;
  // As found when it was opened. Anything but kUnbroken is found again by the next opening until something is
  // committed.
  virtual Continuity continuity() const { return Continuity::kUnbroken; }
};

}  // namespace millrace
