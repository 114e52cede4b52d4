#include "model/learner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/bytes.h"
#include "model/blend.h"
#include "model/candidates.h"
#include "model/families/positive.h"
#include "model/families/registry.h"
#include "model/model_rows.h"
#include "model/rank_ahead.h"
#include "model/replay.h"

namespace millrace {
namespace {

constexpr std::string_view kLearnerRows = "learner";
constexpr std::string_view kItemRows = "items";

enum Purpose : std::uint64_t { kTrainPurpose, kDrawPurpose, kPurposes };

// Replay begins when the log holds so many mini-batches.
constexpr std::uint64_t kReplayFrom = 4;
// A mini-batch has at most one fresh example for so many items of the catalogue.
constexpr std::uint64_t kItemsPerExample = 32;

// Encoder and memory at par, a little of every cheap source; factors' log-odds have to earn their place.
float initial_weight(const Family& family) {
  switch (family.reason()) {
    case Reason::kEncoder:
      return family.name() == "encoder" ? 1.0F : 0.0F;
    case Reason::kMemory:
      return 1.0F;
    case Reason::kRelated:
    case Reason::kTrending:
    case Reason::kHabit:
      return 0.1F;
    case Reason::kPopular:
      break;
  }
  return 0.0F;
}

bool has_seen(const Context& context, ItemIndex item) {
  const auto at = std::lower_bound(context.seen.begin(), context.seen.end(), item,
                                   [](const SeenItem& seen, ItemIndex wanted) { return seen.item < wanted; });
  return at != context.seen.end() && at->item == item;
}

std::vector<ItemIndex> seen_items(const Context& context) {
  std::vector<ItemIndex> items;
  items.reserve(context.seen.size());
  for (const SeenItem& seen : context.seen) items.push_back(seen.item);
  return items;
}

// A prediction to make at its turn: a query of the caller's, or an example that the blend learns from.
struct Prediction {
  std::size_t before = 0;
  const Context* context = nullptr;
  std::vector<ItemIndex> exclude;
  std::optional<std::size_t> query;    // index of the caller's query
  std::optional<std::size_t> example;  // index of the example that tells the target
};

using Lists = std::vector<std::vector<ScoredItem>>;  // by family

class LearnerOfFamilies final : public Learner {
 public:
  LearnerOfFamilies(ModelOptions options, std::unique_ptr<ItemTable> items,
                    std::vector<std::unique_ptr<Family>> families)
      : options_(std::move(options)),
        items_(std::move(items)),
        families_(std::move(families)),
        blend_(initial_weights(), options_.blend.rate, options_.blend.minibatch) {
    for (const auto& family : families_) names_.emplace_back(family->name());
  }

  const std::vector<std::string>& learner_names() const override { return names_; }

  LearnOutcome learn(const LearnInput& input, const ExampleLog& log) override {
    apply_changes(input);
    LearnOutcome outcome;
    outcome.answers.resize(input.queries.size());
    outcome.predicted_ratings.resize(input.examples.size());
    const std::vector<Prediction> predictions = input.recovering ? std::vector<Prediction>{} : plan(input);
    const std::vector<RankRequest> requests = requests_of(predictions);
    std::vector<Lists> lists = rank_by_batch(requests);
    std::vector<RankAhead> ahead = rank_ahead(requests);
    std::size_t next = 0;
    std::size_t next_rating = 0;
    for (std::size_t i = 0; i <= input.examples.size(); ++i) {
      for (; next < predictions.size() && predictions[next].before == i; ++next) {
        rank_in_turn(requests, next, ahead, lists[next]);
        predict(input, predictions[next], lists[next], outcome);
      }
      for (; next_rating < input.rating_queries.size() && input.rating_queries[next_rating].before == i;
           ++next_rating) {
        const RatingQuery& query = input.rating_queries[next_rating];
        outcome.asked_ratings.push_back(predict_rating(query.context, query.item));
      }
      if (i == input.examples.size()) break;
      const Example& example = input.examples[i];
      if (example.signal == Signal::kRating) {
        outcome.predicted_ratings[i] = predict_rating(example.context, example.item);
      }
      for (const auto& family : families_) {
        if (learns(*family)) family->observe(example);
      }
    }
    if (options_.learning) train(input, log, outcome);
    model_step_ = input.step;
    return outcome;
  }

  std::vector<Ranking> recommend(std::span<const Query> queries, std::size_t k) override {
    std::vector<RankRequest> requests;
    requests.reserve(queries.size());
    for (const Query& query : queries) requests.push_back({&query.context, query.exclude});
    std::vector<Lists> lists = rank_by_batch(requests);
    std::vector<RankAhead> ahead = rank_ahead(requests);
    std::vector<Ranking> rankings;
    rankings.reserve(queries.size());
    for (std::size_t q = 0; q < queries.size(); ++q) {
      rank_in_turn(requests, q, ahead, lists[q]);
      rankings.push_back(blend_top(gather_candidates(families_, queries[q].context, lists[q]), k));
      explain(queries[q].context, rankings.back());
    }
    return rankings;
  }

  std::vector<ItemIndex> popular(std::size_t k) override {
    std::vector<ItemIndex> items;
    for (const auto& family : families_) {
      if (family->reason() != Reason::kPopular) continue;
      const Context nobody;
      const RankRequest request{&nobody, {}};
      const auto ranked = family->rank({&request, 1}, k);
      for (const ScoredItem& scored : ranked.front()) items.push_back(scored.item);
    }
    return items;
  }

  std::uint64_t model_step() const override { return model_step_; }

  void checkpoint(WriteBatch& batch) override {
    for (const auto& family : families_) family->save(row_sink(batch, family->name()), false);
    const RowSink items = row_sink(batch, kItemRows);
    for (const ItemIndex item : changed_items_) items("", key_u32(raw(item)), encode_item_facts(items_->at(item)));
    changed_items_.clear();
    ByteWriter out;
    out.u8(1);
    out.varint(model_step_);
    out.varint(trained_until_);
    out.varint(items_->size());
    row_sink(batch, kLearnerRows)("", "state", out.take());
  }

  void save_blend(WriteBatch& batch) override { row_sink(batch, kLearnerRows)("", "blend", blend_.encode()); }

  Status restore(const Store& store) override {
    MILLRACE_RETURN_IF_ERROR(restore_own_rows(store));
    MILLRACE_RETURN_IF_ERROR(for_each_row(store, kItemRows, [this](auto, std::string_view key, std::string_view value) {
      return restore_item(key, value);
    }));
    for (const auto& family : families_) {
      MILLRACE_RETURN_IF_ERROR(for_each_row(
          store, family->name(), [&](auto table, auto key, auto value) { return family->load(table, key, value); }));
      MILLRACE_RETURN_IF_ERROR(family->loaded());
    }
    return Ok{};
  }

  std::uint64_t memory_bytes() const override {
    std::uint64_t bytes = 0;
    for (const auto& family : families_) bytes += family->memory_bytes();
    return bytes;
  }

  std::vector<std::pair<std::string, std::uint64_t>> family_rows() const override {
    std::vector<std::pair<std::string, std::uint64_t>> rows;
    for (const auto& family : families_) rows.emplace_back(family->name(), family->rows());
    return rows;
  }

 private:
  std::vector<float> initial_weights() const {
    std::vector<float> weights;
    for (const auto& family : families_) weights.push_back(initial_weight(*family));
    return weights;
  }

  // With learning off only popularity moves: the floor that everything else is measured against.
  bool learns(const Family& family) const {
    return options_.learning || family.reason() == Reason::kPopular || family.reason() == Reason::kTrending;
  }

  void apply_changes(const LearnInput& input) {
    const std::size_t known = items_->size();
    if (input.item_count > 0) items_->ensure(ItemIndex{static_cast<std::uint32_t>(input.item_count - 1)});
    for (std::size_t i = known; i < items_->size(); ++i) announce(ItemIndex{static_cast<std::uint32_t>(i)});
    for (const ItemFactsChange& change : input.changes) {
      items_->set(change.item, change.facts);
      changed_items_.push_back(change.item);
      announce(change.item);
    }
  }

  void announce(ItemIndex item) {
    for (const auto& family : families_) family->item_changed(item);
  }

  // The caller's queries, and as many examples as the effort allows, spread evenly; each example that a query already
  // asks for (same place, same user) shares that prediction.
  std::vector<Prediction> plan(const LearnInput& input) const {
    std::vector<Prediction> predictions;
    const std::size_t examples = options_.learning && options_.blend.learn ? input.examples.size() : 0;
    const std::size_t wanted = std::min<std::size_t>(input.effort.ranked_examples, examples);
    std::size_t next_query = 0;
    for (std::size_t i = 0; i <= input.examples.size(); ++i) {
      const bool ranked =
          i < examples && (i * wanted) / examples != ((i + 1) * wanted) / examples && teaches_blend(input.examples[i]);
      bool shared = false;
      for (; next_query < input.queries.size() && input.queries[next_query].before == i; ++next_query) {
        const Query& query = input.queries[next_query];
        const bool shares = ranked && !shared && query.context.user == input.examples[i].context.user;
        predictions.push_back(
            {i, &query.context, query.exclude, next_query, shares ? std::optional<std::size_t>(i) : std::nullopt});
        shared = shared || shares;
      }
      if (ranked && !shared) {
        const Context& context = input.examples[i].context;
        predictions.push_back(
            {i, &context, options_.blend.first_touches ? seen_items(context) : std::vector<ItemIndex>{}, {}, i});
      }
    }
    return predictions;
  }

