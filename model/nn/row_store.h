// Rows of floats in blocks, so that growing moves nothing.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

#include "core/check.h"
#include "model/nn/arena.h"

namespace millrace::nn {

class RowStore {
 public:
  explicit RowStore(std::size_t width) : width_(width) {}
  std::size_t size() const { return size_; }
  float* row(std::size_t index) { return blocks_[index / kRows].data + index % kRows * width_; }
  const float* row(std::size_t index) const { return blocks_[index / kRows].data + index % kRows * width_; }
  // A row of zeros at the end.
  void push() {
    if (size_ == blocks_.size() * kRows) {
      arenas_.push_back(std::make_unique<Arena>());
      blocks_.push_back(arenas_.back()->matrix(kRows, width_));
    }
    ++size_;
    std::memset(row(size_ - 1), 0, width_ * sizeof(float));
  }
  void pop() {
    MILLRACE_CHECK(size_ > 0);
    --size_;
  }
  std::uint64_t memory_bytes() const { return blocks_.size() * kRows * width_ * sizeof(float); }

 private:
  static constexpr std::size_t kRows = 256;
  std::size_t width_;
  std::size_t size_ = 0;
  std::vector<std::unique_ptr<Arena>> arenas_;
  std::vector<Matrix> blocks_;
};

}  // namespace millrace::nn
