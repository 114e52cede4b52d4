#include "model/nn/arena.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace millrace::nn {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kFirstBlockBytes = std::size_t{1} << 20;

std::size_t align_up(std::size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

void Arena::Free::operator()(std::byte* memory) const { ::operator delete (memory, std::align_val_t{kAlignment}); }

Arena::Block Arena::allocate(std::size_t size) {
  auto* memory = static_cast<std::byte*>(::operator new (size, std::align_val_t{kAlignment}));
  return {std::unique_ptr<std::byte, Free>(memory), size};
}

Matrix Arena::zeros(std::size_t rows, std::size_t columns) {
  const Matrix matrix = this->matrix(rows, columns);
  if (matrix.size() > 0) std::memset(matrix.data, 0, matrix.size() * sizeof(float));
  return matrix;
}

void Arena::reset() {
  if (blocks_.size() > 1) {
    const std::size_t total = capacity_bytes();
    blocks_.clear();
    blocks_.push_back(allocate(total));
  }
  used_ = 0;
}

std::size_t Arena::capacity_bytes() const {
  std::size_t total = 0;
  for (const Block& block : blocks_) total += block.size;
  return total;
}

std::byte* Arena::take_bytes(std::size_t size) {
  const std::size_t needed = align_up(size);
  if (blocks_.empty() || used_ + needed > blocks_.back().size) {
    const std::size_t previous = blocks_.empty() ? kFirstBlockBytes : 2 * blocks_.back().size;
    blocks_.push_back(allocate(std::max(previous, needed)));
    used_ = 0;
  }
  std::byte* memory = blocks_.back().memory.get() + used_;
  used_ += needed;
  return memory;
}

}  // namespace millrace::nn
