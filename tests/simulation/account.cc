#include "tests/simulation/account.h"

#include <algorithm>
#include <cmath>

namespace millrace::testing {
namespace {

Outcome outcome_of(const Told& told, const PartitionAccount& before, const IngestOptions& options) {
  if (told.broken) return Outcome::kDeadLetter;
  const std::size_t remembered = std::min(before.ids.size(), options.duplicates_window);
  if (!told.event_id.empty() && std::find(before.ids.end() - static_cast<std::ptrdiff_t>(remembered), before.ids.end(),
                                          told.event_id) != before.ids.end()) {
    return Outcome::kDuplicate;
  }
  if (told.time - told.record_time > options.skew_allowance.count) return Outcome::kSkewed;
  if (before.newest - told.time > options.late_allowance.count) return Outcome::kLate;
  return Outcome::kApplied;
}

template <class Row>
void widen(Row& row, std::int64_t time) {
  row.first = row.touched ? std::min(row.first, time) : time;
  row.last = row.touched ? std::max(row.last, time) : time;
  row.touched = true;
}

// Events less returns, at least 1 while units remain.
void give_back(UserAccount& user, const Told& told) {
  const auto found = user.seen.find(told.item);
  if (found == user.seen.end()) return;
  found->second.units += told.quantity;
  if (found->second.units <= 0.0F) {
    user.seen.erase(found);
  } else {
    found->second.count = std::max(found->second.count - 1, 1U);
  }
}

}  // namespace

PartitionAccount account_of(std::span<const Told> told, std::size_t count, const IngestOptions& options) {
  PartitionAccount account;
  for (const Told& each : told.first(std::min(count, told.size()))) {
    const Outcome outcome = outcome_of(each, account, options);
    account.outcomes.push_back(outcome);
    ++account.counts[static_cast<std::size_t>(outcome)];
    if (outcome != Outcome::kApplied) continue;
    account.newest = std::max(account.newest, each.time);
    if (!each.event_id.empty()) account.ids.push_back(each.event_id);
  }
  return account;
}

void UserAccount::apply(const Told& told, const Config& config, const std::map<std::string, std::uint64_t>& index_of) {
  const std::int64_t before = last;
  const bool first_event = !touched;
  widen(*this, told.time);
  const auto half_lives = [&](std::int64_t age) {
    return std::exp2(-static_cast<double>(age) / static_cast<double>(config.features.counter_half_life.count));
  };
  if (!first_event) {
    for (auto& [kind, counter] : counters) counter *= half_lives(last - before);
  }
  const double weight = static_cast<double>(config.kinds.at(*config.kinds.find(told.kind)).weight);
  double& counter = counters[told.kind];
  counter = std::max(0.0, counter + (told.quantity < 0.0F ? -weight : weight) * half_lives(last - told.time));
  if (told.quantity < 0.0F) return give_back(*this, told);
  if (told.kind == "rating") {
    rating_sum += static_cast<double>(told.value);
    ++ratings;
  }
  const auto after = std::upper_bound(history.begin(), history.end(), told,
                                      [](const Told& a, const Told& b) { return a.time < b.time; });
  history.insert(after, told);
  const auto [place, is_new] = seen.try_emplace(told.item);
  ++place->second.count;
  place->second.last = std::max(place->second.last, told.time);
  place->second.units += told.quantity;
  if (seen.size() <= config.features.seen_items) return;
  seen.erase(std::min_element(seen.begin(), seen.end(), [&](const auto& a, const auto& b) {
    return std::pair(a.second.last, index_of.at(a.first)) < std::pair(b.second.last, index_of.at(b.first));
  }));
}

void ItemAccount::apply(const Told& told) {
  widen(*this, told.time);
  const bool back = told.quantity < 0.0F;
  if (!back) ++interactions;
  if (told.kind == "click") ++clicks;
  if (told.kind == "purchase") {
    if (!back) ++purchases;
    if (back && purchases > 0) --purchases;
  }
  if (told.kind == "rating") {
    ++ratings;
    rating_sum += static_cast<double>(told.value);
  }
}

}  // namespace millrace::testing
