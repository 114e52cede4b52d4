#include <array>
#include <cstdio>

#include "app/config.h"
#include "app/config_schema.h"
#include "app/config_toml.h"
#include "app/config_units.h"
#include "core/hash.h"

namespace millrace {
namespace {

// A text that reads as itself: ${ would be taken for an environment variable.
std::string quoted_value(std::string_view text) {
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) escaped += '$';
    escaped += text[i];
  }
  return quoted_toml(escaped);
}

class TomlPrinter final : public ConfigVisitor {
 public:
  std::string take() { return std::move(out_); }

  void begin(std::string_view name) override {
    enter(name);
    out_ += "\n[" + path_.back() + "]\n";
  }
  void end() override { path_.pop_back(); }
  std::optional<std::size_t> array(std::string_view /*name*/, std::size_t size) override { return keep(size); }
  void begin_element(std::string_view name, std::size_t /*index*/) override {
    enter(name);
    out_ += "\n[[" + path_.back() + "]]\n";
  }
  void text(std::string_view key, std::string& value) override { line(key, quoted_value(value)); }
  void texts(std::string_view key, std::vector<std::string>& values) override {
    std::string list;
    for (const std::string& value : values) list += (list.empty() ? "" : ", ") + quoted_value(value);
    line(key, "[" + list + "]");
  }
  void choice(std::string_view key, std::string& value, std::span<const std::string_view> /*allowed*/) override {
    line(key, quoted_toml(value));
  }
  void flag(std::string_view key, bool& value) override { line(key, value ? "true" : "false"); }
  void integer(std::string_view key, std::int64_t& value, Range<std::int64_t> /*range*/) override {
    line(key, std::to_string(value));
  }
  void number(std::string_view key, float& value, Range<float> /*range*/) override { line(key, format_float(value)); }
  void duration(std::string_view key, Millis& value, Range<Millis> /*range*/) override {
    line(key, quoted_toml(format_duration(value)));
  }
  void bytes(std::string_view key, std::uint64_t& value, Range<std::uint64_t> /*range*/) override {
    line(key, quoted_toml(format_bytes(value)));
  }
  void properties(std::string_view name, KafkaProperties& values) override {
    begin(name);
    for (const auto& [key, value] : values) {
      line(quoted_toml(key), is_secret_property(key) ? quoted_toml(kRedacted) : quoted_value(value));
    }
    end();
  }

 private:
  // The visited configuration keeps its elements.
  static std::optional<std::size_t> keep(std::size_t /*size*/) { return std::nullopt; }
  void enter(std::string_view name) {
    path_.push_back(path_.empty() ? std::string(name) : path_.back() + "." + std::string(name));
  }
  void line(std::string_view key, const std::string& value) {
    out_.append(key).append(" = ").append(value).append("\n");
  }

  std::string out_;
  std::vector<std::string> path_;
};

}  // namespace

std::string print_config(const Config& config) {
  Config copy = config;
  TomlPrinter printer;
  visit_config(printer, copy);
  return printer.take().substr(1);
}

std::string config_hash(const Config& config) {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(fnv1a(print_config(config))));
  return digits.data();
}

}  // namespace millrace
