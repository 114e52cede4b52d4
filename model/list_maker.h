// A step's lists, shared out among threads: every family's best items, the ranker or whoever is served, and why.
// Between the learner and the families.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/list.h"
#include "core/workers.h"
#include "model/effort.h"
#include "model/learner.h"
#include "model/recommender.h"
#include "model/serve/lineup.h"

namespace millrace {

class ListMaker {
 public:
  // All but `options` must outlive this.
  ListMaker(Families families, Recommender& recommender, const Lineup& lineup, const ModelOptions& options,
            Workers& workers);

  // One list a query, of `k` items at most. The same whatever the threads.
  std::vector<Ranking> make(std::span<const Query> queries, std::size_t k, const Effort& effort,
                            std::uint64_t model_step);

 private:
  struct Asked {
    std::size_t k = 0;
    std::size_t per_family = 0;
    std::uint64_t model_step = 0;
  };
  void make_some(std::span<const Query> queries, const Asked& asked, std::span<Ranking> lists);

  Families families_;
  Recommender& recommender_;
  const Lineup& lineup_;
  std::size_t candidates_per_source_;
  bool alone_;
  Workers& workers_;
};

}  // namespace millrace
