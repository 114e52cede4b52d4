// How long this instance may take its partitions for its own without asking. A process that stands still (stopped,
// swapped out, a suspended machine) is given up by the group after the session time-out, and does not know it when it
// wakes: what it had in hand must not go out then. One thread.
#pragma once

#include "core/time.h"

namespace millrace {

class Lease {
 public:
  // A third of the session time-out: long before the group gives a member up.
  Lease(const Clock& clock, Millis session_timeout) : clock_(clock), length_{session_timeout.count / 3} {}

  Millis now() const { return clock_.now(); }
  // Membership was certain at that moment.
  void renew(Millis at) { renewed_ = at; }
  bool valid() const { return now() - renewed_ < length_; }

 private:
  const Clock& clock_;
  Millis length_;
  Millis renewed_;
};

}  // namespace millrace
