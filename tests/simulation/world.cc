#include "tests/simulation/world.h"

namespace millrace::testing {

void World::crash() {
  ++crashes;
  ++life_;
  throw Crash{};
}

void World::reach(Failpoint failpoint) {
  const auto place = static_cast<std::size_t>(failpoint);
  ++reached[place];
  if (hazards.aimed_at && *hazards.aimed_at != failpoint) return;
  if (!chance(hazards.failpoint)) return;
  ++crashed[place];
  crash();
}

std::optional<Error> World::error_here(const std::string& action, std::initializer_list<Disposition> others) {
  if (!chance(hazards.error)) return std::nullopt;
  ++errors;
  const std::string message = std::string(kInjected) + action;
  const std::uint64_t kind = random.below(6);
  const Disposition disposition = kind < others.size() ? others.begin()[kind] : Disposition::kRetry;
  if (disposition == Disposition::kStop && hazards.fatal) return stop_error(ErrorCode::kIo, message);
  if (disposition == Disposition::kRestartClient) return Error{ErrorCode::kFatal, disposition, message};
  return Error{ErrorCode::kUnavailable, Disposition::kRetry, message};
}

// Looking at the clock takes time, so that no two looks are alike; how much follows from how often it was looked at.
std::chrono::nanoseconds World::steady() const {
  now_ += std::chrono::nanoseconds(50'000 + 10'000 * (++ticks_ % 37));
  return now_;
}

}  // namespace millrace::testing
