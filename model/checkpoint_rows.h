// The rows of a checkpoint as bytes, in memory that is kept for the next one: taking new memory from the system costs
// more than encoding into it. Filled part by part, each by one thread, and then put in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/families/family.h"

namespace millrace {

// A row of table model. What it refers to lasts until the next begin().
struct CheckpointRow {
  std::string_view key;                   // as in the table
  std::optional<std::string_view> value;  // absent: erase
};

class CheckpointRows {
 public:
  // Forgets all rows; there are `parts` of them now, all empty.
  void begin(std::size_t parts);
  // Adds to a part rows of `owner`.
  RowSink sink(std::size_t part, std::string_view owner);
  // Puts the rows in order of their keys. Requires that no key is there twice.
  void finish();

  // Once finished.
  std::span<const CheckpointRow> rows() const { return rows_; }
  std::uint64_t bytes() const { return bytes_; }  // of keys and values

 private:
  struct Entry {
    std::size_t begin = 0;  // in `bytes`: the key, then the value
    std::size_t key_size = 0;
    std::optional<std::size_t> value_size;
  };
  struct Part {
    std::string bytes;
    std::vector<Entry> entries;
    std::vector<std::size_t> runs;  // first entries of those of one table whose keys ascend
    std::string newest_table;

    void add(std::string_view owner, std::string_view table, std::string_view key,
             const std::optional<std::string>& value);
    std::string_view key(std::size_t entry) const;
    CheckpointRow row(std::size_t entry) const;
  };

  std::vector<Part> parts_;  // as many as there ever were
  std::vector<CheckpointRow> rows_;
  std::uint64_t bytes_ = 0;
};

}  // namespace millrace
