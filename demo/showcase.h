// A few customers, so that a person can judge: what they last bought or clicked, and what they are now offered, with
// reasons.
#pragma once

#include <cstdio>
#include <vector>

#include "demo/auditor.h"
#include "demo/event_source.h"

namespace millrace {

// `customers` of those with a long enough history, spread evenly over their names.
void show_customers(Auditor& auditor, const std::vector<DemoItem>& items, std::size_t customers, std::FILE* out);

}  // namespace millrace
