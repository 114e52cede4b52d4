// Protocol C: purchases of a gift shop, scored by basket. An invoice is predicted at its first timestamp from every
// invoice whose last line is strictly earlier; repeats are allowed, items that nobody bought yet stay in the
// denominator. The invoices after the first fifth count; also apart for customers with and without an earlier invoice.
#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/protocol.h"

namespace millrace {
namespace {

enum Part : std::size_t { kReturning, kNew };

struct Invoice {
  std::string number;
  std::vector<Event> lines;
  Millis first;
  Millis last;
};

// Lines of goods bought by a known customer: five digits begin a stock code, C an invoice that cancels.
bool is_purchase(const Event& line) {
  const std::string& code = line.item.bytes;
  const bool goods =
      code.size() >= 5 && std::all_of(code.begin(), code.begin() + 5, [](char c) { return c >= '0' && c <= '9'; });
  return goods && line.quantity > 0.0F && line.price > 0.0F && !line.session.starts_with('C');
}

// Rows that are no event (without a customer, with a negative price) are left out, as the protocol says.
Result<std::vector<Event>> read_lines(const YardstickOptions& options, const KindTable& kinds) {
  FileOptions file;
  MILLRACE_ASSIGN_OR_RETURN(file.path, find_data_file(options.data, "online-retail.csv"));
  file.kinds = kinds;
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
  return lines;
}

// In the order of prediction: by first timestamp, then number.
std::vector<Invoice> invoices_of(std::vector<Event> lines) {
  std::vector<Invoice> invoices;
  absl::flat_hash_map<std::string, std::size_t> places;
  for (Event& line : lines) {
    const auto [place, is_new] = places.try_emplace(line.session, invoices.size());
    if (is_new) invoices.push_back({line.session, {}, line.event_time, line.event_time});
    Invoice& invoice = invoices[place->second];
    invoice.first = std::min(invoice.first, line.event_time);
    invoice.last = std::max(invoice.last, line.event_time);
    line.session.clear();  // a visit is cut by time, as in the service: the invoice is only known when it is written
    invoice.lines.push_back(std::move(line));
  }
  std::sort(invoices.begin(), invoices.end(), [](const Invoice& a, const Invoice& b) {
    return a.first != b.first ? a.first < b.first : a.number < b.number;
  });
  return invoices;
}

Trial trial_of(const Invoice& invoice, const StreamMemory& memory) {
  Trial trial;
  trial.user = invoice.lines.front().user;
  trial.now = invoice.first;
  for (const Event& line : invoice.lines) trial.targets.push_back(line.item);
  std::sort(trial.targets.begin(), trial.targets.end());
  trial.targets.erase(std::unique(trial.targets.begin(), trial.targets.end()), trial.targets.end());
  trial.cluster = trial.user.bytes;
  trial.part = memory.knows_user(trial.user) ? kReturning : kNew;
  return trial;
}

// Invoices that were predicted and wait for their last line to be past, the earliest end first.
class OpenInvoices {
 public:
  void push(const Invoice& invoice) { open_.push({invoice.last, next_++, &invoice}); }
  // Learns those that ended strictly before `now`.
  Status learn_before(Millis now, Evaluator& evaluator) {
    while (!open_.empty() && std::get<0>(open_.top()) < now) {
      for (const Event& line : std::get<2>(open_.top())->lines) MILLRACE_RETURN_IF_ERROR(evaluator.learn(line));
      open_.pop();
    }
    return Ok{};
  }

 private:
  using Entry = std::tuple<Millis, std::size_t, const Invoice*>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open_;
  std::size_t next_ = 0;
};

}  // namespace

Result<EvaluationReport> run_baskets(const YardstickOptions& options) {
  Protocol protocol;
  protocol.kinds = KindTable({{"purchase", Signal::kPurchase, 1.0F}});
  protocol.scores.metrics = {{RankMetric::Type::kRecall, 20}, {RankMetric::Type::kNdcg, 20}};
  protocol.scores.parts = {"returning", "new"};
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> lines, read_lines(options, protocol.kinds));
  if (options.shuffle_control) permute_items(lines, options.seed);
  Progress progress(options.progress, "yardstick C", lines.size());
  const std::vector<Invoice> invoices = invoices_of(std::move(lines));
  MILLRACE_ASSIGN_OR_RETURN(const auto bench, Bench::open(options, protocol));
  Evaluator& evaluator = bench->evaluator();
  const auto scored_from = static_cast<std::size_t>(std::ceil(0.2 * static_cast<double>(invoices.size())));
  OpenInvoices open;
  for (std::size_t i = 0; i < invoices.size(); ++i) {
    MILLRACE_RETURN_IF_ERROR(open.learn_before(invoices[i].first, evaluator));
    if (i >= scored_from) MILLRACE_RETURN_IF_ERROR(evaluator.ask(trial_of(invoices[i], evaluator.memory())));
    open.push(invoices[i]);
    if (progress.due()) progress.update(evaluator.events(), evaluator.headline());
  }
  MILLRACE_RETURN_IF_ERROR(evaluator.flush());
  return evaluator.report();
}

}  // namespace millrace
