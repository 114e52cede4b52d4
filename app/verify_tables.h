// Every row of every table decoded, and what the tables say of each other.
#pragma once

#include <cstdint>
#include <functional>

#include "app/config.h"
#include "app/verify_report.h"
#include "core/result.h"
#include "store/store.h"

namespace millrace {

// `progress` hears of rows done. An error where the store cannot be read at all; whatever rows say goes into the
// report.
void verify_tables(const Config& config, const Store& store, VerifyReport& report,
                   const std::function<void(std::uint64_t)>& progress);

}  // namespace millrace
