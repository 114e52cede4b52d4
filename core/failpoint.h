// Places where a test may end the service, one in every gap of a step. MILLRACE_FAILPOINT(kName) is nothing unless
// MILLRACE_FAILPOINTS is defined, which no release does.
//
// A process is killed by a seeded schedule out of the environment; the simulation sets a handler that throws, and takes
// the unwinding for the death of the process. Two gaps need no place of their own: between writing a batch and syncing
// it there is one call of the store's library (the simulation's store loses or keeps such a batch), and the parts
// of a checkpoint are written before the commits of their steps, which have places.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace millrace {

enum class Failpoint : std::uint8_t {
  kPolled = 0,       // records taken, nothing done with them
  kDecoded,          // outcomes given in memory
  kCheckpointBegun,  // of the model: none of its rows is written
  kCheckpointHalf,   // its rows are in the store, the log is not trimmed and the checkpoint not named
  kCheckpointDone,
  kCommitting,  // the batch is whole, the store has not seen it
  kCommitted,   // written and synced, nothing published
  kProduced,    // a message handed to the producer
  kDelivered,   // a delivery reported, its mark not cleared
  kCleared,     // the erasure of the mark waits for the next commit
  kGroupCommitting,
  kGroupCommitted,
};
inline constexpr std::size_t kFailpoints = 12;
constexpr std::string_view failpoint_name(Failpoint failpoint) {
  constexpr std::array<std::string_view, kFailpoints> kNames{
      "polled",    "decoded",  "checkpoint_begun", "checkpoint_half", "checkpoint_done",  "committing",
      "committed", "produced", "delivered",        "cleared",         "group_committing", "group_committed"};
  return kNames[static_cast<std::size_t>(failpoint)];
}

// Called whenever one is reached; empty: nothing happens. Until one is set it is that of the environment.
using FailpointHandler = std::function<void(Failpoint)>;
void set_failpoint_handler(FailpointHandler handler);

// "SEED:ONE_IN" ends the process, as kill -9 would, at each failpoint with a probability of one in ONE_IN; with a third
// part ":NAME" at those of that name alone. Empty: nothing. Anything else ends the process at once and says so.
FailpointHandler parse_failpoint_schedule(std::string_view schedule);

// What the macro calls; one thread. The environment's schedule stands in MILLRACE_FAILPOINTS.
void reach_failpoint(Failpoint failpoint);

}  // namespace millrace

#ifdef MILLRACE_FAILPOINTS
#define MILLRACE_FAILPOINT(name) ::millrace::reach_failpoint(::millrace::Failpoint::name)
#else
#define MILLRACE_FAILPOINT(name) static_cast<void>(0)
#endif
