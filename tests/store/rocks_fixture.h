// A store on disk in a directory of the test's own, with ways to fill it, to open it expecting an error, and to damage
// its files.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "tests/flip_byte.h"
#include "tests/forked.h"
#include "tests/store/conformance.h"

namespace millrace::testing {

namespace fs = std::filesystem;

class RocksStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<RocksStore> open(bool read_only = false) {
    auto opened = open_rocks_store(small_rocks(directory_.string(), read_only));
    if (!opened.ok()) {
      ADD_FAILURE() << opened.error().message;
      return nullptr;
    }
    return std::move(opened).value();
  }
  Error open_error(bool read_only = false) {
    auto opened = open_rocks_store(small_rocks(directory_.string(), read_only));
    if (opened.ok()) {
      ADD_FAILURE() << "opened, though it should not";
      return {};
    }
    EXPECT_THAT(opened.error().message, ::testing::HasSubstr(directory_.string()));
    return opened.error();
  }
  // Whether `work` says that it succeeded, in a process that then ends as a killed one does: without a destructor, so
  // that nothing is flushed or closed.
  bool in_a_killed_process(const std::function<bool(RocksStore&)>& work) const {
    Forked child([&](const LineEnd&) {
      auto opened = open_rocks_store(small_rocks(directory_.string()));
      return opened.ok() && work(**opened) ? 0 : 1;
    });
    return child.wait() == 0;
  }
  // Step i writes its number under key i and under "last": a rewound store shows as a smaller "last", never as a gap.
  static void write_steps(Store& store, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t i = begin; i < end; ++i) {
      WriteBatch batch;
      batch.put(Table::kUsers, key_u64(i), std::string(200, 'u') + std::to_string(i));
      batch.put(Table::kMeta, "last", std::to_string(i));
      ASSERT_TRUE(store.commit(batch).ok());
    }
  }
  // Two opens: the first writes a log, the next turns it into a table file.
  void make_table_files() {
    write_steps(*open(), 0, 200);
    open();
  }
  std::vector<fs::path> files(const std::string& pattern) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(pattern) || name.ends_with(pattern)) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  TemporaryDirectory directory_;
};

}  // namespace millrace::testing
