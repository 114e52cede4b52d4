#include "demo/simulator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/check.h"

namespace millrace {
namespace {

constexpr Millis kStart{1'735'689'600'000};  // 2025-01-01: in every clock's past, so that nothing is skewed by accident
constexpr Millis kFarFuture{4'102'444'800'000};  // 2100-01-01
constexpr Millis kLateness{3 * 86'400'000};      // beyond the shipped allowance of a day
constexpr std::size_t kOversizeBytes = 70'000;   // above the shipped limit of 64 KiB
constexpr double kSessionGapMillis = 20'000;     // between the starts of sessions, mean
constexpr double kClickGapMillis = 15'000;
constexpr std::array kAdjectives{"small", "red",     "wooden", "vintage", "striped",
                                 "blue",  "woollen", "glass",  "folding", "bright"};
constexpr std::array kNouns{"lamp", "basket", "mug", "blanket", "clock", "kite", "candle", "notebook", "chair", "vase"};

// Cumulative weights of 1 / rank^exponent, ranks shuffled so that low numbers are not the popular ones.
std::vector<double> zipf_weights(std::uint32_t size, double exponent, Random& random) {
  std::vector<double> weights(size);
  for (std::uint32_t i = 0; i < size; ++i) weights[i] = std::pow(i + 1.0, -exponent);
  for (std::uint32_t i = size; i > 1; --i) std::swap(weights[i - 1], weights[random.below(i)]);
  return weights;
}

std::string named(char prefix, std::uint64_t number) { return std::to_string(number).insert(0, 1, prefix); }

float dot(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
}

void normalise(std::span<float> vector) {
  const float length = std::sqrt(dot(vector, vector));
  for (float& x : vector) x /= length;
}

}  // namespace

Simulator::Simulator(const SimulatorOptions& options)
    : options_(options), random_(options.seed), last_click_(options.users), clock_(kStart) {
  MILLRACE_CHECK(options.users > 0 && options.items > 1 && options.dimension > 0);
  const std::vector<double> popularity = zipf_weights(options.items, options.zipf, random_);
  for (const double weight : popularity) item_log_popularity_.push_back(std::log(weight));
  user_cumulative_ = zipf_weights(options.users, options.zipf, random_);
  std::partial_sum(user_cumulative_.begin(), user_cumulative_.end(), user_cumulative_.begin());
  make_catalogue();
  tastes_.resize(std::size_t{options.users} * options.dimension);
  shift_tastes();
}

void Simulator::randomise(std::span<float> vector) {
  for (float& x : vector) x = static_cast<float>(random_.normal());
  normalise(vector);
}

void Simulator::make_catalogue() {
  const std::uint32_t d = options_.dimension;
  item_vectors_.resize(std::size_t{options_.items} * d);
  for (std::uint32_t i = 0; i < options_.items; ++i) {
    const std::span<float> vector(&item_vectors_[std::size_t{i} * d], d);
    randomise(vector);
    const auto main = std::max_element(vector.begin(), vector.end()) - vector.begin();
    const auto adjective = kAdjectives[random_.below(kAdjectives.size())];
    const std::string noun = kNouns[static_cast<std::size_t>(main) % kNouns.size()];
    const float price = static_cast<float>(std::round(200.0 * std::exp(random_.normal())) / 100.0 + 0.5);
    std::string title = adjective;
    title.append(" ").append(noun).append(" ").append(std::to_string(i));
    items_.push_back({named('i', i), title, {noun}, price});
  }
}

void Simulator::shift_tastes() {
  for (std::uint32_t u = 0; u < options_.users; ++u) {
    randomise({&tastes_[std::size_t{u} * options_.dimension], options_.dimension});
  }
}

void Simulator::drift(std::uint32_t user) {
  const std::span<float> vector(&tastes_[std::size_t{user} * options_.dimension], options_.dimension);
  for (float& x : vector) x += static_cast<float>(options_.drift * random_.normal());
  normalise(vector);
}

std::span<const float> Simulator::taste(std::uint32_t user) const {
  return {&tastes_[std::size_t{user} * options_.dimension], options_.dimension};
}

double Simulator::affinity(std::uint32_t user, std::uint32_t item) const {
  return dot(taste(user), {&item_vectors_[std::size_t{item} * options_.dimension], options_.dimension});
}

double Simulator::preference(std::uint32_t user, std::uint32_t item) const {
  const double own = affinity(user, item);
  std::uint32_t below = 0;
  for (std::uint32_t i = 0; i < options_.items; ++i) below += affinity(user, i) < own ? 1U : 0U;
  return static_cast<double>(below) / (options_.items - 1);
}

std::vector<double> Simulator::choice_weights(std::uint32_t user) const {
  std::vector<double> cumulative(options_.items);
  double sum = 0.0;
  for (std::uint32_t i = 0; i < options_.items; ++i) {
    sum += std::exp(options_.sharpness * affinity(user, i) + item_log_popularity_[i]);
    cumulative[i] = sum;
  }
  return cumulative;
}

std::uint32_t Simulator::draw(std::span<const double> cumulative) {
  const double at = random_.uniform() * cumulative.back();
  const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), at);
  return static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(found - cumulative.begin(), std::ssize(cumulative) - 1));
}

