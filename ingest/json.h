// The one boundary to simdjson: a reused parser over one document at a time, read by dotted paths. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

// "a.b.0.c" as its steps. A step of digits is an element's number in an array and a name in an object; "\." is a dot
// that belongs to a name.
class JsonPath {
 public:
  JsonPath() = default;
  explicit JsonPath(std::string_view dotted);
  bool empty() const { return steps_.empty(); }
  struct Step {
    std::string name;
    std::optional<std::size_t> number;
  };
  const std::vector<Step>& steps() const { return steps_; }

 private:
  std::vector<Step> steps_;
};

bool is_valid_utf8(std::string_view text);

// What stands at a path. A JSON null counts as absent. `text` lives until the next parse; an escaped lone surrogate may
// leave it invalid UTF-8.
struct JsonValue {
  enum class Type : std::uint8_t { kAbsent, kBoolean, kInteger, kUnsigned, kReal, kText, kObject, kArray };
  Type type = Type::kAbsent;
  bool boolean = false;
  std::int64_t integer = 0;          // kInteger
  std::uint64_t unsigned_value = 0;  // kUnsigned: above the largest std::int64_t
  double real = 0.0;                 // kReal: finite
  std::string_view text;
};

// Why a document was refused.
struct JsonFault {
  enum class Kind : std::uint8_t { kMalformed, kTooDeep, kBadUtf8 };
  Kind kind = Kind::kMalformed;
  std::string detail;
};

class JsonParser {
 public:
  // Documents nested deeper than `depth_max` containers are refused.
  explicit JsonParser(std::size_t depth_max);
  ~JsonParser();

  // Parses a document whose root must be an object; nullopt is success. The whole document is validated (RFC 8259,
  // UTF-8, every number within 64 bits or a finite double). The caller bounds the size.
  std::optional<JsonFault> parse(std::string_view document);

  // Requires a successful parse. Of keys that occur twice in an object the first counts.
  JsonValue at(const JsonPath& path) const;
  // The elements of the array at `path`; empty where there is none.
  std::vector<JsonValue> elements(const JsonPath& path) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace
