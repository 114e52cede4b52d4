#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
// The parser asserts, or where NDEBUG is defined assumes, what a file like "[[[" makes untrue, and then handles the
// case all the same: without assertions and assumptions it refuses such a file as it should.
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#include "app/config_toml.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>
#include <sstream>
#include <utility>
#include <vector>

#include "app/config_text.h"
#include "app/config_units.h"

namespace millrace {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

class TomlReader final : public ConfigVisitor {
 public:
  TomlReader(const toml::table& root, std::string name) : name_(std::move(name)) { frames_.push_back({&root, "", {}}); }

  std::string errors() {
    report_unknown();
    return errors_;
  }

  void begin(std::string_view name) override {
    const toml::node* node = look_up(name);
    const toml::table* table = node != nullptr ? node->as_table() : nullptr;
    if (node != nullptr && table == nullptr) wrong_type(name, *node, "a table");
    frames_.push_back({table, path(name) + ".", {}});
  }
  void end() override {
    report_unknown();
    frames_.pop_back();
  }
  std::optional<std::size_t> array(std::string_view name, std::size_t /*size*/) override {
    const toml::node* node = look_up(name);
    if (node == nullptr) return std::nullopt;
    if (!node->is_array_of_tables()) {
      wrong_type(name, *node, "tables, each under [[" + path(name) + "]]");
      return std::nullopt;
    }
    return node->as_array()->size();
  }
  void begin_element(std::string_view name, std::size_t index) override {
    const toml::node* node = look_up(name);
    const bool tables = node != nullptr && node->is_array_of_tables();
    const toml::table* table = tables ? node->as_array()->get(index)->as_table() : nullptr;
    frames_.push_back({table, path(name) + "[" + std::to_string(index) + "].", {}});
  }

  void text(std::string_view key, std::string& value) override {
    if (const toml::node* node = look_up(key)) read_text(key, *node, value);
  }
  void texts(std::string_view key, std::vector<std::string>& values) override {
    const toml::node* node = look_up(key);
    if (node == nullptr) return;
    const toml::array* entries = node->as_array();
    if (entries == nullptr) return wrong_type(key, *node, "an array of texts");
    values.assign(entries->size(), "");
    for (std::size_t i = 0; i < values.size(); ++i) read_text(key, *entries->get(i), values[i]);
  }
  void choice(std::string_view key, std::string& value, std::span<const std::string_view> allowed) override {
    const toml::node* node = look_up(key);
    if (node == nullptr) return;
    std::string chosen;
    if (!read_text(key, *node, chosen)) return;
    if (std::find(allowed.begin(), allowed.end(), chosen) != allowed.end()) {
      value = std::move(chosen);
      return;
    }
    std::string names;
    for (const std::string_view name : allowed) names += (names.empty() ? "" : ", ") + std::string(name);
    fail(*node, path(key) + " is \"" + chosen + "\", expected one of " + names);
  }
  void flag(std::string_view key, bool& value) override {
    const toml::node* node = look_up(key);
    if (node == nullptr) return;
    if (!node->is_boolean()) return wrong_type(key, *node, "true or false");
    value = node->as_boolean()->get();
  }
  void integer(std::string_view key, std::int64_t& value, Range<std::int64_t> range) override {
    const toml::node* node = look_up(key);
    if (node == nullptr) return;
    if (!node->is_integer()) return wrong_type(key, *node, "a whole number");
    const std::int64_t found = node->as_integer()->get();
    const auto shown = [](std::int64_t number) { return std::to_string(number); };
    if (within(key, *node, found, range, shown)) value = found;
  }
  void number(std::string_view key, float& value, Range<float> range) override {
    const toml::node* node = look_up(key);
    if (node == nullptr) return;
    const auto found = node->is_number() ? node->value<double>() : std::nullopt;
    if (!found) return wrong_type(key, *node, "a number");
    if (within(key, *node, static_cast<float>(*found), range, format_float)) value = static_cast<float>(*found);
  }
  void duration(std::string_view key, Millis& value, Range<Millis> range) override {
    const toml::node* node = look_up(key);
    if (node == nullptr) return;
    std::string written;
    if (!node->is_string()) return wrong_type(key, *node, "a duration such as \"30m\"");
    if (!read_text(key, *node, written)) return;
    const auto found = parse_duration(written);
    if (!found) {
      return fail(*node, path(key) + " is \"" + written +
                             "\", expected a whole number and a unit (ms, s, m, h, d) such as \"30m\"");
    }
    if (within(key, *node, *found, range, format_duration)) value = *found;
  }
  void bytes(std::string_view key, std::uint64_t& value, Range<std::uint64_t> range) override {
    const toml::node* node = look_up(key);
    if (node == nullptr) return;
    std::string written;
    if (node->is_integer()) {
      written = std::to_string(node->as_integer()->get());
    } else if (!read_text(key, *node, written)) {
      return;
    }
    const auto found = parse_bytes(written);
    if (!found) {
      return fail(*node,
                  path(key) + " is \"" + written + "\", expected a size such as \"64MiB\" (B, KiB, MiB, GiB, TiB)");
    }
    if (within(key, *node, *found, range, format_bytes)) value = *found;
  }
  void properties(std::string_view name, KafkaProperties& values) override {
    const toml::node* node = look_up(name);
    if (node == nullptr) return;
    if (!node->is_table()) return wrong_type(name, *node, "a table");
    values.clear();
    collect_properties(*node->as_table(), "", values);
  }

