// The context of a user of whom only a prefix is known, while everything else stands still: for evaluations that freeze
// a period.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/event.h"
#include "core/example.h"
#include "core/result.h"
#include "features/features.h"

namespace millrace {

// As if exactly `prefix` (in time order, one session) had been applied for a new user; items that are not known keep
// their place as kUnknownItem. `features` is only read. Requires a user whom `features` does not know.
Result<Context> frozen_context(Features& features, std::size_t context_length, const UserId& user,
                               const std::string& session, Millis now, std::span<const Event> prefix);

}  // namespace millrace