std::optional<DemoRecord> Simulator::next() {
  while (ready_.empty() && good_ < options_.events) simulate_session();
  if (ready_.empty()) return std::nullopt;
  DemoRecord record = std::move(ready_.front());
  ready_.pop_front();
  return record;
}

void Simulator::simulate_session() {
  if (!shifted_ && static_cast<double>(good_) >= options_.shift_at * static_cast<double>(options_.events)) {
    shift_tastes();
    shifted_ = true;
  }
  clock_.count += static_cast<std::int64_t>(kSessionGapMillis * random_.exponential());
  const std::uint32_t user = draw(user_cumulative_);
  drift(user);
  const std::vector<double> weights = choice_weights(user);
  const std::string session = named('s', ++sessions_);
  // Of one user time never goes back, even when sessions overlap: a late record is one that is meant to be.
  Millis time = std::max(clock_, last_click_[user].value_or(kStart));
  const auto clicks = 1 + std::llround((options_.session_length - 1.0) * random_.exponential());
  for (long long i = 0; i < clicks && good_ < options_.events; ++i) {
    time.count += 1 + static_cast<std::int64_t>(kClickGapMillis * random_.exponential());
    visit(user, draw(weights), time, session);
  }
}

void Simulator::visit(std::uint32_t user, std::uint32_t item, Millis time, const std::string& session) {
  const std::string user_name = named('u', user);
  const std::string& item_name = items_[item].item;
  send(kClicksTopic, {user_name, item_name, "click", time, {}, session});
  last_click_[user] = time;
  if (good_ >= options_.events || random_.uniform() >= options_.buy_rate) return;
  DemoEvent purchase{user_name, item_name, "purchase", time, {}, session};
  purchase.price = items_[item].price;
  purchase.quantity = static_cast<float>(1 + random_.below(3));
  send(kPurchasesTopic, purchase);
  if (good_ >= options_.events || random_.uniform() >= options_.rate_rate) return;
  DemoEvent rating{user_name, item_name, "rating", time, {}, session};
  rating.value =
      static_cast<float>(std::clamp(std::round(3.0 + 2.0 * affinity(user, item) + 0.5 * random_.normal()), 1.0, 5.0));
  send(kRatingsTopic, rating);
}

void Simulator::send(TopicIndex topic, DemoEvent event) {
  event.event_id = named('e', ++numbered_);
  const DemoRecord good{topic, event.user, event_json(event), Outcome::kApplied, event.user, event.item};
  ready_.push_back(good);
  ++good_;
  add_faults(good, event, topic);
}

void Simulator::add_faults(const DemoRecord& good, const DemoEvent& event, TopicIndex topic) {
  const auto fault = [&](std::string value, Outcome expected) {
    ready_.push_back({topic, event.user, std::move(value), expected, {}, {}});
  };
  if (random_.uniform() < options_.duplicate_rate) fault(good.value, Outcome::kDuplicate);
  DemoEvent changed = event;
  changed.event_id = named('f', numbered_);
  // `event` has just been accepted in the same partition, so anything a day older is late for certain.
  changed.time = event.time - kLateness;
  if (random_.uniform() < options_.late_rate) fault(event_json(changed), Outcome::kLate);
  changed.time = kFarFuture;
  if (random_.uniform() < options_.skewed_rate) fault(event_json(changed), Outcome::kSkewed);
  changed.time = event.time;
  if (random_.uniform() < options_.broken_rate) fault(broken_payload(changed), Outcome::kDeadLetter);
}

std::string Simulator::broken_payload(const DemoEvent& event) {
  const std::string whole = event_json(event);
  switch (random_.below(6)) {
    case 0:
      return whole.substr(0, whole.size() / 2);
    case 1:
      return "[1, 2, 3]";
    case 2: {
      DemoEvent unknown = event;
      unknown.kind = "telepathy";
      return event_json(unknown);
    }
    case 3:
      return R"({"event_type":"click","item_id":"i1","event_time":1735689600000})";  // whose?
    case 4:
      return whole.substr(0, whole.size() - 1) + R"(,"note":")" + std::string(kOversizeBytes, 'x') + "\"}";
    default: {
      DemoEvent long_name = event;
      long_name.item.assign(4096, 'x');
      return event_json(long_name);
    }
  }
}

}  // namespace millrace
