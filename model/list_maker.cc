#include "model/list_maker.h"

#include <algorithm>

#include "model/candidate_lists.h"
#include "model/candidates.h"

namespace millrace {

ListMaker::ListMaker(Families families, Recommender& recommender, const Lineup& lineup, const ModelOptions& options,
                     Workers& workers)
    : families_(families),
      recommender_(recommender),
      lineup_(lineup),
      candidates_per_source_(options.ranker.candidates_per_source),
      alone_(options.ranker.heads.rating != 0.0F),
      workers_(workers) {}

std::vector<Ranking> ListMaker::make(std::span<const Query> queries, std::size_t k, const Effort& effort,
                                     std::uint64_t model_step) {
  for (const auto& family : families_) family->set_effort(effort);
  refresh_all(families_, workers_);
  std::vector<Ranking> lists(queries.size());
  const Asked asked{k, effort.share(candidates_per_source_), model_step};
  // Predicting a rating keeps what it is conditioned on, for one thread.
  const std::vector<TaskRange> tasks =
      alone_ ? std::vector<TaskRange>{{0, queries.size()}} : cut_into_tasks(queries.size());
  workers_.run(tasks.size(), [&](std::size_t task) {
    const auto [begin, count] = tasks[task];
    make_some(queries.subspan(begin, count), asked, std::span(lists).subspan(begin, count));
  });
  return lists;
}

void ListMaker::make_some(std::span<const Query> queries, const Asked& asked, std::span<Ranking> lists) {
  std::vector<RankRequest> requests;
  requests.reserve(queries.size());
  for (const Query& query : queries) requests.push_back({&query.context, query.exclude});
  CandidateLists candidate_lists(families_, requests, asked.per_family, asked.k);
  for (std::size_t q = 0; q < queries.size(); ++q) {
    const Context& context = queries[q].context;
    const auto taken = candidate_lists.take(q);
    const auto ranked = [&] {
      const Candidates candidates = recommender_.gather(context, taken);
      return recommender_.rank(context, candidates, recommender_.prepare(candidates), asked.k);
    };
    lists[q] = lineup_.serve({context.user, asked.model_step, asked.k}, taken, ranked);
    recommender_.explain(context, lists[q]);
  }
}

}  // namespace millrace
