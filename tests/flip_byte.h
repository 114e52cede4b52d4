// One bit of a file turned over, as a failing disk does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>

namespace millrace {

inline void flip_byte(const std::filesystem::path& path, std::uintmax_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get() ^ 0x10);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

inline void flip_middle(const std::filesystem::path& path) { flip_byte(path, std::filesystem::file_size(path) / 2); }

}  // namespace millrace
