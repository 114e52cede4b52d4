// Exact top-k of inner products over a table of vectors: which slots score best for a query. Between the families that
// embed items and their lists.
//
// A scan multiplies a block of queries with a block of rows approximately but with a certified bound on the error,
// keeps whatever may still belong to the best k, and scores those few again in one fixed order of summation
// (exact_dot). So the answer is that of brute force, bit for bit, and the same for both scans and on every machine:
//   kFloat32  an f32 product; the error is that of rounding
//   kInt8     rows as s8 with one scale for the table, queries as u8 with a scale each. With r the exact norm of a
//             quantisation residual, |q·x − s_q s_x (q̂·x̂)| ≤ |q| r_x + (|x| + r_x) r_q (Cauchy–Schwarz). Four times as
//             fast as f32 where the processor has VNNI, and only exact there
//
// One thread at a time, but for search() after refresh(). Memory: a row takes 4 bytes a dimension, and one more with
// kInt8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "model/top_k_scan.h"

namespace millrace {

enum class ScanKernel : std::uint8_t { kFloat32 = 0, kInt8 = 1 };
std::string_view scan_kernel_name(ScanKernel kernel);
// Whether this processor can run `kernel`; every one can run kFloat32.
bool scan_kernel_supported(ScanKernel kernel);
// The faster of those that this processor can run.
ScanKernel choose_scan_kernel();

struct ScoredSlot {
  std::uint32_t slot = 0;
  float score = 0.0F;
  bool operator==(const ScoredSlot&) const = default;
};

// Σ x_j y_j over `dimension` (a multiple of 16) values: sixteen sums by j mod 16, each rounded after every product and
// every addition, then added pairwise, lane i and lane i + 8, 4, 2, 1.
float exact_dot(const float* x, const float* y, std::size_t dimension);

class TopKIndex {
 public:
  // Requires a dimension that is a multiple of 16, at most kMaxDimension, and a kernel that is supported.
  TopKIndex(std::size_t dimension, ScanKernel kernel);

  // A vector that is not finite, or longer than kMaxMagnitude, is stored as absent: a diverged row is not recommended.
  void set_row(std::uint32_t slot, std::span<const float> row);
  void clear_row(std::uint32_t slot);
  // An unavailable slot is in no answer, whatever its row; slots are available unless told otherwise.
  void set_available(std::uint32_t slot, bool available);

  // Makes ready to search after rows were set, which search() does by itself; afterwards several threads may.
  void refresh();
  // queries [B × dimension]; exclude: nothing, or per query the sorted slots to leave out. Per query the best k slots,
  // best first, ties by lower slot; fewer where fewer can be had, none for a query that is not finite or beyond
  // kMaxMagnitude.
  std::vector<std::vector<ScoredSlot>> search(std::span<const float> queries, std::size_t k,
                                              std::span<const std::span<const std::uint32_t>> exclude = {});

  // What search() would score the slot with; 0 for an absent row.
  float score(std::uint32_t slot, std::span<const float> query) const {
    return exact_dot(query.data(), rows_.at(slot), rows_.dimension);
  }

  // As set_row() stored it, zeros for an absent row; valid until rows are set.
  std::span<const float> row(std::uint32_t slot) const { return {rows_.at(slot), rows_.dimension}; }

  std::size_t dimension() const { return rows_.dimension; }
  std::size_t slots() const { return present_.size(); }  // one more than the largest slot ever named
  ScanKernel kernel() const { return kernel_; }
  std::uint64_t memory_bytes() const;

  static constexpr std::size_t kMaxDimension = 4096;
  static constexpr float kMaxMagnitude = 1e15F;  // of a vector's norm: products stay finite

 private:
  void ensure(std::uint32_t slot);
  void store(std::uint32_t slot, bool present);
  void show(std::uint32_t slot);
  bool is_stale() const;

  ScanKernel kernel_;
  top_k::Rows rows_;                     // padded to blocks; absent rows are zero
  std::vector<std::uint8_t> present_;    // [slots]
  std::vector<std::uint8_t> available_;  // [slots]
  bool norm_max_stale_ = false;
  std::variant<top_k::FloatScan, top_k::IntegerScan> scan_;
};

}  // namespace millrace
