// Yardstick C: purchases of a gift shop, scored by invoice (protocol basket). The invoices after the first fifth count;
// also apart for customers with and without an earlier invoice.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/yardsticks.h"

namespace millrace {
namespace {

// Lines of goods bought by a known customer: five digits begin a stock code, C an invoice that cancels.
bool is_purchase(const Event& line) {
  const std::string& code = line.item.bytes;
  const bool goods =
      code.size() >= 5 && std::all_of(code.begin(), code.begin() + 5, [](char c) { return c >= '0' && c <= '9'; });
  return goods && line.quantity > 0.0F && line.price > 0.0F && !line.session.starts_with('C');
}

// Rows that are no event (without a customer, with a negative price) are left out, as the protocol says.
Result<std::vector<Event>> read_lines(const YardstickOptions& options) {
  FileOptions file;
  MILLRACE_ASSIGN_OR_RETURN(file.path, find_data_file(options.data, "online-retail.csv"));
  file.kinds = options.step.features.kinds;
  file.mapping.user = "CustomerID";
  file.mapping.item = "StockCode";
  file.mapping.time = "InvoiceDate";
  file.mapping.time_unit = TimeUnit::kText;
  file.mapping.time_format = "%Y-%m-%d %H:%M:%S";
  file.mapping.default_kind = "purchase";
  file.mapping.price = "UnitPrice";
  file.mapping.quantity = "Quantity";
  file.mapping.session = "InvoiceNo";
  file.skip_refused = true;
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> lines, read_events(file));
  for (Event& line : lines) {
    for (char& c : line.item.bytes) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  std::erase_if(lines, [](const Event& line) { return !is_purchase(line); });
  if (options.shuffle_control) permute_items(lines, options.seed);
  return lines;
}

}  // namespace

Result<EvaluationReport> run_gift_shop(const YardstickOptions& given) {
  const YardstickOptions options = with_kinds(given, KindTable({{"purchase", Signal::kPurchase, 1.0F}}));
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> lines, read_lines(options));
  EvaluatorOptions scores;
  scores.scores.metrics = {{RankMetric::Type::kRecall, 20}, {RankMetric::Type::kNdcg, 20}};
  scores.scores.parts = {Part::kReturning, Part::kNew};
  MILLRACE_ASSIGN_OR_RETURN(const auto bench, Bench::open(options, scores, lines.size()));
  BasketOptions protocol;
  protocol.ranks = [](const Event&) { return true; };
  protocol.skip_share = 0.2;
  Progress progress(options.progress, "yardstick C", lines.size());
  Course course{bench->evaluator(), options.sync, {}, progress};
  MILLRACE_RETURN_IF_ERROR(run_baskets(std::move(lines), protocol, course));
  return bench->evaluator().report();
}

}  // namespace millrace
