#include "ingest/file_source.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "ingest/delimited.h"
#include "ingest/event_decoder.h"
#include "ingest/event_reader.h"

namespace millrace {
namespace {

using Type = JsonValue::Type;

Record record_of_line(std::uint64_t line) {
  Record record;
  record.position.offset = Offset{static_cast<std::int64_t>(line) - 1};
  record.timestamp = Millis{static_cast<std::int64_t>(line) * 1000};
  return record;
}

// Absent: the row is refused and to be skipped.
Result<std::optional<Event>> event_of(DecodedEvent decoded, const FileOptions& options, std::uint64_t line) {
  if (const Fault* fault = std::get_if<Fault>(&decoded.result)) {
    if (options.skip_refused) return std::optional<Event>();
    return stop_error(ErrorCode::kInvalid, "reading " + options.path + ", line " + std::to_string(line) + ": " +
                                               std::string(fault->reason) + ": " + fault->detail);
  }
  Event event = std::get<Event>(std::move(decoded.result));
  event.record_time = event.event_time;
  return std::optional<Event>(std::move(event));
}

// Where each field stands in a row; absent: nowhere.
struct Columns {
  std::optional<std::size_t> user, item, time, kind, value, price, quantity, session, event_id;
};

JsonValue cell_at(const std::vector<std::string>& cells, std::optional<std::size_t> column) {
  if (!column.has_value() || *column >= cells.size() || cells[*column].empty()) return {};
  return {.type = Type::kText, .text = cells[*column]};
}

EventFields fields_of(const std::vector<std::string>& cells, const Columns& columns) {
  return {.user = cell_at(cells, columns.user),
          .item = cell_at(cells, columns.item),
          .time = cell_at(cells, columns.time),
          .kind = cell_at(cells, columns.kind),
          .value = cell_at(cells, columns.value),
          .price = cell_at(cells, columns.price),
          .quantity = cell_at(cells, columns.quantity),
          .session = cell_at(cells, columns.session),
          .event_id = cell_at(cells, columns.event_id)};
}

Result<Columns> find_columns(const std::vector<std::string>& header, const FileOptions& options) {
  const auto find = [&header](const std::string& name) -> std::optional<std::size_t> {
    const auto at = std::find(header.begin(), header.end(), name);
    if (name.empty() || at == header.end()) return std::nullopt;
    return static_cast<std::size_t>(at - header.begin());
  };
  const FieldMapping& m = options.mapping;
  const std::array<std::string, 3> required{m.user, m.item, m.time_unit == TimeUnit::kRecord ? "" : m.time};
  for (const std::string& name : required) {
    if (name.empty() || find(name).has_value()) continue;
    std::string found;
    for (const std::string& column : header) found.append(found.empty() ? "" : ", ").append(column);
    return stop_error(ErrorCode::kInvalid,
                      "reading the header of " + options.path + ": no column " + name + "; it has " + found);
  }
  return Columns{find(m.user),  find(m.item),     find(m.time),    find(m.kind),    find(m.value),
                 find(m.price), find(m.quantity), find(m.session), find(m.event_id)};
}

class DelimitedSource final : public FileSource {
 public:
  DelimitedSource(const FileOptions& options, DelimitedReader rows, const Columns& columns)
      : options_(options),
        rows_(std::move(rows)),
        columns_(columns),
        reader_(options.mapping, options.kinds, kMaxIdBytes) {}

  Result<std::optional<Event>> next() override {
    while (true) {
      MILLRACE_ASSIGN_OR_RETURN(const bool more, rows_.next(cells_));
      if (!more) return std::optional<Event>();
      DecodedEvent decoded = reader_.read(record_of_line(rows_.line()), fields_of(cells_, columns_));
      MILLRACE_ASSIGN_OR_RETURN(std::optional<Event> event, event_of(std::move(decoded), options_, rows_.line()));
      if (event.has_value()) return event;
    }
  }
  std::uint64_t bytes_read() const override { return rows_.bytes_read(); }
  std::uint64_t bytes_total() const override { return rows_.bytes_total(); }

