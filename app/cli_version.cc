#include "app/cli_version.h"

namespace millrace {

std::string_view build_version() { return MILLRACE_VERSION; }
std::string_view build_commit() { return MILLRACE_COMMIT; }

}  // namespace millrace
