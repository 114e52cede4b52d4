// Online Retail (demo/data/README.md) as a stream of purchases: one event an invoice line, returns as negative
// quantities. Lines without a customer and lines that are no product (postage, fees, vouchers) are left out and
// counted. The catalogue comes from the lines themselves: each stock code's most frequent description, at its last
// price.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "demo/csv.h"
#include "demo/event_source.h"

namespace millrace {

// "2010-12-01 08:26:00", UTC. Nothing where it is not of that form.
std::optional<Millis> parse_invoice_date(std::string_view text);

// False for codes that are services, not goods: POST, DOT, C2, D, M, S, B, BANK CHARGES, CRUK, PADS, AMAZONFEE, gift
// vouchers …
bool is_product(std::string_view stock_code);

class OnlineRetail final : public EventSource {
 public:
  // Reads the file once for the catalogue. `limit`: events at most, 0: all.
  static Result<std::unique_ptr<OnlineRetail>> open(const std::filesystem::path& csv, std::uint64_t limit);
  std::optional<DemoRecord> next() override;
  const std::vector<DemoItem>& items() const override { return items_; }
  std::vector<std::pair<std::string, std::uint64_t>> left_out() const override;

 private:
  OnlineRetail(const std::filesystem::path& csv, std::uint64_t limit);
  Status read_catalogue(const std::filesystem::path& csv);

  std::ifstream in_;
  CsvReader csv_;
  std::vector<std::string> fields_;
  std::vector<DemoItem> items_;
  std::uint64_t limit_;
  std::uint64_t line_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t without_customer_ = 0;
  std::uint64_t no_product_ = 0;
};

}  // namespace millrace
