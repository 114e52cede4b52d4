// The two ways to score a block of rows for a block of queries approximately, with a certified error. Both have the
// same members, for TopKIndex to be written once:
//   Queries     a block of them, prepared; of whoever searches
//   prepare()   takes a query in and returns the width of its uncertainty: twice the largest error of a score
//   multiply()  scores of rows [first, first + count) for the prepared queries, [queries × count]; bias() is still to
//   add
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace::top_k {

// The rows that both scan. `values` is [capacity × dimension], rows that are absent are zero.
struct Rows {
  std::size_t dimension = 0;
  std::vector<float> values;
  std::vector<float> norms;  // [capacity] upper bounds of |x|
  float norm_max = 0.0F;

  const float* at(std::size_t slot) const { return values.data() + slot * dimension; }
};

// An upper bound of |x|, whatever the rounding; not finite if a value is not, or too large.
float norm_bound(const float* x, std::size_t dimension);

class FloatScan {
 public:
  using Score = float;
  using Queries = std::vector<float>;  // [queries × dimension]
  void resize(const Rows& rows, std::size_t capacity);
  void set_row(const Rows& /*rows*/, std::size_t /*slot*/) {}
  void set_visible(std::size_t slot, bool visible);
  bool is_stale() const { return false; }
  void refresh(const Rows& /*rows*/) {}

  void resize_queries(const Rows& rows, std::size_t count, Queries& queries) const;
  Score prepare(const Rows& rows, std::size_t position, const float* query, Queries& queries) const;
  void multiply(const Rows& rows, const Queries& queries, std::size_t first, std::size_t count, Score* scores) const;
  const Score* bias() const { return bias_.data(); }
  std::uint64_t memory_bytes() const;

 private:
  std::vector<float> bias_;  // [capacity]
};

class IntegerScan {
 public:
  using Score = std::int32_t;
  struct Queries {
    std::vector<std::uint8_t> shifted;  // [queries × dimension]
    std::vector<std::int8_t> scratch;   // [dimension]
  };
  void resize(const Rows& rows, std::size_t capacity);
  void set_row(const Rows& rows, std::size_t slot);
  void set_visible(std::size_t slot, bool visible);
  bool is_stale() const { return stale_; }
  // Quantises everything again if a row has outgrown the scale.
  void refresh(const Rows& rows);

  void resize_queries(const Rows& rows, std::size_t count, Queries& queries) const;
  Score prepare(const Rows& rows, std::size_t position, const float* query, Queries& queries) const;
  void multiply(const Rows& rows, const Queries& queries, std::size_t first, std::size_t count, Score* scores) const;
  const Score* bias() const { return bias_.data(); }
  std::uint64_t memory_bytes() const;

 private:
  void quantise_row(const Rows& rows, std::size_t slot);

  // Keeps reciprocals finite for vectors that are zero or nearly so.
  static constexpr float kLeastScale = 1e-30F;

  float scale_ = kLeastScale;  // rows lie within ±127 times it
  bool stale_ = false;         // a row does not
  float residual_max_ = 0.0F;
  std::vector<std::int8_t> quantised_;  // [capacity × dimension]
  std::vector<std::int32_t> sums_;      // [capacity] of quantised values
  std::vector<float> residuals_;        // [capacity] upper bounds of |x − scale x̂|
  std::vector<std::int32_t> bias_;      // [capacity] −128 times the sum: queries are shifted by 128 into u8
};

}  // namespace millrace::top_k
