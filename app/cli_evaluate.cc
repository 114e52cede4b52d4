// `millrace evaluate` and `millrace yardstick`: from what was parsed to what is run.
#include "app/cli_evaluate.h"

#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <utility>

#include "app/cli_commands.h"
#include "app/cli_input.h"
#include "app/config_units.h"
#include "app/evaluate/effort_curve.h"
#include "app/evaluate/evaluate.h"
#include "app/evaluate/staleness.h"
#include "app/evaluate/state_source.h"
#include "app/evaluate/stream.h"
#include "app/evaluate/topic_source.h"
#include "app/evaluate/yardsticks/yardstick.h"
#include "app/pipeline_effort.h"
#include "store/rocks_store.h"

namespace millrace {
namespace {

Effort effort_at(const EffortSettings& settings, double percent, std::size_t batch) {
  return effort_between(settings, percent / 100.0, settings.replays_max, batch);
}

void set_run_options(Config config, const StepFlags& steps, RunOptions& options) {
  config.model.evaluate_learners = true;
  options.config_hash = config_hash(config);
  options.step = step_options(config);
  options.batch = steps.batch;
  options.effort = effort_at(config.effort, steps.efforts.back(), steps.batch);
}

// Several efforts, or several synchronisations, or one of each.
Status run_variants(const StepFlags& steps, const std::vector<Sync>& syncs, const EffortSettings& settings,
                    RunOptions& options, const std::function<Result<EvaluationReport>()>& run,
                    const OutputOptions& output) {
  if (steps.efforts.size() == 1) {
    const auto at_sync = [&](Sync sync) {
      options.sync = sync;
      return run();
    };
    return run_and_write(syncs, at_sync, output, std::cout);
  }
  if (syncs.size() > 1) {
    return stop_error(ErrorCode::kInvalid,
                      "reading --effort and --sync: several of both, expected several of one alone");
  }
  options.sync = syncs.front();
  const auto at_effort = [&](double percent) {
    options.effort = effort_at(settings, percent, steps.batch);
    return run();
  };
  return run_efforts_and_write(steps.efforts, at_effort, output, std::cout);
}

}  // namespace

Result<EvaluateOptions> evaluate_options(const EvaluateFlags& flags, const Config& config) {
  EvaluateOptions options;
  set_run_options(config, flags.steps, options);
  options.seed = flags.seed.value_or(config.model.seed);
  ProtocolOptions& protocol = options.protocol;
  MILLRACE_ASSIGN_OR_RETURN(protocol.kind, parse_protocol(flags.protocol));
  if (!flags.at.empty()) protocol.at = flags.at;
  protocol.skip_share = flags.skip_share;
  protocol.periods = flags.periods;
  if (!flags.period.empty()) {
    protocol.period = parse_duration(flags.period);
    if (!protocol.period || protocol.period->count <= 0) {
      return stop_error(ErrorCode::kInvalid,
                        "reading --period: found \"" + flags.period + "\", expected a duration such as 12h, 1d or 7d");
    }
  }
  protocol.events_min = flags.events_min;
  return options;
}

namespace {

Result<EventStream> read_file(const EvaluateFlags& flags, const Config& config) {
  MILLRACE_ASSIGN_OR_RETURN(const FileOptions file, file_options(flags.input, config));
  EventStream stream;
  stream.name = std::filesystem::path(flags.input.file).filename().string();
  MILLRACE_ASSIGN_OR_RETURN(stream.events, read_events(file));
  return stream;
}

Result<EventStream> read_state(const EvaluateFlags& flags, Config config) {
  config.service.state_directory = flags.state;
  MILLRACE_ASSIGN_OR_RETURN(const auto store, open_rocks_store(rocks_options(config, true)));
  return read_example_log(config.features, *store);
}

Result<EventStream> read_range(const EvaluateFlags& flags, const Config& config) {
  TopicSourceOptions options;
  options.reader = items_reader_options(config);
  options.ingest = config.ingest;
  options.topics = flags.topics;
  options.items_topic = config.input.items_topic;
  if (!flags.from.empty()) {
    MILLRACE_ASSIGN_OR_RETURN(options.from, parse_range_end("--from", flags.from));
  }
  if (!flags.to.empty()) {
    MILLRACE_ASSIGN_OR_RETURN(options.to, parse_range_end("--to", flags.to));
  }
  MILLRACE_ASSIGN_OR_RETURN(TopicStream topics, read_topics(options, rdkafka_clients()));
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    std::cout << (i == 0 ? topics.stream.name + ": " : ", ") << outcome_name(Outcome{static_cast<std::uint8_t>(i)})
              << ' ' << topics.outcomes[i];
  }
  std::cout << '\n';
  return std::move(topics.stream);
}

}  // namespace

Result<EventStream> read_stream(const EvaluateFlags& flags, const Config& config) {
  if (!flags.state.empty()) return read_state(flags, config);
  if (!flags.topics.empty()) return read_range(flags, config);
  if (!flags.input.file.empty()) return read_file(flags, config);
  return stop_error(ErrorCode::kInvalid,
                    "evaluating: nothing to go through; name a FILE, --state FOLDER or --topic NAME");
}

Status run_evaluate(const EvaluateCommand& command, const Config& config) {
  MILLRACE_ASSIGN_OR_RETURN(const std::vector<Sync> syncs, parse_syncs(command.sync));
  MILLRACE_ASSIGN_OR_RETURN(EvaluateOptions options, evaluate_options(command.evaluate, config));
  options.progress = !command.quiet;
  options.shuffle_control = command.shuffle;
  options.curves = !command.plots.empty();
  MILLRACE_ASSIGN_OR_RETURN(const EventStream stream, read_stream(command.evaluate, config));
  EvaluationReport newest;
  const auto run = [&]() -> Result<EvaluationReport> {
    MILLRACE_ASSIGN_OR_RETURN(newest, evaluate(options, stream));
    return newest;
  };
  const std::string title = stream.name + ", " + command.evaluate.protocol + ", seed " + std::to_string(options.seed);
  MILLRACE_RETURN_IF_ERROR(
      run_variants(command.evaluate.steps, syncs, config.effort, options, run, {command.json, command.plots, title}));
  if (!options.shuffle_control) return Ok{};
  MILLRACE_ASSIGN_OR_RETURN(const std::string verdict, control_verdict(newest));
  std::cout << verdict << '\n';
  return Ok{};
}

Status run_yardstick(const YardstickCommand& command, const Config& config) {
  MILLRACE_ASSIGN_OR_RETURN(const std::vector<Sync> syncs, parse_syncs(command.sync));
  YardstickOptions options;
  set_run_options(config, command.steps, options);
  options.letter = command.letter.front();
  options.data = command.data;
  options.seed = command.seed.value_or(config.model.seed);
  options.shuffle_control = command.shuffle;
  options.progress = !command.quiet;
  options.curves = !command.plots.empty();
  const auto run = [&options] { return yardstick(options); };
  const std::string title = "yardstick " + command.letter + ", seed " + std::to_string(options.seed);
  return run_variants(command.steps, syncs, config.effort, options, run, {command.json, command.plots, title});
}

}  // namespace millrace
