// Rows of floats in blocks aligned to cache lines, so that growing moves nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "core/check.h"

namespace millrace::nn {

class RowStore {
 public:
  // `width` is a multiple of 16.
  explicit RowStore(std::size_t width) : width_(width) {}
  std::size_t size() const { return size_; }
  float* row(std::size_t index) { return blocks_[index / kRows].get() + index % kRows * width_; }
  const float* row(std::size_t index) const { return blocks_[index / kRows].get() + index % kRows * width_; }
  // A row of zeros at the end.
  void push() {
    if (size_ == blocks_.size() * kRows) {
      const std::size_t bytes = kRows * width_ * sizeof(float);
      blocks_.emplace_back(static_cast<float*>(::operator new(bytes, kAlignment)));
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
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(float* memory) const { ::operator delete(memory, kAlignment); }
  };
  std::size_t width_;
  std::size_t size_ = 0;
  std::vector<std::unique_ptr<float[], Free>> blocks_;
};

}  // namespace millrace::nn
