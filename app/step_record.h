// What a step consumed and decided, one row of Table::kSteps: enough to learn its examples again in the same way, and
// to run the same batches again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/list.h"
#include "core/result.h"
#include "model/item_table.h"
#include "model/learner.h"

namespace millrace {

struct StepRecord {
  std::uint64_t step = 0;
  std::uint64_t first_example = 0;  // sequence
  std::uint64_t examples = 0;
  std::uint64_t item_count = 0;  // items known after the step
  Effort effort;
  std::vector<Reflected> reflects;  // the boundaries: offsets after the step
  std::vector<ItemFactsChange> changes;
  std::vector<std::string> rolled_back;  // learners, after they had learnt the step
  bool operator==(const StepRecord&) const = default;
};

std::string encode_step_record(const StepRecord& record);
Result<StepRecord> decode_step_record(std::uint64_t step, std::string_view bytes);

}  // namespace millrace
