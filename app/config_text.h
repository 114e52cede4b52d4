// Texts of a configuration that stand for something else: environment variables and files.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace millrace {

// Replaces ${NAME} by the environment variable; $${ gives a plain ${. kInvalid where it is not set, or not closed.
Result<std::string> expand_environment(std::string_view text);

// What is in the file, less line ends at its end; at most 64 KiB.
Result<std::string> read_secret(const std::string& path);

}  // namespace millrace
