// The disk under the store: every committed batch in order, and what they add up to. A process that dies within a
// commit leaves the whole batch or nothing of it, as a torn tail is dropped when the write-ahead log is opened; what
// was acknowledged stays, unless the test damages it.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "store/store.h"
#include "tests/simulation/world.h"

namespace millrace::testing {

class MemoryDisk {
 public:
  MemoryDisk();
  const Store& image() const { return *image_; }
  std::size_t commits() const { return commits_.size(); }
  void append(const WriteBatch& batch);
  // Damage: only the first `commits` are left.
  void rewind(std::size_t commits);

 private:
  std::vector<WriteBatch> commits_;
  std::unique_ptr<Store> image_;
};

// The store as one life of the process has it. Both must outlive the result.
std::unique_ptr<Store> open_disk(MemoryDisk& disk, World& world);

}  // namespace millrace::testing
