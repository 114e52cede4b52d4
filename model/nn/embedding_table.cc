#include "model/nn/embedding_table.h"

#include <algorithm>
#include <numeric>

#include "core/bytes.h"
#include "core/check.h"

namespace millrace::nn {
namespace {

constexpr std::uint8_t kRowVersion = 1;

Error unfit_row(std::string_view what) {
  return stop_error(
      ErrorCode::kCorruption,
      "restoring an embedding table: " + std::string(what) +
          "; set the dimension and max_rows that it was trained with, restore a backup, or let the model be rebuilt");
}

}  // namespace

EmbeddingTable::EmbeddingTable(const EmbeddingOptions& options)
    : options_(options), rows_(options.dimension * options.vectors) {
  MILLRACE_CHECK(options.dimension % 16 == 0 && options.max_rows > 0);
}

void EmbeddingTable::ensure_key(std::uint32_t key) {
  if (key < row_of_.size()) return;
  row_of_.resize(key + std::size_t{1}, kNoRow);
  entry_of_.resize(key + std::size_t{1}, kNoEntry);
}

EmbeddingTable::Touched EmbeddingTable::touch(std::uint32_t key, std::uint64_t clock) {
  expire(clock);
  ensure_key(key);
  const std::uint32_t at = entry_of_[key] == kNoEntry ? new_entry(key) : entry_of_[key];
  Entry& entry = entries_[at];
  TouchOrder& order = entry.row == kNoRow ? waiting_ : admitted_;
  order.remove(at);
  order.push_newest(at);
  ++entry.count;
  entry.clock = clock;
  mark_entry(at);
  const bool due = entry.row == kNoRow && entry.count >= options_.admit_count;
  if (due) admit(at);
  return {entries_[at].row, due};
}

std::uint32_t EmbeddingTable::new_entry(std::uint32_t key) {
  if (waiting_.size() >= options_.max_rows) drop(waiting_.oldest());
  std::uint32_t at = static_cast<std::uint32_t>(entries_.size());
  if (free_entries_.empty()) {
    entries_.emplace_back();
  } else {
    at = free_entries_.back();
    free_entries_.pop_back();
  }
  entries_[at] = {};
  entries_[at].key = key;
  entry_of_[key] = at;
  waiting_.push_newest(at);
  return at;
}

void EmbeddingTable::admit(std::uint32_t at) {
  if (rows_.size() >= options_.max_rows) drop(admitted_.oldest());
  waiting_.remove(at);
  admitted_.push_newest(at);
  entries_[at].row = static_cast<std::uint32_t>(rows_.size());
  row_of_[entries_[at].key] = entries_[at].row;
  row_entries_.push_back(at);
  rows_.push();
  stale_.mark(entries_[at].row);
}

void EmbeddingTable::drop(std::uint32_t at) {
  Entry& entry = entries_[at];
  mark_entry(at);
  if (entry.row == kNoRow) {
    waiting_.remove(at);
  } else {
    admitted_.remove(at);
    release_row(entry.row);
  }
  entry_of_[entry.key] = kNoEntry;
  row_of_[entry.key] = kNoRow;
  free_entries_.push_back(at);
}

void EmbeddingTable::release_row(std::uint32_t row) {
  const auto last = static_cast<std::uint32_t>(rows_.size() - 1);
  if (row != last) {
    std::copy_n(rows_.row(last), options_.dimension * options_.vectors, rows_.row(row));
    row_entries_[row] = row_entries_[last];
    entries_[row_entries_[row]].row = row;
    row_of_[key_of(row)] = row;
    mark(row);
  }
  row_entries_.pop_back();
  rows_.pop();
}

void EmbeddingTable::expire(std::uint64_t clock) {
  if (options_.expire_after == 0) return;
  for (TouchOrder* order : {&admitted_, &waiting_}) {
    while (order->size() > 0 && entries_[order->oldest()].clock + options_.expire_after < clock) drop(order->oldest());
  }
}

void EmbeddingTable::mark_entry(std::uint32_t at) {
  if (entries_[at].dirty) return;
  entries_[at].dirty = true;
  changed_keys_.push_back(entries_[at].key);
}

void EmbeddingTable::mark(std::uint32_t row) {
  changed_rows_.mark(row);
  stale_.mark(row);
}

std::vector<std::uint32_t> EmbeddingTable::take_stale() {
  std::vector<std::uint32_t> rows = stale_.take();
  rows.erase(std::lower_bound(rows.begin(), rows.end(), static_cast<std::uint32_t>(rows_.size())), rows.end());
  return rows;
}

std::string EmbeddingTable::encode(const Entry& entry) const {
  ByteWriter out;
  out.u8(kRowVersion);
  out.varint(entry.count);
  out.u64(entry.clock);
  out.u32(entry.row);
  if (entry.row != kNoRow) {
    out.floats({rows_.row(entry.row), options_.dimension * options_.vectors});
  }
  return out.take();
}

void EmbeddingTable::save(const Sink& sink, bool all) {
  if (all) {
    for (std::uint32_t key = 0; key < entry_of_.size(); ++key) {
      if (entry_of_[key] != kNoEntry) changed_keys_.push_back(key);
    }
  }
  for (const std::uint32_t row : changed_rows_.take()) {
    if (row < rows_.size()) changed_keys_.push_back(key_of(row));
  }
  std::sort(changed_keys_.begin(), changed_keys_.end());
  changed_keys_.erase(std::unique(changed_keys_.begin(), changed_keys_.end()), changed_keys_.end());
  for (const std::uint32_t key : changed_keys_) {
    if (entry_of_[key] == kNoEntry) {
      sink(key_u32(key), std::nullopt);
      continue;
    }
    Entry& entry = entries_[entry_of_[key]];
    entry.dirty = false;
    sink(key_u32(key), encode(entry));
  }
  changed_keys_.clear();
}

Status EmbeddingTable::load(std::string_view key, std::string_view value) {
  ByteReader in(value);
  const std::uint8_t version = in.u8();
  Entry entry;
  entry.count = in.varint();
  entry.clock = in.u64();
  entry.row = in.u32();
  const bool has_row = entry.row != kNoRow;
  const std::size_t width = has_row ? options_.dimension * options_.vectors : 0;
  const std::string_view floats = in.raw(width * sizeof(float));
  if (key.size() != 4 || version != kRowVersion || !in.done())
    return unfit_row("a row is not of the configured dimension or not of this version");
  if (has_row && entry.row >= options_.max_rows) return unfit_row("a row lies beyond the configured max_rows");
  entry.key = static_cast<std::uint32_t>(read_key(key, 0, 4));
  ensure_key(entry.key);
  const auto at = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back(entry);
  entry_of_[entry.key] = at;
  row_of_[entry.key] = entry.row;
  if (!has_row) return Ok{};
  while (rows_.size() <= entry.row) {
    rows_.push();
    row_entries_.push_back(kNoRow);
  }
  row_entries_[entry.row] = at;
  std::memcpy(rows_.row(entry.row), floats.data(), floats.size());
  return Ok{};
}

Status EmbeddingTable::loaded() {
  if (std::find(row_entries_.begin(), row_entries_.end(), kNoRow) != row_entries_.end()) {
    return unfit_row("rows are missing from the middle");
  }
  std::vector<std::uint32_t> order(entries_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    return std::pair(entries_[a].clock, entries_[a].key) < std::pair(entries_[b].clock, entries_[b].key);
  });
  for (const std::uint32_t at : order) {
    (entries_[at].row == kNoRow ? waiting_ : admitted_).push_newest(at);
    if (entries_[at].row != kNoRow) stale_.mark(entries_[at].row);
  }
  return Ok{};
}

std::uint64_t EmbeddingTable::memory_bytes() const {
  return rows_.memory_bytes() + entries_.capacity() * (sizeof(Entry) + 16) +
         (row_of_.capacity() + entry_of_.capacity()) * 4;
}

}  // namespace millrace::nn
