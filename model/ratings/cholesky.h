// Cholesky's factorisation of small dense matrices, A = UᵀU, on the upper triangle in place. Every element is updated
// by itself, so the order of its sums, and with it every bit, is the same for all widths of vector instructions.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace millrace {

// a[n × n], rows `stride` apart. Pivots below `least` count as `least`.
template <class T>
void factorise(T* a, std::size_t n, std::size_t stride, T least) {
  for (std::size_t k = 0; k < n; ++k) {
    T* row = a + k * stride;
    const T pivot = std::sqrt(std::max(row[k], least));
    row[k] = pivot;
    for (std::size_t j = k + 1; j < n; ++j) row[j] /= pivot;
    for (std::size_t i = k + 1; i < n; ++i) {
      const T factor = row[i];
      T* other = a + i * stride;
      for (std::size_t j = i; j < n; ++j) other[j] -= factor * row[j];
    }
  }
}

// x = U⁻ᵀ x
template <class T>
void solve_transposed(const T* u, std::size_t n, std::size_t stride, T* x) {
  for (std::size_t k = 0; k < n; ++k) {
    const T* row = u + k * stride;
    x[k] /= row[k];
    for (std::size_t j = k + 1; j < n; ++j) x[j] -= x[k] * row[j];
  }
}

// x = U⁻¹ x
template <class T>
void solve(const T* u, std::size_t n, std::size_t stride, T* x) {
  for (std::size_t k = n; k > 0; --k) {
    const T* row = u + (k - 1) * stride;
    T sum = x[k - 1];
    for (std::size_t j = k; j < n; ++j) sum -= row[j] * x[j];
    x[k - 1] = sum / row[k - 1];
  }
}

}  // namespace millrace
