#include "app/evaluate/protocols/walk.h"

namespace millrace {

Status run_ratings(std::span<const Event> events, const RatingOptions& options, Course& course) {
  Synchroniser synchroniser(course.sync, course.evaluator);
  std::size_t begin = 0;
  for (const std::size_t end : options.periods) {
    const std::span<const Event> period = events.subspan(begin, end - begin);
    MILLRACE_RETURN_IF_ERROR(synchroniser.begin(period.size()));
    std::size_t asked = 0;
    for (std::size_t i = 0; i < period.size(); ++i) {
      if (i >= asked) MILLRACE_RETURN_IF_ERROR(synchroniser.at(i));
      if (options.hide_ties && i >= asked) {
        for (asked = i + ties_at(period, i); const Event& event : period.subspan(i, asked - i)) {
          if (course.evaluator.is_rating(event)) MILLRACE_RETURN_IF_ERROR(course.evaluator.ask_rating(event));
        }
      }
      MILLRACE_RETURN_IF_ERROR(learn(period[i], course));
    }
    MILLRACE_RETURN_IF_ERROR(synchroniser.end());
    begin = end;
  }
  return course.evaluator.flush();
}

}  // namespace millrace