 private:
  FileOptions options_;
  DelimitedReader rows_;
  Columns columns_;
  EventReader reader_;
  std::vector<std::string> cells_;
};

// Both formats without a header: a line is a record.
class LineSource final : public FileSource {
 public:
  LineSource(const FileOptions& options, DelimitedReader lines)
      : options_(options),
        lines_(std::move(lines)),
        decoder_(ingest_options(options)),
        kind_(options.kinds.find(options.mapping.default_kind).value_or(KindIndex{})) {}

  Result<std::optional<Event>> next() override {
    while (true) {
      MILLRACE_ASSIGN_OR_RETURN(const bool more, lines_.next(cells_));
      if (!more) return std::optional<Event>();
      Record record = record_of_line(lines_.line());
      if (options_.format == FileFormat::kSessionItem) return session_item(record);
      std::string& text = record.value.emplace();
      for (const std::string& cell : cells_) text.append(text.empty() ? "" : "\t").append(cell);
      MILLRACE_ASSIGN_OR_RETURN(std::optional<Event> event, event_of(decoder_.decode(record), options_, lines_.line()));
      if (event.has_value()) return event;
    }
  }
  std::uint64_t bytes_read() const override { return lines_.bytes_read(); }
  std::uint64_t bytes_total() const override { return lines_.bytes_total(); }

 private:
  static IngestOptions ingest_options(const FileOptions& options) {
    IngestOptions ingest;
    ingest.topics = {{options.path, options.mapping}};
    ingest.kinds = options.kinds;
    ingest.record_bytes_max = options.line_bytes_max;
    return ingest;
  }

  Result<std::optional<Event>> session_item(const Record& record) const {
    const std::string& line = cells_.front();
    const std::size_t gap = cells_.size() == 2 ? line.size() : line.find(' ');
    const std::string item = cells_.size() == 2 ? cells_[1] : gap == std::string::npos ? "" : line.substr(gap + 1);
    const auto session = id_text(std::string_view(line).substr(0, gap), kMaxIdBytes);
    if (!session.value || cells_.size() > 2 || item.find(' ') != std::string::npos ||
        !id_text(item, kMaxIdBytes).value) {
      return stop_error(ErrorCode::kInvalid, "reading " + options_.path + ", line " + std::to_string(lines_.line()) +
                                                 ": expected a session and an item with one space or tab between them");
    }
    Event event;
    event.position = record.position;
    event.record_time = event.event_time = record.timestamp;
    event.user = UserId(*session.value);
    event.item = ItemId(item);
    event.kind = kind_;
    event.session = *session.value;
    return std::optional<Event>(std::move(event));
  }

  FileOptions options_;
  DelimitedReader lines_;
  EventDecoder decoder_;
  KindIndex kind_;
  std::vector<std::string> cells_;
};

}  // namespace

Result<FileFormat> parse_file_format(std::string_view text) {
  if (text == "csv") return FileFormat::kCsv;
  if (text == "tsv") return FileFormat::kTsv;
  if (text == "jsonl") return FileFormat::kJsonLines;
  if (text == "session-item") return FileFormat::kSessionItem;
  return stop_error(ErrorCode::kInvalid, "reading a file format: found \"" + std::string(text) +
                                             "\", expected csv, tsv, jsonl or session-item");
}

Result<std::unique_ptr<FileSource>> open_file_source(const FileOptions& options) {
  const bool quoted = options.format == FileFormat::kCsv;
  MILLRACE_ASSIGN_OR_RETURN(DelimitedReader rows,
                            DelimitedReader::open(options.path, quoted ? Delimited::kCommaQuoted : Delimited::kTab));
  if (options.format == FileFormat::kJsonLines || options.format == FileFormat::kSessionItem) {
    return std::unique_ptr<FileSource>(std::make_unique<LineSource>(options, std::move(rows)));
  }
  std::vector<std::string> header;
  MILLRACE_ASSIGN_OR_RETURN(const bool present, rows.next(header));
  if (!present) {
    return stop_error(ErrorCode::kInvalid, "reading " + options.path + ": it is empty, expected a header with columns");
  }
  MILLRACE_ASSIGN_OR_RETURN(const Columns columns, find_columns(header, options));
  return std::unique_ptr<FileSource>(std::make_unique<DelimitedSource>(options, std::move(rows), columns));
}

}  // namespace millrace
