#include "core/list.h"

#include <array>

namespace millrace {

std::string_view reason_name(Reason reason) {
  constexpr std::array<std::string_view, 6> kNames{"taste", "sessions", "related", "trending", "popular", "habit"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace millrace
