#include "model/top_k.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/check.h"
#include "model/nn/matmul.h"
#include "model/top_k_kernels.h"
#include "model/top_k_selection.h"

namespace millrace {
namespace {

// A block of scores, 64 × 2,048 × 4 bytes, stays in the second-level cache.
constexpr std::size_t kQueryBlock = 64;
constexpr std::size_t kRowBlock = 2048;
// Sizes are rounded up to these, for every shape of a product costs time and memory once.
constexpr std::size_t kQueryUnit = 16;
constexpr std::size_t kRowUnit = 256;
// Rows ahead of the one being scored: enough to hide the way from memory.
constexpr std::size_t kPrefetchRows = 8;

bool better(const ScoredSlot& a, const ScoredSlot& b) {
  return a.score != b.score ? a.score > b.score : a.slot < b.slot;
}

bool within_range(float norm) { return norm <= TopKIndex::kMaxMagnitude; }  // false for NaN

void prefetch_row(const top_k::Rows& rows, std::size_t slot) {
  const float* const row = rows.at(slot);
  for (std::size_t j = 0; j < rows.dimension; j += 16) __builtin_prefetch(row + j);
}

using Exclusion = std::span<const std::uint32_t>;

// Blocks of queries, one after the other, each over the whole table.
template <class Scan>
class BlockSearch {
 public:
  using Score = typename Scan::Score;

  // queries: the most in a block.
  BlockSearch(const top_k::Rows& rows, const Scan& scan, std::size_t slots, std::size_t k, std::size_t queries)
      : rows_(rows),
        scan_(scan),
        slots_(slots),
        k_(k),
        selections_(queries),
        scores_(std::make_unique_for_overwrite<Score[]>(nn::padded(queries, kQueryUnit) * kRowBlock)) {}

  // queries [answers.size() × dimension]; exclude: as many, or nothing.
  void run(const float* queries, std::span<const Exclusion> exclude, std::span<std::vector<ScoredSlot>> answers) {
    prepare(queries, answers.size());
    excluded_.assign(exclude.begin(), exclude.end());
    excluded_.resize(answers.size());
    for (const Exclusion& slots : excluded_) MILLRACE_CHECK(std::is_sorted(slots.begin(), slots.end()));
    for (std::size_t first = 0; first < slots_; first += kRowBlock) {
      scan_rows(first, std::min(kRowBlock, nn::padded(slots_ - first, kRowUnit)));
    }
    for (std::size_t q = 0; q < answers.size(); ++q) {
      if (answerable_[q] != 0) answers[q] = rescore(queries + q * rows_.dimension, selections_[q].finish());
    }
  }

 private:
  void prepare(const float* queries, std::size_t count) {
    scan_.resize_queries(rows_, nn::padded(count, kQueryUnit), queries_);
    answerable_.assign(count, 0);
    for (std::size_t q = 0; q < count; ++q) {
      const float* const query = queries + q * rows_.dimension;
      if (!within_range(top_k::norm_bound(query, rows_.dimension))) continue;
      answerable_[q] = 1;
      selections_[q].begin(k_, scan_.prepare(rows_, q, query, queries_));
    }
  }

  void scan_rows(std::size_t first, std::size_t count) {
    scan_.multiply(rows_, queries_, first, count, scores_.get());
    for (std::size_t q = 0; q < answerable_.size(); ++q) {
      if (answerable_[q] == 0) continue;
      Score* const scores = scores_.get() + q * count;
      mask_excluded(excluded_[q], first, count, scores);
      selections_[q].offer(scores, scan_.bias() + first, count, static_cast<std::uint32_t>(first));
    }
  }

  // Takes what lies in this block of rows off the front of `excluded`.
  static void mask_excluded(Exclusion& excluded, std::size_t first, std::size_t count, Score* scores) {
    std::size_t done = 0;
    for (; done < excluded.size() && excluded[done] < first + count; ++done) {
      scores[excluded[done] - first] = top_k::ScoreRange<Score>::kMasked;
    }
    excluded = excluded.subspan(done);
  }

  std::vector<ScoredSlot> rescore(const float* query, std::span<const top_k::Hit<Score>> hits) const {
    std::vector<ScoredSlot> scored(hits.size());
    for (std::size_t i = 0; i < hits.size(); ++i) {
      if (i + kPrefetchRows < hits.size()) prefetch_row(rows_, hits[i + kPrefetchRows].slot);
      scored[i] = {hits[i].slot, exact_dot(query, rows_.at(hits[i].slot), rows_.dimension)};
    }
    const auto end = scored.begin() + static_cast<std::ptrdiff_t>(std::min(k_, scored.size()));
    if (end != scored.end()) std::nth_element(scored.begin(), end, scored.end(), better);
    std::sort(scored.begin(), end, better);
    return {scored.begin(), end};
  }

  const top_k::Rows& rows_;
  const Scan& scan_;
  typename Scan::Queries queries_;
  std::size_t slots_;
  std::size_t k_;
  std::vector<top_k::Selection<Score>> selections_;
  std::unique_ptr<Score[]> scores_;
  std::vector<std::uint8_t> answerable_;
  std::vector<Exclusion> excluded_;
};

}  // namespace

std::string_view scan_kernel_name(ScanKernel kernel) { return kernel == ScanKernel::kInt8 ? "int8" : "float32"; }

bool scan_kernel_supported(ScanKernel kernel) {
  if (kernel == ScanKernel::kFloat32) return true;
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512vnni") != 0;
#else
  return false;
#endif
}

ScanKernel choose_scan_kernel() {
  return scan_kernel_supported(ScanKernel::kInt8) ? ScanKernel::kInt8 : ScanKernel::kFloat32;
}

float exact_dot(const float* x, const float* y, std::size_t dimension) { return top_k::dot(x, y, dimension); }

TopKIndex::TopKIndex(std::size_t dimension, ScanKernel kernel) : kernel_(kernel) {
  MILLRACE_CHECK(dimension > 0 && dimension % 16 == 0 && dimension <= kMaxDimension);
  MILLRACE_CHECK(scan_kernel_supported(kernel));
  rows_.dimension = dimension;
  if (kernel == ScanKernel::kInt8) scan_.emplace<top_k::IntegerScan>();
}

void TopKIndex::set_row(std::uint32_t slot, std::span<const float> row) {
  MILLRACE_CHECK(row.size() == rows_.dimension);
  const float norm = top_k::norm_bound(row.data(), row.size());
  if (!within_range(norm)) return clear_row(slot);
  ensure(slot);
  std::copy(row.begin(), row.end(), rows_.values.begin() + static_cast<std::ptrdiff_t>(slot * row.size()));
  rows_.norms[slot] = norm;
  store(slot, true);
}

void TopKIndex::clear_row(std::uint32_t slot) {
  ensure(slot);
  const auto begin = rows_.values.begin() + static_cast<std::ptrdiff_t>(slot * rows_.dimension);
  std::fill_n(begin, rows_.dimension, 0.0F);
  rows_.norms[slot] = 0.0F;
  store(slot, false);
}

void TopKIndex::set_available(std::uint32_t slot, bool available) {
  ensure(slot);
  available_[slot] = available ? 1 : 0;
  show(slot);
}

void TopKIndex::store(std::uint32_t slot, bool present) {
  present_[slot] = present ? 1 : 0;
  norm_max_stale_ = true;
  std::visit([&](auto& scan) { scan.set_row(rows_, slot); }, scan_);
  show(slot);
}

void TopKIndex::show(std::uint32_t slot) {
  std::visit([&](auto& scan) { scan.set_visible(slot, present_[slot] != 0 && available_[slot] != 0); }, scan_);
}

void TopKIndex::ensure(std::uint32_t slot) {
  if (slot < present_.size()) return;
  present_.resize(slot + std::size_t{1}, 0);
  available_.resize(slot + std::size_t{1}, 1);
  const std::size_t capacity = nn::padded(present_.size(), kRowUnit);
  if (capacity == rows_.norms.size()) return;
  rows_.values.resize(capacity * rows_.dimension);
  rows_.norms.resize(capacity);
  std::visit([&](auto& scan) { scan.resize(rows_, capacity); }, scan_);
}

bool TopKIndex::is_stale() const {
  return norm_max_stale_ || std::visit([](const auto& scan) { return scan.is_stale(); }, scan_);
}

void TopKIndex::refresh() {
  if (!is_stale()) return;
  if (norm_max_stale_ && !rows_.norms.empty()) {
    rows_.norm_max = *std::max_element(rows_.norms.begin(), rows_.norms.end());
  }
  norm_max_stale_ = false;
  std::visit([&](auto& scan) { scan.refresh(rows_); }, scan_);
}

std::vector<std::vector<ScoredSlot>> TopKIndex::search(std::span<const float> queries, std::size_t k,
                                                       std::span<const std::span<const std::uint32_t>> exclude) {
  MILLRACE_CHECK(queries.size() % rows_.dimension == 0);
  std::vector<std::vector<ScoredSlot>> answers(queries.size() / rows_.dimension);
  MILLRACE_CHECK(exclude.empty() || exclude.size() == answers.size());
  if (k == 0 || answers.empty()) return answers;
  refresh();
  std::visit(
      [&](auto& scan) {
        BlockSearch<std::decay_t<decltype(scan)>> search(rows_, scan, present_.size(), k,
                                                         std::min(kQueryBlock, answers.size()));
        for (std::size_t begin = 0; begin < answers.size(); begin += kQueryBlock) {
          const std::size_t count = std::min(kQueryBlock, answers.size() - begin);
          search.run(queries.data() + begin * rows_.dimension,
                     exclude.empty() ? exclude : exclude.subspan(begin, count),
                     std::span(answers).subspan(begin, count));
        }
      },
      scan_);
  return answers;
}

std::uint64_t TopKIndex::memory_bytes() const {
  const std::uint64_t scan = std::visit([](const auto& used) { return used.memory_bytes(); }, scan_);
  return scan + (rows_.values.capacity() + rows_.norms.capacity()) * sizeof(float) + present_.capacity() +
         available_.capacity();
}

}  // namespace millrace
