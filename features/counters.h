// The numbers that features hand out, and the kinds the stored rows were counted by: one row of table `meta`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/event.h"
#include "core/result.h"
#include "features/user_queue.h"
#include "store/store.h"

namespace millrace {

struct FeatureCounters {
  std::uint64_t next_user = 0;
  std::uint64_t next_session = 1;  // 0 stands for "no session yet"
  std::vector<std::string> kinds;  // names by KindIndex
  UserQueueEnds queue{};
  bool queued = true;  // false: of a version without the queue, whose users have no place in it yet
  std::string stored;  // the bytes in the store
};

// kInvalid where `kinds` do not begin with the kinds the store was written with: rows refer to kinds by number.
Result<FeatureCounters> load_counters(const Store& store, const KindTable& kinds);
// Puts the row where it differs from the stored one.
void flush_counters(FeatureCounters& counters, WriteBatch& batch);

}  // namespace millrace
