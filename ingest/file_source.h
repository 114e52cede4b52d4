// Events out of a file, without a broker: for evaluation and replay. Streams; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/event.h"
#include "core/result.h"
#include "ingest/mapping.h"

namespace millrace {

enum class FileFormat : std::uint8_t {
  kCsv,          // comma-separated with a header, quotes as in RFC 4180
  kTsv,          // tab-separated with a header
  kJsonLines,    // one JSON object a line
  kSessionItem,  // "session item", no header; the session is the user, the line number in seconds the time
};
Result<FileFormat> parse_file_format(std::string_view text);  // "csv", "tsv", "jsonl", "session-item"

struct FileOptions {
  std::string path;
  FileFormat format = FileFormat::kCsv;
  FieldMapping mapping;  // names of columns for delimited text; not used by kSessionItem but for default_kind
  KindTable kinds;
  std::size_t line_bytes_max = 64 << 10;  // of a JSON line
  bool skip_refused = false;              // rows that are no event are passed over instead of being an error
};

// Positions are topic 0, partition 0, offset = line number less one; a record's timestamp is its event time, and for
// TimeUnit::kRecord or an empty time path the line number in seconds.
class FileSource {
 public:
  virtual ~FileSource() = default;
  // nullopt at the end. kInvalid for a row that is no event, naming file, line, field and what was expected.
  virtual Result<std::optional<Event>> next() = 0;
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t bytes_total() const = 0;
};

// kNotFound: no such file; kInvalid: a mapped column that the header lacks (user, item, and time where it is mapped,
// are required).
Result<std::unique_ptr<FileSource>> open_file_source(const FileOptions& options);

}  // namespace millrace
