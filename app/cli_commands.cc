#include "app/cli_commands.h"

#include <cstdio>
#include <iostream>
#include <string>
#include <utility>

#include "app/cli.h"
#include "app/cli_input.h"
#include "app/cli_version.h"
#include "app/inspect.h"
#include "app/log.h"
#include "store/rocks_store.h"

namespace millrace {
namespace {

Status execute(const EvaluateCommand& command) {
  MILLRACE_ASSIGN_OR_RETURN(const Config config, configuration(command.config));
  return run_evaluate(command, config);
}

Status execute(const TuneCommand& command) { return run_tune(command); }

Status execute(const YardstickCommand& command) {
  MILLRACE_ASSIGN_OR_RETURN(const Config config, configuration(command.config));
  return run_yardstick(command, config);
}

Status execute(const RunCommand& command) {
  MILLRACE_ASSIGN_OR_RETURN(Config config, configuration(command.config));
  config.kafka.rebuild = command.rebuild;
  return run_service(config);
}

Status execute(const ReplayCommand& command) {
  MILLRACE_ASSIGN_OR_RETURN(const Config config, configuration(command.config));
  return run_replay(command, config);
}

Status execute(const InspectCommand& command) {
  MILLRACE_ASSIGN_OR_RETURN(const Config config, configuration(command.config));
  return run_inspect(command, config);
}

Status execute(const VerifyCommand& command) {
  MILLRACE_ASSIGN_OR_RETURN(const Config config, configuration(command.config));
  return run_verify(command, config);
}

Status execute(const BackupCommand& command) {
  MILLRACE_ASSIGN_OR_RETURN(const Config config, configuration(command.config));
  return run_backup(command, config);
}

Status execute(const RestoreCommand& command) {
  MILLRACE_ASSIGN_OR_RETURN(const Config config, configuration(command.config));
  return run_restore(command, config);
}

Status execute(const CheckConfigCommand& command) {
  MILLRACE_ASSIGN_OR_RETURN(const Config config, configuration(command.config));
  std::printf("the configuration is fine: %zu topics of events, %zu kinds, hash %s\n", config.ingest.topics.size(),
              config.kinds.size(), config_hash(config).c_str());
  return Ok{};
}

Status execute(const PrintConfigCommand& command) {
  MILLRACE_ASSIGN_OR_RETURN(const Config config, configuration(command.config));
  std::fputs(print_config(config).c_str(), stdout);
  return Ok{};
}

Status execute(const VersionCommand& /*command*/) {
  const std::string commit(build_commit());
  std::printf("millrace %s%s\n", std::string(build_version()).c_str(),
              commit.empty() ? "" : (" (" + commit + ")").c_str());
  return Ok{};
}

// The service logs how it ended; the other commands speak to a person.
void report(const Error& error, bool service) {
  if (service) {
    log_error("stopped by an error",
              {{"error", error.message}, {"exit_code", static_cast<int>(exit_code(error.code))}});
  } else {
    std::fprintf(stderr, "millrace: %s\n", error.message.c_str());
  }
}

}  // namespace

ExitCode exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
    case ErrorCode::kNotFound:
      return ExitCode::kUsage;
    case ErrorCode::kCorruption:
      return ExitCode::kCorruption;
    case ErrorCode::kGap:
      return ExitCode::kGap;
    case ErrorCode::kLocked:
      return ExitCode::kLocked;
    case ErrorCode::kFatal:
      return ExitCode::kFatal;
    case ErrorCode::kNoSpace:
      return ExitCode::kNoSpace;
    case ErrorCode::kDenied:
      return ExitCode::kDenied;
    case ErrorCode::kIo:
    case ErrorCode::kUnavailable:
      break;
  }
  return ExitCode::kFailure;
}

Status run_inspect(const InspectCommand& command, const Config& config) {
  MILLRACE_ASSIGN_OR_RETURN(const auto store, open_rocks_store(rocks_options(config, true)));
  if (command.user) return inspect_user(config, *store, UserId(command.id), std::cout);
  return inspect_item(config, *store, ItemId(command.id), std::cout);
}

int run_command_line(const std::vector<std::string>& arguments) {
  const CommandLine line = parse_command_line(arguments);
  std::fputs(line.output.c_str(), stdout);
  std::fputs(line.error.c_str(), stderr);
  if (!line.command) return static_cast<int>(line.exit);
  const Status status = std::visit([](const auto& command) { return execute(command); }, *line.command);
  std::cout.flush();
  if (status.ok()) return static_cast<int>(ExitCode::kOk);
  report(status.error(), std::holds_alternative<RunCommand>(*line.command));
  return static_cast<int>(exit_code(status.error().code));
}

}  // namespace millrace
