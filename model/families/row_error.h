// The one error that loading a family's rows can end with.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace millrace {

inline Error unreadable_row(std::string_view family, std::string_view table) {
  return stop_error(ErrorCode::kCorruption, "restoring the model: a row of '" + std::string(family) + "', table '" +
                                                std::string(table) +
                                                "', is unreadable or of an unknown version; restore a backup, or "
                                                "let the model be rebuilt");
}

}  // namespace millrace
