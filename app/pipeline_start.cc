#include "app/pipeline_start.h"

#include <algorithm>

namespace millrace {
namespace {

std::string text(Offset offset) { return std::to_string(raw(offset)); }

Error gap(const std::string& partition, const std::string& found) {
  return stop_error(ErrorCode::kGap, "start reading " + partition + ": " + found);
}

}  // namespace

Result<StartDecision> decide_start(const std::string& partition, const StartFacts& facts, const StartPolicy& policy) {
  const auto& [local, committed, marks] = facts;
  if (!local && committed && !policy.rebuild) {
    return gap(
        partition,
        "the group has read up to offset " + text(*committed) +
            " but the state directory knows nothing of this partition, so its state was lost; restore a "
            "backup of the state directory, or start with \"millrace run --rebuild\" to begin again with what the "
            "topic still holds");
  }
  if (!local) {
    const bool latest = policy.start == StartPosition::kLatest && !committed;
    return StartDecision{latest ? marks.high : marks.low, true, 0};
  }
  if (*local < marks.low) {
    return gap(partition,
               "the state directory is at offset " + text(*local) + " but the topic begins at " + text(marks.low) +
                   ", so records were deleted before they were read; restore a newer backup, or begin again with "
                   "an empty state directory and \"millrace run --rebuild\", and raise the topic's retention");
  }
  if (*local > marks.high) {
    return gap(partition,
               "the state directory is at offset " + text(*local) + " but the topic ends at " + text(marks.high) +
                   ", so it was created anew or another cluster answers; correct kafka.bootstrap_servers, or "
                   "begin again with an empty state directory and \"millrace run --rebuild\"");
  }
  const std::int64_t rewound = committed ? std::max<std::int64_t>(0, raw(*committed) - raw(*local)) : 0;
  return StartDecision{*local, false, rewound};
}

}  // namespace millrace
