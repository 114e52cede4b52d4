#include "ingest/json.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace millrace {
namespace {

namespace dom = simdjson::dom;

std::optional<std::size_t> element_number(std::string_view name) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (name.empty() || error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

// simdjson tells integers that are too large apart from malformed numbers since 3.10.
template <class Code>
bool is_number_fault(Code error) {
  if constexpr (requires { Code::BIGINT_ERROR; }) {
    if (error == Code::BIGINT_ERROR) return true;
  }
  return error == Code::NUMBER_ERROR;
}

JsonFault fault_of(simdjson::error_code error) {
  using Kind = JsonFault::Kind;
  if (is_number_fault(error)) {
    return {Kind::kMalformed, "a number is malformed or does not fit 64 bits; write longer ids as strings"};
  }
  switch (error) {
    case simdjson::DEPTH_ERROR:
      return {Kind::kTooDeep, "nested too deeply"};
    case simdjson::UTF8_ERROR:
      return {Kind::kBadUtf8, "the document is not valid UTF-8"};
    case simdjson::TAPE_ERROR:
      return {Kind::kMalformed, "something is missing, left over, or no JSON value (as NaN and Infinity are none)"};
    default:
      return {Kind::kMalformed, simdjson::error_message(error)};
  }
}

JsonValue value_of(dom::element element) {
  using Type = JsonValue::Type;
  JsonValue value;
  switch (element.type()) {
    case dom::element_type::NULL_VALUE:
      break;
    case dom::element_type::BOOL:
      value.type = Type::kBoolean;
      value.boolean = element.get_bool().value_unsafe();
      break;
    case dom::element_type::INT64:
      value.type = Type::kInteger;
      value.integer = element.get_int64().value_unsafe();
      break;
    case dom::element_type::UINT64:
      value.type = Type::kUnsigned;
      value.unsigned_value = element.get_uint64().value_unsafe();
      break;
    case dom::element_type::DOUBLE:
      value.type = Type::kReal;
      value.real = element.get_double().value_unsafe();
      break;
    case dom::element_type::STRING:
      value.type = Type::kText;
      value.text = element.get_string().value_unsafe();
      break;
    case dom::element_type::OBJECT:
      value.type = Type::kObject;
      break;
    case dom::element_type::ARRAY:
      value.type = Type::kArray;
      break;
    default:
      break;
  }
  return value;
}

}  // namespace

JsonPath::JsonPath(std::string_view dotted) {
  if (dotted.empty()) return;
  std::string name;
  const auto finish = [&] {
    steps_.push_back({name, element_number(name)});
    name.clear();
  };
  for (std::size_t i = 0; i < dotted.size(); ++i) {
    if (dotted[i] == '\\' && i + 1 < dotted.size()) {
      name.push_back(dotted[++i]);
    } else if (dotted[i] == '.') {
      finish();
    } else {
      name.push_back(dotted[i]);
    }
  }
  finish();
}

struct JsonParser::State {
  dom::parser parser;
  std::size_t depth_max = 0;
  std::string padded;  // the document and simdjson's padding; its capacity is reused
  dom::element root;

  std::optional<dom::element> find(const JsonPath& path) const {
    dom::element here = root;
    for (const JsonPath::Step& step : path.steps()) {
      simdjson::simdjson_result<dom::element> next(simdjson::NO_SUCH_FIELD);
      if (here.is_object()) {
        next = here.get_object().value_unsafe().at_key(step.name);
      } else if (here.is_array() && step.number.has_value()) {
        next = here.get_array().value_unsafe().at(*step.number);
      }
      if (next.error() != simdjson::SUCCESS) return std::nullopt;
      here = next.value_unsafe();
    }
    return here;
  }
};

JsonParser::JsonParser(std::size_t depth_max) : state_(std::make_unique<State>()) { state_->depth_max = depth_max; }
JsonParser::~JsonParser() = default;

std::optional<JsonFault> JsonParser::parse(std::string_view document) {
  State& state = *state_;
  if (document.empty()) return JsonFault{JsonFault::Kind::kMalformed, "the payload is empty"};
  if (state.parser.capacity() < document.size()) {
    // The parser counts the document itself as a level, and an empty container as none.
    const auto error = state.parser.allocate(std::max<std::size_t>(document.size(), 4096), state.depth_max + 1);
    if (error != simdjson::SUCCESS) return fault_of(error);
  }
  state.padded.assign(document);
  state.padded.append(simdjson::SIMDJSON_PADDING, '\0');
  const auto result = state.parser.parse(state.padded.data(), document.size(), false);
  if (result.error() != simdjson::SUCCESS) return fault_of(result.error());
  state.root = result.value_unsafe();
  if (!state.root.is_object()) return JsonFault{JsonFault::Kind::kMalformed, "the document is no JSON object"};
  return std::nullopt;
}

JsonValue JsonParser::at(const JsonPath& path) const {
  const auto element = path.empty() ? std::nullopt : state_->find(path);
  return element.has_value() ? value_of(*element) : JsonValue{};
}

std::vector<JsonValue> JsonParser::elements(const JsonPath& path) const {
  std::vector<JsonValue> values;
  const auto element = path.empty() ? std::nullopt : state_->find(path);
  if (!element.has_value() || !element->is_array()) return values;
  const dom::array array = element->get_array().value_unsafe();
  for (const dom::element child : array) values.push_back(value_of(child));
  return values;
}

bool is_valid_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace millrace
