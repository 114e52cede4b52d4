// A store on RocksDB in a temporary folder; $TMPDIR decides which disk is measured.
#pragma once

#include <memory>
#include <string>

#include "store/store.h"

namespace millrace::bench {

class ScratchStore {
 public:
  ScratchStore();
  ~ScratchStore();
  ScratchStore(const ScratchStore&) = delete;
  ScratchStore& operator=(const ScratchStore&) = delete;
  Store& operator*() { return *store_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::unique_ptr<Store> store_;
};

}  // namespace millrace::bench
