// What each command does once its line is parsed and its configuration read. Results go to stdout, logs to stderr.
#pragma once

#include "app/cli.h"
#include "app/config.h"
#include "core/result.h"

namespace millrace {

// The service until SIGTERM or SIGINT.
Status run_service(const Config& config);

// kInvalid where the state directory is not empty.
Status run_replay(const ReplayCommand& command, const Config& config);

// Tables to stdout. kInvalid where the control of `shuffle` fails.
Status run_evaluate(const EvaluateCommand& command, const Config& config);
// Reads a configuration for every candidate.
Status run_tune(const TuneCommand& command);
Status run_yardstick(const YardstickCommand& command, const Config& config);

Status run_inspect(const InspectCommand& command, const Config& config);

// Prints what was checked; kCorruption where something is damaged, kGap where the topics no longer hold what the state
// goes on from, kLocked beside a running service.
Status run_verify(const VerifyCommand& command, const Config& config);

// By the service that runs on the state directory, else by this process.
Status run_backup(const BackupCommand& command, const Config& config);
Status run_restore(const RestoreCommand& command, const Config& config);

}  // namespace millrace
