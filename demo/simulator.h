// A seeded shop whose truth is known: users with latent tastes that drift, Zipf-distributed users and items, sessions
// of clicks, purchases and ratings. Sends late, skewed, duplicate and broken records too, each with what ought to
// become of it.
//
// A user u prefers item i by affinity = taste(u)·vector(i), both of unit length; within a session an item is clicked
// with probability ∝ exp(sharpness · affinity + log popularity(i)). Tastes walk a little with every session; at
// `shift_at` of the stream every user's taste is replaced, so that a model that does not follow falls to what it was
// before it knew anything.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/random.h"
#include "demo/event_source.h"

namespace millrace {

struct SimulatorOptions {
  std::uint64_t seed = 1;
  std::uint64_t events = 200'000;  // good ones; broken, late, skewed and duplicate ones come on top
  std::uint32_t users = 2'000;
  std::uint32_t items = 1'000;
  std::uint32_t dimension = 6;  // of tastes
  double zipf = 0.8;            // exponent of both popularity laws
  double sharpness = 6.0;
  double session_length = 6.0;  // clicks, mean
  double buy_rate = 0.15;       // of clicked items
  double rate_rate = 0.5;       // of bought items
  double drift = 0.02;          // length of a taste's step per session
  double shift_at = 0.5;        // share of the stream after which tastes are replaced; 1: never
  double late_rate = 0.003;     // each per good event
  double skewed_rate = 0.001;
  double duplicate_rate = 0.005;
  double broken_rate = 0.003;
};

class Simulator final : public EventSource {
 public:
  explicit Simulator(const SimulatorOptions& options);
  std::optional<DemoRecord> next() override;
  const std::vector<DemoItem>& items() const override { return items_; }

  // Ground truth at this moment of the stream. Requires user < users, item < items; names are "u42" and "i42".
  double affinity(std::uint32_t user, std::uint32_t item) const;
  // Share of the catalogue that the user likes less than `item`: 1 for the favourite, 0 for the least liked.
  double preference(std::uint32_t user, std::uint32_t item) const;
  std::uint64_t good_events() const { return good_; }
  bool shifted() const { return shifted_; }

 private:
  std::span<const float> taste(std::uint32_t user) const;
  void randomise(std::span<float> vector);
  void make_catalogue();
  void shift_tastes();
  void drift(std::uint32_t user);
  void simulate_session();
  std::vector<double> choice_weights(std::uint32_t user) const;
  std::uint32_t draw(std::span<const double> cumulative);
  void visit(std::uint32_t user, std::uint32_t item, Millis time, const std::string& session);
  void send(TopicIndex topic, DemoEvent event);
  void add_faults(const DemoRecord& good, const DemoEvent& event, TopicIndex topic);
  std::string broken_payload(const DemoEvent& event);

  SimulatorOptions options_;
  Random random_;
  std::vector<DemoItem> items_;
  std::vector<float> item_vectors_;  // [items][dimension], unit rows
  std::vector<float> tastes_;        // [users][dimension], unit rows
  std::vector<double> item_log_popularity_;
  std::vector<double> user_cumulative_;
  std::vector<std::optional<Millis>> last_click_;  // by user, of good clicks
  std::deque<DemoRecord> ready_;
  Millis clock_;
  std::uint64_t sessions_ = 0;
  std::uint64_t good_ = 0;
  std::uint64_t numbered_ = 0;
  bool shifted_ = false;
};

}  // namespace millrace
