#include "app/pipeline_pauses.h"

namespace millrace {
namespace {

constexpr std::uint64_t kRecordsObserved = 1'000;

}  // namespace

bool BacklogGauge::update(std::uint64_t messages, std::uint64_t bytes) {
  if (messages > messages_max_ || bytes > bytes_max_) full_ = true;
  if (messages <= messages_max_ / 2 && bytes <= bytes_max_ / 2) full_ = false;
  return full_;
}

bool DeadLetterGauge::add(std::uint64_t records, std::uint64_t dead_letters) {
  if (passed_ || records == 0) return false;
  steps_.emplace_back(records, dead_letters);
  records_ += records;
  dead_letters_ += dead_letters;
  while (records_ - steps_.front().first >= kRecordsObserved) {
    records_ -= steps_.front().first;
    dead_letters_ -= steps_.front().second;
    steps_.pop_front();
  }
  passed_ =
      records_ >= kRecordsObserved && static_cast<float>(dead_letters_) > share_max_ * static_cast<float>(records_);
  return passed_;
}

}  // namespace millrace