  // Items of one basket carry one time: lists are asked for before a basket, not between its lines.
  bool teaches_blend(const Example& example) const {
    const std::vector<Interaction>& history = example.context.history;
    const bool in_one_basket = !history.empty() && history.back().time == example.time;
    return is_positive(example) && !in_one_basket &&
           !(options_.blend.first_touches && has_seen(example.context, example.item));
  }

  static std::vector<RankRequest> requests_of(std::span<const Prediction> predictions) {
    std::vector<RankRequest> requests;
    requests.reserve(predictions.size());
    for (const Prediction& prediction : predictions) requests.push_back({prediction.context, prediction.exclude});
    return requests;
  }

  std::vector<Lists> rank_by_batch(std::span<const RankRequest> requests) {
    std::vector<Lists> lists(requests.size(), Lists(families_.size()));
    for (std::size_t f = 0; f < families_.size(); ++f) {
      if (!families_[f]->ranks_by_batch() || requests.empty()) continue;
      auto ranked = families_[f]->rank(requests, options_.blend.candidates_per_source);
      for (std::size_t p = 0; p < requests.size(); ++p) lists[p][f] = std::move(ranked[p]);
    }
    return lists;
  }

  // One for each family that has a version, in their order.
  std::vector<RankAhead> rank_ahead(std::span<const RankRequest> requests) {
    std::vector<RankAhead> ahead;
    for (const auto& family : families_) {
      if (family->rank_version()) ahead.emplace_back(*family, requests, options_.blend.candidates_per_source);
    }
    return ahead;
  }

  // The lists of request `at` that rank_by_batch() left out.
  void rank_in_turn(std::span<const RankRequest> requests, std::size_t at, std::span<RankAhead> ahead, Lists& lists) {
    std::size_t next_ahead = 0;
    for (std::size_t f = 0; f < families_.size(); ++f) {
      if (families_[f]->ranks_by_batch()) continue;
      lists[f] =
          families_[f]->rank_version()
              ? ahead[next_ahead++].take(at)
              : std::move(families_[f]->rank(requests.subspan(at, 1), options_.blend.candidates_per_source).front());
    }
  }

  void predict(const LearnInput& input, const Prediction& prediction, Lists& lists, LearnOutcome& outcome) {
    const Candidates candidates = gather_candidates(families_, *prediction.context, lists);
    if (prediction.query) {
      Answer& answer = outcome.answers[*prediction.query];
      answer.served = blend_top(candidates, options_.blend.candidates_per_source);
      if (options_.evaluate_learners) answer.learners = std::move(lists);
    }
    if (prediction.example) {
      const std::size_t target = candidates.find(input.examples[*prediction.example].item);
      if (target < candidates.items.size()) blend_.learn(candidates, target);
    }
  }

  Ranking blend_top(const Candidates& candidates, std::size_t k) const {
    const std::size_t count = candidates.items.size();
    std::vector<float> least(families_.size(), 0.0F);
    for (std::size_t i = 0; i < candidates.scores.size(); ++i) {
      least[i % families_.size()] = std::min(least[i % families_.size()], candidates.scores[i]);
    }
    Ranking ranking(count);
    for (std::size_t i = 0; i < count; ++i) {
      ranking[i].item = candidates.items[i];
      ranking[i].score = blend_.score(candidates.row(i));
      ranking[i].reason = reason_of(candidates.row(i), least);
    }
    const auto better = [](const RankedItem& a, const RankedItem& b) {
      return a.score != b.score ? a.score > b.score : a.item < b.item;
    };
    const auto end = ranking.begin() + static_cast<std::ptrdiff_t>(std::min(k, count));
    std::partial_sort(ranking.begin(), end, ranking.end(), better);
    ranking.erase(end, ranking.end());
    return ranking;
  }

  void explain(const Context& context, Ranking& ranking) {
    std::vector<ItemIndex> items;
    items.reserve(ranking.size());
    for (const RankedItem& ranked : ranking) items.push_back(ranked.item);
    std::vector<ItemIndex> because(items.size(), kUnknownItem);
    for (const auto& family : families_) family->explain(context, items, because);
    for (std::size_t i = 0; i < ranking.size(); ++i) {
      const Reason reason = ranking[i].reason;
      const bool personal = reason == Reason::kEncoder || reason == Reason::kMemory || reason == Reason::kRelated;
      if (personal && because[i] != items[i]) ranking[i].because = because[i];
    }
  }

