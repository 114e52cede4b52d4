// A family's last good checkpoint: its rows as they were before later checkpoints changed them, in table model. At most
// two marks: what was changed since the older one leads back to the good state, the newer one has still to prove
// itself. Reads the store as the last commit left it, and writes into the step's batch. One thread.
//
// Rows of owner "before0" or "before1", each mark has the other one: docs/formats.md, table model.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "model/model_rows.h"
#include "model/serve/good_marks.h"
#include "store/store.h"

namespace millrace {

class GoodRows {
 public:
  explicit GoodRows(std::string family) : family_(std::move(family)) {}

  // A row that `store` has kept; `key` as in the table.
  static bool is_kept(std::string_view key);
  static std::string_view family_of(std::string_view key);  // of a kept row
  void remember(std::string_view key);

  // Before a checkpoint takes effect that writes the rows `keys` (table, 0, key): keeps those of them, as `store` holds
  // them, that no checkpoint has written since the newest mark. A checkpoint that comes to nothing does no harm.
  Status keep(const Store& store, std::span<const std::string> keys, WriteBatch& batch);
  // After that: counts the checkpoint, see GoodMarks::count(). A new mark drops the copies of the one before the last.
  void mark(std::uint64_t step, bool fit, std::uint64_t period, WriteBatch& batch);
  // Hands every row of the good state to `load`, in the order of keys, and puts them over those of later checkpoints.
  Status roll_back(const Store& store, const RowVisitor& load, WriteBatch& batch);

  GoodMarks& marks() { return marks_; }
  const GoodMarks& marks() const { return marks_; }

 private:
  using Kept = std::map<std::string, std::optional<std::string>>;  // by table, 0, key
  Result<Kept> read_kept(const Store& store) const;
  void put_back(Kept&& kept, WriteBatch& batch);
  std::string row_prefix(std::size_t owner) const;
  void drop(std::size_t owner, WriteBatch& batch);

  std::string family_;
  std::array<absl::flat_hash_set<std::string>, 2> kept_;  // by owner: table, 0, key. Looked up and erased only
  GoodMarks marks_;
};

}  // namespace millrace
