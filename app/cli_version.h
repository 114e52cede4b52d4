// Which build this is; both come from the build, the commit is empty where it was not built from a repository.
#pragma once

#include <string_view>

namespace millrace {

std::string_view build_version();
std::string_view build_commit();

}  // namespace millrace