  // The family that lifts the item most above its own least candidate.
  Reason reason_of(std::span<const float> scores, std::span<const float> least) const {
    std::size_t best = 0;
    float most = 0.0F;
    for (std::size_t f = 0; f < families_.size(); ++f) {
      const float lift = blend_.weights()[f] * (scores[f] - least[f]);
      if (lift > most) {
        most = lift;
        best = f;
      }
    }
    return most > 0.0F ? families_[best]->reason() : Reason::kPopular;
  }

  std::optional<float> predict_rating(const Context& context, ItemIndex item) {
    for (const auto& family : families_) {
      if (const auto rating = family->predict_rating(context, item)) return rating;
    }
    return std::nullopt;
  }

  void train(const LearnInput& input, const ExampleLog& log, LearnOutcome& outcome) {
    if (!input.examples.empty()) log_end_ = input.examples.back().sequence + 1;
    const std::uint64_t most = minibatch();
    for (std::uint64_t pass = 0; log_end_ - trained_until_ >= std::min<std::uint64_t>(options_.minibatch_min, most);
         ++pass) {
      train_minibatch(input, log, std::min(most, log_end_ - trained_until_), pass, outcome);
    }
  }

  // Small catalogues see few events, and learn more from each in small mini-batches.
  std::uint64_t minibatch() const {
    return std::clamp<std::uint64_t>(items_->size() / kItemsPerExample,
                                     std::min(options_.minibatch_min, options_.minibatch), options_.minibatch);
  }

  // The next `count` fresh examples together with as many replayed ones for each of the step's replays.
  void train_minibatch(const LearnInput& input, const ExampleLog& log, std::uint64_t count, std::uint64_t pass,
                       LearnOutcome& outcome) {
    std::vector<Example> examples;
    examples.reserve(count * (1 + input.effort.replays));
    for (std::uint64_t i = 0; i < count; ++i) examples.push_back(log.at(trained_until_ + i));
    trained_until_ += count;
    if (log_end_ >= kReplayFrom * options_.minibatch) {
      Random random(options_.seed, input.step, kDrawPurpose + kPurposes * pass);
      for (std::uint32_t replay = 0; replay < input.effort.replays; ++replay) {
        draw_replays(log, log_end_, count, replay % 2 == 1, options_.encoder.recent_replay_mean, random, examples);
      }
    }
    std::vector<const Example*> pointers;
    pointers.reserve(examples.size());
    for (const Example& example : examples) pointers.push_back(&example);
    const Random random(options_.seed, input.step, kTrainPurpose + kPurposes * pass);
    for (const auto& family : families_) {
      const TrainReport report = family->train({pointers, count, log_end_, random});
      outcome.loss_sum += report.loss_sum;
      outcome.trained_examples += report.examples;
    }
  }

  Status restore_own_rows(const Store& store) {
    return for_each_row(store, kLearnerRows, [this](auto, std::string_view key, std::string_view value) -> Status {
      if (key == "blend") return blend_.decode(value);
      ByteReader in(value);
      const std::uint8_t format = in.u8();
      model_step_ = in.varint();
      trained_until_ = in.varint();
      const std::uint64_t items = in.varint();
      if (format != 1 || !in.done()) {
        return stop_error(ErrorCode::kCorruption,
                          "restoring the learner: its state row is unreadable; restore a backup");
      }
      log_end_ = trained_until_;
      if (items > 0) items_->ensure(ItemIndex{static_cast<std::uint32_t>(items - 1)});
      return Ok{};
    });
  }

  Status restore_item(std::string_view key, std::string_view value) {
    MILLRACE_ASSIGN_OR_RETURN(ItemFacts facts, decode_item_facts(value));
    items_->set(ItemIndex{static_cast<std::uint32_t>(read_key(key, 0, 4))}, std::move(facts));
    return Ok{};
  }

  ModelOptions options_;
  std::unique_ptr<ItemTable> items_;
  std::vector<std::unique_ptr<Family>> families_;
  std::vector<std::string> names_;
  Blend blend_;
  std::vector<ItemIndex> changed_items_;
  std::uint64_t model_step_ = 0;
  std::uint64_t trained_until_ = 0;  // sequence of the first example not yet trained on
  std::uint64_t log_end_ = 0;
};

}  // namespace

Result<std::unique_ptr<Learner>> make_learner(const ModelOptions& options) {
  auto items = std::make_unique<ItemTable>();
  std::vector<std::unique_ptr<Family>> families;
  for (const std::string& name : options.families) {
    MILLRACE_ASSIGN_OR_RETURN(std::unique_ptr<Family> family, make_family(name, options, *items));
    families.push_back(std::move(family));
  }
  return std::unique_ptr<Learner>(std::make_unique<LearnerOfFamilies>(options, std::move(items), std::move(families)));
}

}  // namespace millrace