 private:
  struct Frame {
    const toml::table* table;  // null: not in the file
    std::string prefix;
    std::vector<std::string> known;
  };

  std::string path(std::string_view key) const { return frames_.back().prefix + std::string(key); }

  const toml::node* look_up(std::string_view key) {
    Frame& frame = frames_.back();
    frame.known.emplace_back(key);
    return frame.table != nullptr ? frame.table->get(key) : nullptr;
  }

  void fail(const toml::node& node, const std::string& message) { fail(node.source().begin, message); }
  void fail(const toml::source_position& at, const std::string& message) {
    if (!errors_.empty()) errors_ += '\n';
    errors_ += name_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + message;
  }
  void wrong_type(std::string_view key, const toml::node& node, const std::string& expected) {
    fail(node, path(key) + " is " + std::string(type_name(node)) + ", expected " + expected);
  }
  template <class T, class Show>
  bool within(std::string_view key, const toml::node& node, const T& found, const Range<T>& range, const Show& show) {
    if (found >= range.low && found <= range.high) return true;
    fail(node, path(key) + " is " + show(found) + ", expected " + show(range.low) + " to " + show(range.high));
    return false;
  }

  bool read_text(std::string_view key, const toml::node& node, std::string& value) {
    const toml::table* table = node.as_table();
    const toml::node* file = table != nullptr && table->size() == 1 ? table->get("file") : nullptr;
    if (!node.is_string() && (file == nullptr || !file->is_string())) {
      wrong_type(key, node, "a text, or { file = \"PATH\" }");
      return false;
    }
    Result<std::string> text = expand_environment((file != nullptr ? *file : node).as_string()->get());
    if (text.ok() && file != nullptr) text = read_secret(*text);
    if (!text.ok()) {
      fail(node, path(key) + " " + text.error().message);
      return false;
    }
    value = *std::move(text);
    return true;
  }

  // Names with dots may come quoted, or bare, which TOML reads as tables within tables.
  void collect_properties(const toml::table& table, const std::string& prefix, KafkaProperties& values) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      const toml::table* inner = node.as_table();
      if (inner != nullptr && !(inner->size() == 1 && inner->contains("file"))) {
        collect_properties(*inner, name + ".", values);
        continue;
      }
      std::string value;
      if (node.is_integer()) {
        value = std::to_string(node.as_integer()->get());
      } else if (node.is_boolean()) {
        value = node.as_boolean()->get() ? "true" : "false";
      } else if (!read_text("properties." + name, node, value)) {
        continue;
      }
      values.emplace_back(name, std::move(value));
    }
  }

  void report_unknown() {
    const Frame& frame = frames_.back();
    if (frame.table == nullptr) return;
    for (const auto& [key, node] : *frame.table) {
      const std::string_view name = key.str();
      if (std::find(frame.known.begin(), frame.known.end(), name) != frame.known.end()) continue;
      fail(key.source().begin,
           "unknown key " + path(name) + ", the nearest known one is " + path(nearest_name(name, frame.known)));
    }
  }

  std::string name_;
  std::string errors_;
  std::vector<Frame> frames_;
};

}  // namespace

std::string_view nearest_name(std::string_view name, const std::vector<std::string>& known) {
  std::string_view nearest;
  std::size_t distance = 0;
  for (const std::string& candidate : known) {
    const std::size_t changes = edit_distance(name, candidate);
    if (nearest.empty() || changes < distance) {
      nearest = candidate;
      distance = changes;
    }
  }
  return nearest;
}

bool is_toml(const std::string& text) { return !stray_line(text) && static_cast<bool>(toml::parse(text)); }

std::string quoted_toml(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", byte);
      out += escaped.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

Status read_toml(const std::string& text, const std::string& name, const std::function<void(ConfigVisitor&)>& walk) {
  // The parser's look-up of such characters has undefined behaviour.
  if (const auto line = stray_line(text)) {
    return stop_error(ErrorCode::kInvalid,
                      name + ":" + std::to_string(*line) +
                          ": not TOML: found a letter or sign beyond ASCII outside of quotes; put the "
                          "text in quotes");
  }
  const toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return stop_error(ErrorCode::kInvalid, name + ":" + std::to_string(error.source().begin.line) + ":" +
                                               std::to_string(error.source().begin.column) +
                                               ": not TOML: " + std::string(error.description()));
  }
  TomlReader reader(parsed.table(), name);
  walk(reader);
  const std::string errors = reader.errors();
  if (!errors.empty()) return stop_error(ErrorCode::kInvalid, errors);
  return Ok{};
}

}  // namespace millrace
