// `millrace evaluate` and `millrace yardstick`: from what was parsed to what is run.
#include <iostream>
#include <string>
#include <utility>

#include "app/cli_commands.h"
#include "app/cli_input.h"
#include "app/config_units.h"
#include "app/evaluate/evaluate.h"
#include "app/evaluate/staleness.h"
#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/yardstick.h"

namespace millrace {
namespace {

void set_run_options(Config config, RunOptions& options) {
  config.model.evaluate_learners = true;
  options.config_hash = config_hash(config);
  options.step = step_options(config);
  options.effort = {config.effort.replays_max, config.effort.ranked_examples};
}

Result<EvaluateOptions> evaluate_options(const EvaluateFlags& flags, const Config& config) {
  EvaluateOptions options;
  set_run_options(config, options);
  options.seed = flags.seed.value_or(config.model.seed);
  options.batch = flags.batch;
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

Result<EventStream> read_stream(const EvaluateFlags& flags, const Config& config) {
  MILLRACE_ASSIGN_OR_RETURN(const FileOptions file, file_options(flags.input, config));
  EventStream stream;
  stream.name = flags.input.file;
  MILLRACE_ASSIGN_OR_RETURN(stream.events, read_events(file));
  return stream;
}

}  // namespace

Status run_evaluate(const EvaluateCommand& command, const Config& config) {
  MILLRACE_ASSIGN_OR_RETURN(const std::vector<Sync> syncs, parse_syncs(command.sync));
  MILLRACE_ASSIGN_OR_RETURN(EvaluateOptions options, evaluate_options(command.evaluate, config));
  options.progress = !command.quiet;
  options.shuffle_control = command.shuffle;
  options.curves = !command.plots.empty();
  MILLRACE_ASSIGN_OR_RETURN(const EventStream stream, read_stream(command.evaluate, config));
  EvaluationReport newest;
  const auto run = [&](Sync sync) -> Result<EvaluationReport> {
    options.sync = sync;
    MILLRACE_ASSIGN_OR_RETURN(newest, evaluate(options, stream));
    return newest;
  };
  const std::string title = stream.name + ", " + command.evaluate.protocol + ", seed " + std::to_string(options.seed);
  MILLRACE_RETURN_IF_ERROR(run_and_write(syncs, run, {command.json, command.plots, title}, std::cout));
  if (!options.shuffle_control) return Ok{};
  MILLRACE_ASSIGN_OR_RETURN(const std::string verdict, control_verdict(newest));
  std::cout << verdict << '\n';
  return Ok{};
}

Status run_yardstick(const YardstickCommand& command, const Config& config) {
  MILLRACE_ASSIGN_OR_RETURN(const std::vector<Sync> syncs, parse_syncs(command.sync));
  YardstickOptions options;
  set_run_options(config, options);
  options.letter = command.letter.front();
  options.data = command.data;
  options.seed = command.seed.value_or(config.model.seed);
  options.shuffle_control = command.shuffle;
  options.progress = !command.quiet;
  options.curves = !command.plots.empty();
  const auto run = [&options](Sync sync) {
    options.sync = sync;
    return yardstick(options);
  };
  const std::string title = "yardstick " + command.letter + ", seed " + std::to_string(options.seed);
  return run_and_write(syncs, run, {command.json, command.plots, title}, std::cout);
}

}  // namespace millrace
