#include "model/checkpoint_rows.h"

#include <algorithm>

#include "model/model_rows.h"

namespace millrace {

void CheckpointRows::Part::add(std::string_view owner, std::string_view table, std::string_view key,
                               const std::optional<std::string>& value) {
  Entry entry;
  entry.begin = bytes.size();
  append_model_row_key(owner, table, key, bytes);
  entry.key_size = bytes.size() - entry.begin;
  if (value) {
    bytes += *value;
    entry.value_size = value->size();
  }
  entries.push_back(entry);
  const std::size_t at = entries.size() - 1;
  if (at == 0 || newest_table != table || this->key(at - 1) >= this->key(at)) runs.push_back(at);
  newest_table = table;
}

std::string_view CheckpointRows::Part::key(std::size_t entry) const {
  return std::string_view(bytes).substr(entries[entry].begin, entries[entry].key_size);
}

CheckpointRow CheckpointRows::Part::row(std::size_t entry) const {
  CheckpointRow row{key(entry), std::nullopt};
  const auto& [begin, key_size, value_size] = entries[entry];
  if (value_size) row.value = std::string_view(bytes).substr(begin + key_size, *value_size);
  return row;
}

void CheckpointRows::begin(std::size_t parts) {
  rows_.clear();
  if (parts_.size() < parts) parts_.resize(parts);
  for (Part& part : parts_) {
    part.bytes.clear();
    part.entries.clear();
    part.runs.clear();
  }
}

RowSink CheckpointRows::sink(std::size_t part, std::string_view owner) {
  return [&into = parts_.at(part), owner = std::string(owner)](std::string_view table, const std::string& key,
                                                               const std::optional<std::string>& value) {
    into.add(owner, table, key, value);
  };
}

// Nearly every table is handed over in order, so there are few runs; those that overlap are sorted.
void CheckpointRows::finish() {
  struct Run {
    const Part* part;
    std::size_t begin, end;
  };
  std::vector<Run> runs;
  bytes_ = 0;
  for (const Part& part : parts_) {
    bytes_ += part.bytes.size();
    for (std::size_t i = 0; i < part.runs.size(); ++i) {
      runs.push_back({&part, part.runs[i], i + 1 < part.runs.size() ? part.runs[i + 1] : part.entries.size()});
    }
  }
  std::sort(runs.begin(), runs.end(),
            [](const Run& a, const Run& b) { return a.part->key(a.begin) < b.part->key(b.begin); });
  std::size_t group = 0;        // where, in rows_, the runs begin that overlap with the newest
  std::size_t overlapping = 0;  // so many
  std::string_view greatest;
  const auto close_group = [&] {
    const auto begin = rows_.begin() + static_cast<std::ptrdiff_t>(group);
    if (overlapping > 1) std::sort(begin, rows_.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    group = rows_.size();
    overlapping = 0;
  };
  for (const auto& [part, begin, end] : runs) {
    if (greatest < part->key(begin)) close_group();
    ++overlapping;
    greatest = std::max(greatest, part->key(end - 1));
    for (std::size_t entry = begin; entry < end; ++entry) rows_.push_back(part->row(entry));
  }
  close_group();
}

}  // namespace millrace
