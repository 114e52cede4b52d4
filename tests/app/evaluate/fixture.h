// Small streams and how to ask a report for a figure.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/evaluate/evaluate.h"
#include "app/evaluate/report.h"
#include "app/evaluate/runner.h"
#include "tests/app/step_fixture.h"

namespace millrace::testing {

inline double value_of(const ReportRow& row, std::string_view name) {
  for (const auto& [key, value] : row.values) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no " << name;
  return -1.0;
}

inline const ReportRow& learner(const EvaluationReport& report, std::string_view name) {
  for (const auto& [key, row] : report.learners) {
    if (key == name) return row;
  }
  ADD_FAILURE() << "no " << name;
  return report.served;
}

inline const ReportRow& part(const ReportRow& row, std::string_view name) {
  for (const ReportPart& sub : row.parts) {
    if (sub.name == name) return sub.row;
  }
  ADD_FAILURE() << "no " << name;
  return row;
}

// By that family alone each event is a step of its own.
inline EvaluateOptions options_with(std::vector<std::string> families) {
  EvaluateOptions options;
  options.step = small_step_options();
  options.step.model.families = std::move(families);
  options.step.model.factors.dimension = 16;
  options.batch = 1;
  options.progress = false;
  return options;
}

inline Event event_of(std::int64_t second, const std::string& user, const std::string& item) {
  Event event;
  event.event_time = event.record_time = Millis{second * 1000};
  event.user = UserId(user);
  event.item = ItemId(item);
  return event;
}

// One event a second, each of another user.
inline EventStream strangers(const std::string& items) {
  EventStream stream;
  stream.name = "strangers";
  for (std::size_t i = 0; i < items.size(); ++i) {
    stream.events.push_back(
        event_of(static_cast<std::int64_t>(i), "user-" + std::to_string(i), std::string(1, items[i])));
  }
  return stream;
}

inline EvaluationReport run(const EvaluateOptions& options, EventStream stream) {
  auto report = evaluate(options, std::move(stream));
  if (report.ok()) return std::move(*report);
  ADD_FAILURE() << report.error().message;
  return {};
}

inline std::unique_ptr<StepRunner> runner_of(const StepOptions& options, std::size_t batch) {
  auto runner = StepRunner::open(options, {}, batch);
  EXPECT_TRUE(runner.ok());
  return std::move(*runner);
}

inline std::unique_ptr<StepRunner> runner_of(std::vector<std::string> families, std::size_t batch = 16) {
  StepOptions options = small_step_options();
  options.model.families = std::move(families);
  return runner_of(options, batch);
}

inline std::vector<Event> session_of(const std::string& session, const std::vector<std::string>& items,
                                     std::int64_t start) {
  std::vector<Event> events;
  for (const std::string& item : items) {
    events.push_back(event_of(start + static_cast<std::int64_t>(events.size()), session, item));
    events.back().session = session;
  }
  return events;
}

}  // namespace millrace::testing
