// What can be configured: each key once, with its range.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "app/config_visitor.h"

namespace millrace {

void visit_config(ConfigVisitor& visitor, Config& config);

// What no single key's range can say: keys that contradict each other, names that refer to nothing. A message for each
// mistake.
std::vector<std::string> check_config(const Config& config);

}  // namespace millrace
