#include "app/pipeline_start.h"

#include <algorithm>

namespace millrace {
namespace {

std::string text(Offset offset) { return std::to_string(raw(offset)); }

Error gap(const std::string& partition, const std::string& found) {
  return stop_error(ErrorCode::kGap, "start reading " + partition + ": " + found);
}

// Of a partition that the group has read and the store knows nothing of.
Result<StartDecision> take_over(const std::string& partition, const StartFacts& facts, const StartPolicy& policy) {
  const auto& [local, committed, marks, elsewhere] = facts;
  const StartDecision all{marks.low, true,
                          std::max<std::int64_t>(0, raw(std::min(*committed, marks.high)) - raw(marks.low))};
  if (policy.rebuild) return all;
  const std::string found = "the group has read up to offset " + text(*committed);
  if (!elsewhere) {
    return gap(
        partition,
        found +
            " but the state directory knows nothing of this partition, so its state was lost; restore a "
            "backup of the state directory, or start with \"millrace run --rebuild\" to begin again with what the "
            "topic still holds");
  }
  if (policy.moved == MovedPartition::kRefuse) {
    return gap(partition, found +
                              " with another state directory and this one knows nothing of the partition, so it moved "
                              "here without its state, or the directory that had it was lost; set "
                              "kafka.on_moved_partition = \"rebuild\" to read it again from the topic, give it back to "
                              "the instance that had it, or restore a backup");
  }
  if (marks.low == Offset{0}) return all;
  return gap(partition, found +
                            " with another state directory, this one knows nothing of the partition, and the topic "
                            "begins at " +
                            text(marks.low) +
                            ", so its users cannot be rebuilt whole; give the partition back to the instance that had "
                            "it, restore a backup of its state directory, or start with \"millrace run --rebuild\" to "
                            "begin again with what the topic still holds");
}

}  // namespace

Result<StartDecision> decide_start(const std::string& partition, const StartFacts& facts, const StartPolicy& policy) {
  const auto& [local, committed, marks, elsewhere] = facts;
  if (!local && committed) return take_over(partition, facts, policy);
  if (!local) {
    return StartDecision{policy.start == StartPosition::kLatest ? marks.high : marks.low, true, 0};
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
  const std::int64_t behind =
      committed ? std::max<std::int64_t>(0, raw(std::min(*committed, marks.high)) - raw(*local)) : 0;
  if (behind > 0 && elsewhere && policy.moved == MovedPartition::kRefuse && !policy.rebuild) {
    return gap(partition, "the state directory is at offset " + text(*local) + " but another instance went on to " +
                              text(*committed) +
                              "; set kafka.on_moved_partition = \"rebuild\" to read the difference from the topic, or "
                              "give the partition back to that instance");
  }
  return StartDecision{*local, false, behind};
}

}  // namespace millrace
