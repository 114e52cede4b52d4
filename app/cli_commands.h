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

Status run_inspect(const InspectCommand& command, const Config& config);

}  // namespace millrace
