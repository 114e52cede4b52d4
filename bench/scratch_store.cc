#include "bench/scratch_store.h"

#include <cstdlib>
#include <filesystem>

#include "core/check.h"
#include "store/rocks_store.h"

namespace millrace::bench {

ScratchStore::ScratchStore() {
  path_ = (std::filesystem::temp_directory_path() / "millrace_bench_XXXXXX").string();
  MILLRACE_CHECK(mkdtemp(path_.data()) != nullptr);
  RocksOptions options;
  options.directory = path_;
  auto opened = open_rocks_store(options);
  MILLRACE_CHECK(opened.ok());
  store_ = std::move(opened).value();
}

ScratchStore::~ScratchStore() {
  store_.reset();
  std::filesystem::remove_all(path_);
}

}  // namespace millrace::bench
