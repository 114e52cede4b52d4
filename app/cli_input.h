// From the flags of the command line to what the parts take.
#pragma once

#include "app/cli.h"
#include "app/config.h"
#include "core/result.h"
#include "ingest/file_source.h"

namespace millrace {

Result<Config> configuration(const ConfigFlags& flags);

// Mapping and kinds of the configuration's first topic, and over it what the flags say. The format of a file whose name
// does not end in .csv, .tsv, .jsonl, .ndjson or .json has to be said.
Result<FileOptions> file_options(const InputFlags& flags, const Config& config);

}  // namespace millrace
