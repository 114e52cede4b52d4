// Records of the items topic: content, or a tombstone.
#include <optional>
#include <utility>

#include "ingest/event_decoder.h"
#include "ingest/fields.h"
#include "ingest/ingest.h"
#include "ingest/json.h"
#include "ingest/reasons.h"

namespace millrace {
namespace {

using Type = JsonValue::Type;

Error dead_letter(std::string_view why, const std::string& detail) {
  return {ErrorCode::kInvalid, Disposition::kDeadLetter, std::string(why) + ": " + detail};
}

Error bad_content(const std::string& path, const std::string& problem) {
  return dead_letter(reason::kBadContent, path + ": " + problem);
}

Result<std::string> text_of(const JsonValue& value, const std::string& path) {
  if (value.type == Type::kAbsent) return std::string();
  if (value.type != Type::kText || !is_valid_utf8(value.text)) {
    return bad_content(path, "found " + describe(value) + ", expected text");
  }
  return std::string(value.text);
}

Result<bool> availability_of(const JsonValue& value, const std::string& path) {
  if (value.type == Type::kAbsent) return true;
  if (value.type == Type::kBoolean) return value.boolean;
  if (value.type == Type::kInteger && (value.integer == 0 || value.integer == 1)) return value.integer == 1;
  if (value.type == Type::kText && (value.text == "true" || value.text == "false")) return value.text == "true";
  return bad_content(path, "found " + describe(value) + ", expected true or false");
}

class JsonItemDecoder final : public ItemDecoder {
 public:
  explicit JsonItemDecoder(const IngestOptions& options)
      : options_(options),
        mapping_(options.items_mapping),
        item_(mapping_.item),
        title_(mapping_.title),
        text_(mapping_.text),
        categories_(mapping_.categories),
        price_(mapping_.price),
        available_(mapping_.available),
        vector_(mapping_.vector),
        parser_(options.depth_max) {}

  Result<CatalogueChange> decode(const Record& record) override {
    if (!record.value.has_value()) {
      MILLRACE_ASSIGN_OR_RETURN(ItemId item, item_of(record, true));
      return CatalogueChange{std::move(item), std::nullopt};
    }
    if (const auto fault = parse_payload(record, options_, parser_)) return dead_letter(fault->reason, fault->detail);
    MILLRACE_ASSIGN_OR_RETURN(ItemId item, item_of(record, item_.empty()));
    MILLRACE_ASSIGN_OR_RETURN(ItemContent content, read_content());
    return CatalogueChange{std::move(item), std::move(content)};
  }

 private:
  // A tombstone has no payload, so its item is always the key.
  Result<ItemId> item_of(const Record& record, bool from_key) const {
    auto field = from_key ? id_text(record.key.value_or(""), options_.id_bytes_max)
                          : id_field(parser_.at(item_), options_.id_bytes_max);
    if (field.value.has_value()) return ItemId(std::move(*field.value));
    return dead_letter(reason::kBadItem, (from_key ? "the record's key" : mapping_.item) + ": " + field.problem);
  }

  Result<ItemContent> read_content() const {
    ItemContent content;
    MILLRACE_ASSIGN_OR_RETURN(content.title, text_of(parser_.at(title_), mapping_.title));
    MILLRACE_ASSIGN_OR_RETURN(content.text, text_of(parser_.at(text_), mapping_.text));
    MILLRACE_ASSIGN_OR_RETURN(content.categories, read_categories());
    MILLRACE_ASSIGN_OR_RETURN(content.price, read_price());
    MILLRACE_ASSIGN_OR_RETURN(content.available, availability_of(parser_.at(available_), mapping_.available));
    MILLRACE_ASSIGN_OR_RETURN(content.vector, read_vector());
    return content;
  }

  Result<std::vector<std::string>> read_categories() const {
    std::vector<std::string> categories;
    const JsonValue value = parser_.at(categories_);
    std::vector<JsonValue> values = parser_.elements(categories_);
    if (value.type != Type::kArray && value.type != Type::kAbsent) values = {value};
    for (const JsonValue& element : values) {
      MILLRACE_ASSIGN_OR_RETURN(std::string category, text_of(element, mapping_.categories));
      if (!category.empty()) categories.push_back(std::move(category));
    }
    return categories;
  }

  Result<float> read_price() const {
    const JsonValue value = parser_.at(price_);
    if (value.type == Type::kAbsent) return 0.0F;
    const auto field = number_field(value);
    if (field.value.has_value() && *field.value >= 0.0F) return *field.value;
    return dead_letter(reason::kBadPrice,
                       mapping_.price + ": " + (field.value.has_value() ? "found a negative price" : field.problem));
  }

  Result<std::vector<float>> read_vector() const {
    const JsonValue value = parser_.at(vector_);
    std::vector<float> numbers;
    if (value.type == Type::kAbsent) return numbers;
    if (value.type != Type::kArray)
      return bad_content(mapping_.vector, "found " + describe(value) + ", expected an array");
    for (const JsonValue& element : parser_.elements(vector_)) {
      const auto field = number_field(element);
      if (!field.value.has_value()) return bad_content(mapping_.vector, field.problem);
      numbers.push_back(*field.value);
    }
    return numbers;
  }

  IngestOptions options_;
  FieldMapping mapping_;
  JsonPath item_, title_, text_, categories_, price_, available_, vector_;
  JsonParser parser_;
};

}  // namespace

std::unique_ptr<ItemDecoder> make_item_decoder(const IngestOptions& options) {
  return std::make_unique<JsonItemDecoder>(options);
}

}  // namespace millrace
