// One walk over everything that can be configured (config_schema.h) serves reading, printing and hashing: whoever walks
// is a visitor. Keys are visited in the order in which they are printed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "kafka/client.h"

namespace millrace {

// Both ends included.
template <class T>
struct Range {
  T low;
  T high;
};

class ConfigVisitor {
 public:
  virtual ~ConfigVisitor() = default;
  // The table `name`; the calls up to end() are its keys.
  virtual void begin(std::string_view name) = 0;
  virtual void end() = 0;
  // The array of tables `name`, of which the configuration has `size`: how many it is to have, absent to leave it
  // alone. Followed by begin_element() and end() for each.
  virtual std::optional<std::size_t> array(std::string_view name, std::size_t size) = 0;
  virtual void begin_element(std::string_view name, std::size_t index) = 0;

  virtual void text(std::string_view key, std::string& value) = 0;
  virtual void texts(std::string_view key, std::vector<std::string>& values) = 0;
  virtual void choice(std::string_view key, std::string& value, std::span<const std::string_view> allowed) = 0;
  virtual void flag(std::string_view key, bool& value) = 0;
  virtual void integer(std::string_view key, std::int64_t& value, Range<std::int64_t> range) = 0;
  virtual void number(std::string_view key, float& value, Range<float> range) = 0;
  virtual void duration(std::string_view key, Millis& value, Range<Millis> range) = 0;
  virtual void bytes(std::string_view key, std::uint64_t& value, Range<std::uint64_t> range) = 0;
  // A table of keys that are not ours.
  virtual void properties(std::string_view name, KafkaProperties& values) = 0;
};

}  // namespace millrace
