// Memory for one mini-batch: taken by moving a pointer, given back all at once. After the first few mini-batches it is
// one block of the largest size seen and allocates nothing. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "model/nn/matrix.h"

namespace millrace::nn {

class Arena {
 public:
  // Uninitialised and aligned to a cache line; valid until reset().
  std::span<float> floats(std::size_t count) { return take<float>(count); }
  std::span<std::uint32_t> indices(std::size_t count) { return take<std::uint32_t>(count); }
  std::span<std::uint8_t> bytes(std::size_t count) { return take<std::uint8_t>(count); }
  template <class T>
  std::span<T> of(std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    return take<T>(count);
  }
  Matrix matrix(std::size_t rows, std::size_t columns) { return {floats(rows * columns).data(), rows, columns}; }
  Matrix zeros(std::size_t rows, std::size_t columns);

  // Everything taken becomes invalid.
  void reset();
  std::size_t capacity_bytes() const;

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  struct Block {
    std::unique_ptr<std::byte, Free> memory;
    std::size_t size = 0;
  };
  static Block allocate(std::size_t size);
  std::byte* take_bytes(std::size_t size);
  template <class T>
  std::span<T> take(std::size_t count) {
    return {reinterpret_cast<T*>(take_bytes(count * sizeof(T))), count};
  }

  std::vector<Block> blocks_;  // the last one is in use
  std::size_t used_ = 0;       // of the last block
};

}  // namespace millrace::nn
