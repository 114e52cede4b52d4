// What the conformance suite needs of an implementation: how to make it, and a directory that goes away with the test.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "store/memory_store.h"
#include "store/rocks_store.h"
#include "store/store.h"

namespace millrace::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "millrace_store_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string string() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline RocksOptions small_rocks(const std::string& directory, bool read_only = false) {
  RocksOptions options;
  options.directory = directory;
  options.block_cache_bytes = 1 << 20;
  options.write_buffer_bytes = 4 << 20;
  options.read_only = read_only;
  return options;
}

enum class Implementation { kMemory, kRocks };

}  // namespace millrace::testing
