// FNV-1a, 64 bits: for names that are stored as numbers. Part of the stored formats: it must never change.
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace {

constexpr std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace millrace
