#include "demo/open_source.h"

#include <utility>

#include "demo/online_retail.h"
#include "demo/simulator.h"

namespace millrace {

Result<std::unique_ptr<EventSource>> open_source(const SourceOptions& options) {
  if (options.simulate) {
    SimulatorOptions simulator;
    simulator.seed = options.seed;
    if (options.events > 0) simulator.events = options.events;
    return std::unique_ptr<EventSource>(std::make_unique<Simulator>(simulator));
  }
  MILLRACE_ASSIGN_OR_RETURN(auto retail, OnlineRetail::open(options.data, options.events));
  return std::unique_ptr<EventSource>(std::move(retail));
}

}  // namespace millrace
