// The store's memory twin: sorted maps, for tests, evaluation and simulation. Nothing survives it.
#pragma once

#include <memory>

#include "store/store.h"

namespace millrace {

std::unique_ptr<Store> make_memory_store();

}  // namespace millrace
