// The counters that the step keeps in table meta (docs/formats.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"
#include "store/store.h"

namespace millrace {

inline constexpr std::string_view kLastStepKey = "last_step";
inline constexpr std::string_view kCheckpointStepKey = "checkpoint_step";
inline constexpr std::string_view kEngineKey = "engine";
inline constexpr std::string_view kVersionBaseKey = "version_base";

// 0 where it was never written; kCorruption for bytes that are no counter.
Result<std::uint64_t> read_meta_counter(const Store& store, std::string_view key);
// What learnt the newest steps; empty where it was never written. kCorruption as above.
Result<std::string> read_meta_engine(const Store& store);
void put_meta_counter(WriteBatch& batch, std::string_view key, std::uint64_t number);

}  // namespace millrace
