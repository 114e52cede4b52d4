// Invariants between the tables of a state directory that every step keeps, so that a mixture of two moments (a copy of
// files taken while the service wrote them, a table file from elsewhere) is refused instead of served.
#pragma once

#include "core/result.h"
#include "store/store.h"

namespace millrace {

// What can be said without reading a table whole, at every start: the newest step's record, the end of the example log
// and the offsets are of one moment, and the steps since the model's checkpoint are all there. kCorruption names what
// does not fit.
Status check_state(const Store& store);

}  // namespace millrace
