#include "app/evaluate/sync.h"

#include <charconv>

namespace millrace {

std::string Sync::name() const {
  if (every_event()) return "event";
  return per_period == 1 ? "period" : std::to_string(per_period);
}

Result<Sync> parse_sync(std::string_view text) {
  if (text == "event") return Sync{0};
  if (text == "period") return Sync{1};
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number > 0) return Sync{number};
  return stop_error(ErrorCode::kInvalid, "reading --sync: found \"" + std::string(text) +
                                             "\", expected event, period, or how often a period as a number from 1");
}

Status Synchroniser::begin(std::size_t size) {
  size_ = size;
  done_ = 1;
  return sync_.every_event() ? Status(Ok{}) : evaluator_.freeze();
}

Status Synchroniser::at(std::size_t place) {
  if (sync_.every_event()) return Ok{};
  bool due = false;
  for (; done_ < sync_.per_period && place * sync_.per_period >= done_ * size_; ++done_) due = true;
  if (!due) return Ok{};
  MILLRACE_RETURN_IF_ERROR(evaluator_.thaw());
  return evaluator_.freeze();
}

Status Synchroniser::end(bool learn) {
  if (sync_.every_event()) return Ok{};
  return learn ? evaluator_.thaw() : evaluator_.flush();
}

}  // namespace millrace
