#include "demo/online_retail.h"

#include <absl/time/time.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <map>
#include <string_view>

namespace millrace {
namespace {

enum Column : std::size_t {
  kInvoice,
  kStockCode,
  kDescription,
  kQuantity,
  kDate,
  kPrice,
  kCustomer,
  kCountry,
  kColumns
};

constexpr std::string_view kHeader =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(' ');
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(' ') - from + 1);
}

// "17850.0" and "17850" are one customer.
std::string customer(const std::string& field) { return field.substr(0, field.find('.')); }

// What is gathered of a stock code: how often each description occurred (ties go to the later one), and the last price.
struct Seen {
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> descriptions;  // count, last line
  float price = 0.0F;
};

std::string best_description(const Seen& seen) {
  const auto best = std::max_element(seen.descriptions.begin(), seen.descriptions.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return best == seen.descriptions.end() ? "" : best->first;
}

}  // namespace

std::optional<Millis> parse_invoice_date(std::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%S", absl::string_view(text.data(), text.size()), &time, &error))
    return std::nullopt;
  return Millis{absl::ToUnixMillis(time)};
}

bool is_product(std::string_view stock_code) {
  if (stock_code.size() < 5) return false;
  return std::all_of(stock_code.begin(), stock_code.begin() + 5, [](unsigned char c) { return std::isdigit(c) != 0; });
}

OnlineRetail::OnlineRetail(const std::filesystem::path& csv, std::uint64_t limit)
    : in_(csv), csv_(in_), limit_(limit) {}

Result<std::unique_ptr<OnlineRetail>> OnlineRetail::open(const std::filesystem::path& csv, std::uint64_t limit) {
  std::unique_ptr<OnlineRetail> source(new OnlineRetail(csv, limit));
  std::string header;
  std::getline(source->in_, header);
  if (!header.empty() && header.back() == '\r') header.pop_back();
  if (header != kHeader) {
    return stop_error(ErrorCode::kInvalid, "reading purchases from " + csv.string() + ": the first line is \"" +
                                               header.substr(0, 100) + "\", expected \"" + std::string(kHeader) +
                                               "\"; unpack demo/data/online-retail.csv.xz (./dev demo does)");
  }
  MILLRACE_RETURN_IF_ERROR(source->read_catalogue(csv));
  return source;
}

Status OnlineRetail::read_catalogue(const std::filesystem::path& csv) {
  std::ifstream in(csv);
  CsvReader reader(in);
  std::map<std::string, Seen> codes;
  std::vector<std::string> fields;
  std::uint64_t line = 0;
  while (reader.next(fields)) {
    if (++line == 1 || fields.size() != kColumns || fields[kCustomer].empty()) continue;
    const std::string code = upper(fields[kStockCode]);
    if (!is_product(code)) continue;
    Seen& seen = codes[code];
    auto& [count, last] = seen.descriptions[trimmed(fields[kDescription])];
    ++count;
    last = line;
    if (const float price = std::strtof(fields[kPrice].c_str(), nullptr); price > 0.0F) seen.price = price;
  }
  for (const auto& [code, seen] : codes) items_.push_back({code, best_description(seen), {}, seen.price});
  if (items_.empty())
    return stop_error(ErrorCode::kInvalid, "reading purchases from " + csv.string() + ": no products in it");
  return Ok{};
}

std::optional<DemoRecord> OnlineRetail::next() {
  while ((limit_ == 0 || sent_ < limit_) && csv_.next(fields_)) {
    ++line_;
    if (fields_.size() != kColumns) continue;
    const std::string code = upper(fields_[kStockCode]);
    const std::string user = customer(fields_[kCustomer]);
    const auto time = parse_invoice_date(fields_[kDate]);
    without_customer_ += user.empty() ? 1U : 0U;
    no_product_ += !user.empty() && !is_product(code) ? 1U : 0U;
    if (user.empty() || !is_product(code) || !time) continue;
    ++sent_;
    DemoEvent event{user, code, "purchase", *time, fields_[kInvoice] + ":" + std::to_string(line_), fields_[kInvoice]};
    event.price = std::max(0.0F, std::strtof(fields_[kPrice].c_str(), nullptr));
    event.quantity = std::strtof(fields_[kQuantity].c_str(), nullptr);
    return DemoRecord{kPurchasesTopic, user, event_json(event), Outcome::kApplied, user, code};
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::uint64_t>> OnlineRetail::left_out() const {
  return {{"lines without a customer", without_customer_}, {"lines that are no product (postage, fees)", no_product_}};
}

}  // namespace millrace
