// The text of a configuration.
#include <string>

#include "app/config.h"
#include "core/check.h"
#include "tests/fuzz/targets.h"

namespace millrace::fuzz {

// What is accepted can be shown, and what is shown is accepted and means the same.
void fuzz_configuration(std::string_view input) {
  const auto config = parse_config(std::string(input), "millrace.toml");
  if (!config.ok()) {
    MILLRACE_CHECK(config.error().code == ErrorCode::kInvalid && !config.error().message.empty());
    return;
  }
  const std::string shown = print_config(*config);
  if (shown.find(kRedacted) != std::string::npos) return;  // which is refused
  const auto again = parse_config(shown, "millrace.toml");
  MILLRACE_CHECK(again.ok());
  MILLRACE_CHECK(print_config(*again) == shown);
  MILLRACE_CHECK(check_ingest(config->ingest).ok());
}

}  // namespace millrace::fuzz
