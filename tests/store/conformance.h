// What the conformance suite needs of an implementation: how to make it, and a directory that goes away with the test.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "store/memory_store.h"
#include "store/rocks_store.h"
#include "store/store.h"
#include "tests/temporary_directory.h"

namespace millrace::testing {

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
