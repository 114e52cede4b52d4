// The independent account: from the records that were sent and the boundaries of the recorded steps alone it says what
// a store must hold and what must have been published. Written for the simulation; it shares no rule with the service's
// code, only the decoders of stored rows.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/config.h"
#include "store/store.h"
#include "tests/simulation/memory_broker.h"
#include "tests/simulation/stream.h"

namespace millrace::testing {

class Oracle {
 public:
  Oracle(const Config& config, const Stream& stream, const MemoryBroker& broker)
      : config_(config), stream_(stream), broker_(broker) {}

  // After any end of the service: the store is whole, and what it does not hold as undelivered is on the topics.
  std::vector<std::string> check(const Store& store) const;
  // After a quiet end: all was read, everything is delivered, and the group knows.
  std::vector<std::string> check_complete(const Store& store) const;

 private:
  const Config& config_;
  const Stream& stream_;
  const MemoryBroker& broker_;
};

}  // namespace millrace::testing
