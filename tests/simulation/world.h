// What a simulated run is made of below the pipeline: one stream of random numbers, the time, and the moment of death.
// Everything else of this folder draws from here, so a seed is a whole run. One thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "core/failpoint.h"
#include "core/random.h"
#include "core/result.h"
#include "core/time.h"

namespace millrace::testing {

// Thrown at the place where the process dies; whatever runs while the stack unwinds reaches nothing outside.
struct Crash {};

// How often things go wrong, each a probability at one place. Drawn anew for every life of the process.
struct Hazards {
  double crash = 0.0;      // at any call to the outside
  double failpoint = 0.0;  // at any failpoint, or at `aimed_at` alone
  std::optional<Failpoint> aimed_at;
  double error = 0.0;      // of a Kafka call or the store
  bool fatal = true;       // some errors are such that the service ends
  double rebalance = 0.0;  // of a poll
  double failed_delivery = 0.0;
};

inline constexpr std::string_view kInjected = "injected: ";

class World final : public Clock {
 public:
  explicit World(std::uint64_t seed) : random(seed) {}

  bool chance(double probability) { return probability > 0.0 && random.uniform() < probability; }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + random.below(most - least + 1); }

  // The process may die here.
  void crash_here() {
    if (chance(hazards.crash)) crash();
  }
  void reach(Failpoint failpoint);
  [[noreturn]] void crash();
  // An error that the service has to cope with, now and then; mostly one to be tried again, else one of `others`.
  std::optional<Error> error_here(const std::string& action, std::initializer_list<Disposition> others = {});

  // Clients and stores of a life that has ended do nothing any more.
  std::uint64_t life() const { return life_; }
  void begin_life(const Hazards& next) {
    ++life_;
    hazards = next;
  }

  Millis now() const override { return Millis{now_.count() / 1'000'000}; }
  std::chrono::nanoseconds steady() const override;
  void sleep(std::chrono::milliseconds duration) const override { now_ += duration; }

  Random random;
  Hazards hazards;
  std::array<std::uint64_t, kFailpoints> reached{};
  std::array<std::uint64_t, kFailpoints> crashed{};
  std::uint64_t crashes = 0;
  std::uint64_t errors = 0;

 private:
  std::uint64_t life_ = 0;
  mutable std::chrono::nanoseconds now_{1'700'000'000'000'000'000};
  mutable std::uint64_t ticks_ = 0;
};

}  // namespace millrace::testing
