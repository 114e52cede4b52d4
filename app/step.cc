#include "app/step.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "app/state_meta.h"
#include "app/step_record.h"
#include "app/step_trials.h"
#include "core/aside.h"
#include "core/bytes.h"
#include "core/workers.h"
#include "model/content_tokens.h"
#include "model/nn/vector_ops.h"
#include "publish/publisher.h"

namespace millrace {
namespace {

// Records of steps are kept for as many steps as this, for running the same batches again.
constexpr std::uint64_t kStepRecordsKept = 100'000;
// An item is cold until it had so many interactions.
constexpr std::uint64_t kWarmInteractions = 10;

class Stopwatch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double> passed = now - last_;
    last_ = now;
    return passed.count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace

std::vector<ItemIndex> items_left_out(const Context& context, const ListRules& rules, const Features& features) {
  std::vector<ItemIndex> items;
  if (rules.exclude_seen) {
    for (const SeenItem& seen : context.seen) items.push_back(seen.item);
  }
  for (const ItemId& blocked : rules.blocked) {
    if (const auto item = features.find_item(blocked)) items.push_back(*item);
  }
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

struct Step::State {
  StepOptions options;
  Store& store;
  std::unique_ptr<Features> features;
  std::unique_ptr<Learner> learner;
  ExampleLog log;
  std::optional<StepCheckpoint> checkpoint;  // once there is a learner
  std::uint64_t last_step = 0;
  std::uint64_t relearnt_steps = 0;
  std::string engine;         // of the newest row; empty before the first
  std::string former_engine;  // see Step::former_engine()
  Aside training;             // the last member, for it uses the others

  State(StepOptions step_options, Store& from)
      : options(std::move(step_options)), store(from), log(options.example_capacity) {
    options.model.list_length = options.rules.length;
  }

  Status load() {
    MILLRACE_ASSIGN_OR_RETURN(last_step, read_meta_counter(store, kLastStepKey));
    MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t concluded, read_meta_counter(store, kCheckpointStepKey));
    MILLRACE_ASSIGN_OR_RETURN(engine, read_meta_engine(store));
    // What is learnt again is bit-identical only with the vector code and matrix kernels that learnt it first.
    if (last_step > concluded && !engine.empty()) {
      nn::adopt_engine(engine);
      if (engine != nn::engine_signature()) former_engine = engine;
    }
    MILLRACE_ASSIGN_OR_RETURN(learner, make_learner(options.model));
    MILLRACE_RETURN_IF_ERROR(load_parts());
    checkpoint.emplace(options.checkpoint, store, *learner, log);
    MILLRACE_RETURN_IF_ERROR(checkpoint->restored(concluded));
    return learn_again();
  }

  // Side by side: none needs the others.
  Status load_parts() {
    std::array<Status, 3> loaded{Ok{}, Ok{}, Ok{}};
    const auto load_part = [&](std::size_t part) {
      if (part == 0) loaded[part] = learner->restore(store);
      if (part == 1) loaded[part] = log.load(store);
      if (part == 2) loaded[part] = load_features();
    };
    Workers(thread_count(options.model.threads)).run(loaded.size(), load_part);
    for (Status& status : loaded) MILLRACE_RETURN_IF_ERROR(std::move(status));
    return Ok{};
  }

  Status load_features() {
    MILLRACE_ASSIGN_OR_RETURN(features, open_features(options.features, store));
    return Ok{};
  }

  // The steps after the model's checkpoint, from their records and the example log.
  Status learn_again() {
    Status status = Ok{};
    const auto visit = [&](std::string_view key, std::string_view value) {
      const std::uint64_t step = read_key(key);
      auto record = decode_step_record(step, value);
      if (!record) {
        status = std::move(record).error();
        return false;
      }
      status = learn_recorded(*record);
      return status.ok();
    };
    MILLRACE_RETURN_IF_ERROR(store.scan(Table::kSteps, "", key_u64(learner->model_step() + 1), visit));
    return status;
  }

  Status learn_recorded(const StepRecord& record) {
    if (record.examples > 0 &&
        (record.first_example < log.begin() || record.first_example + record.examples > log.end())) {
      return stop_error(ErrorCode::kCorruption, "learning step " + std::to_string(record.step) +
                                                    " again: its examples " + std::to_string(record.first_example) +
                                                    " … are not in the example log [" + std::to_string(log.begin()) +
                                                    ", " + std::to_string(log.end()) + "); restore a backup");
    }
    LearnInput input;
    input.step = record.step;
    input.item_count = record.item_count;
    input.effort = record.effort;
    input.changes = record.changes;
    input.recovering = true;
    for (std::uint64_t i = 0; i < record.examples; ++i) input.examples.push_back(log.at(record.first_example + i));
    learner->learn(input, log);
    ++relearnt_steps;
    checkpoint->learnt(record.step, record.first_example + record.examples, !record.rolled_back.empty());
    return learner->reload(record.rolled_back, store);
  }

  Status apply_changes(std::span<const CatalogueChange> changes, LearnInput& learn) {
    for (const CatalogueChange& change : changes) {
      MILLRACE_RETURN_IF_ERROR(features->apply_catalogue(change));
      MILLRACE_ASSIGN_OR_RETURN(const ItemIndex item, features->add_item(change.item));
      if (item == kUnknownItem) continue;
      ItemFacts facts;
      facts.available = change.content && change.content->available;
      if (change.content) {
        facts.price = change.content->price;
        facts.tokens = content_tokens(*change.content);
        facts.categories = category_tokens(*change.content).size();
      }
      learn.changes.push_back({item, std::move(facts)});
    }
    return Ok{};
  }

  // Features event by event; contexts of queries at their place. Asks nothing of what is trained.
  Status apply_events(const StepInput& input, LearnInput& learn) {
    MILLRACE_RETURN_IF_ERROR(features->prefetch(input.events));
    std::size_t next = 0;
    std::size_t next_rating = 0;
    for (std::size_t i = 0; i <= input.events.size(); ++i) {
      for (; next_rating < input.rating_queries.size() && input.rating_queries[next_rating].at.before == i;
           ++next_rating) {
        const auto& [at, item] = input.rating_queries[next_rating];
        MILLRACE_ASSIGN_OR_RETURN(Context context, features->context(at.user, at.now, at.session));
        learn.rating_queries.push_back(
            {learn.examples.size(), std::move(context), features->find_item(item).value_or(kUnknownItem)});
      }
      for (; next < input.queries.size() && input.queries[next].before == i; ++next) {
        const StepQuery& query = input.queries[next];
        MILLRACE_ASSIGN_OR_RETURN(Context context, features->context(query.user, query.now, query.session));
        std::vector<ItemIndex> exclude = items_left_out(context, options.rules, *features);
        learn.queries.push_back({learn.examples.size(), std::move(context), std::move(exclude)});
      }
      if (i == input.events.size()) break;
      MILLRACE_ASSIGN_OR_RETURN(Example example, features->apply(input.events[i]));
      if (example.item == kUnknownItem) continue;
      MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t interactions, features->item_interactions(example.item));
      learn.cold.push_back(interactions <= kWarmInteractions);  // this one is counted
      learn.examples.push_back(std::move(example));
    }
    learn.item_count = features->item_count();
    return Ok{};
  }

  void append_examples(LearnInput& learn, WriteBatch& batch) {
    for (Example& example : learn.examples) example.sequence = log.append(example, batch);
  }

  // Who put what was taken into the lists that are out.
  void credit(std::span<const LiveTrial> trials, LearnInput& learn) const {
    for (const LiveTrial& trial : trials) {
      if (const auto at = learner->contest().find(trial.learner)) learn.credits.push_back(*at);
    }
  }

  LiveLists live_lists() const { return {store, *features, *learner, options.rules}; }

  Status make_lists(const StepInput& input, std::vector<RecommendationList>& lists) {
    const std::vector<Touched> touched = touched_users(input.events);
    std::vector<Query> queries;
    queries.reserve(touched.size());
    for (const Touched& user : touched) {
      const Event& event = *user.newest;
      MILLRACE_ASSIGN_OR_RETURN(Context context, features->context(event.user, event.event_time, event.session));
      std::vector<ItemIndex> exclude = items_left_out(context, options.rules, *features);
      queries.push_back({0, std::move(context), std::move(exclude)});
    }
    std::vector<Ranking> rankings = learner->recommend(queries, options.rules.length, input.effort);
    lists.reserve(touched.size());
    for (std::size_t i = 0; i < touched.size(); ++i) {
      lists.push_back(list_of(input, touched[i], std::move(rankings[i])));
    }
    return Ok{};
  }

  RecommendationList list_of(const StepInput& input, const Touched& user, Ranking ranking) const {
    RecommendationList list;
    list.user = user.newest->user;
    list.version = options.version_base + input.step;
    list.step = input.step;
    list.model_step = learner->model_step();
    list.event_time = user.newest->event_time;
    list.record_time = user.oldest_record;
    for (const Reflected& reflected : input.reflects) {
      if (reflected.partition == user.newest->position.partition) list.reflects.push_back(reflected);
    }
    if (learner->names_learners()) list.learners = learner->contest().learners();
    list.items = std::move(ranking);
    return list;
  }

  void record(const StepInput& input, const LearnInput& learn, const std::vector<std::string>& rolled_back,
              WriteBatch& batch) const {
    StepRecord record;
    record.step = input.step;
    record.examples = learn.examples.size();
    record.first_example = log.end() - record.examples;
    record.item_count = learn.item_count;
    record.effort = input.effort;
    record.reflects = input.reflects;
    record.changes = learn.changes;
    record.rolled_back = rolled_back;
    batch.put(Table::kSteps, key_u64(input.step), encode_step_record(record));
    if (input.step > kStepRecordsKept) batch.erase(Table::kSteps, key_u64(input.step - kStepRecordsKept));
    put_meta_counter(batch, kLastStepKey, input.step);
  }

  void record_engine(WriteBatch& batch) {
    if (engine == nn::engine_signature()) return;
    engine = nn::engine_signature();
    ByteWriter out;
    out.u8(1);
    out.string(engine);
    batch.put(Table::kMeta, std::string(kEngineKey), out.take());
  }

  // The model's part of the batch.
  Status save_model(std::uint64_t step, bool rolled_back, WriteBatch& batch) {
    record_engine(batch);
    MILLRACE_RETURN_IF_ERROR(checkpoint->write(step, batch));
    checkpoint->conclude(!rolled_back, batch);
    checkpoint->learnt(step, log.end(), rolled_back);
    learner->save_step(batch);  // with the marks of the checkpoint
    return Ok{};
  }

  Status roll_back(std::span<const std::string> collapsed, WriteBatch& batch) {
    if (collapsed.empty()) return Ok{};
    MILLRACE_RETURN_IF_ERROR(checkpoint->write_all());
    return learner->roll_back(collapsed, store, batch);
  }
};

Step::Step(std::unique_ptr<State> state) : state_(std::move(state)) {}
Step::~Step() = default;

Result<std::unique_ptr<Step>> Step::open(const StepOptions& options, Store& store) {
  auto state = std::make_unique<State>(options, store);
  MILLRACE_RETURN_IF_ERROR(state->load());
  return std::unique_ptr<Step>(new Step(std::move(state)));
}

Result<StepOutput> Step::run(const StepInput& input, WriteBatch& batch) {
  State& state = *state_;
  StepOutput output;
  Stopwatch watch;
  LearnInput learn;
  learn.step = input.step;
  learn.effort = input.effort;
  MILLRACE_RETURN_IF_ERROR(state.apply_changes(input.changes, learn));
  MILLRACE_RETURN_IF_ERROR(state.apply_events(input, learn));
  output.seconds.features = watch.lap();
  state.training.wait();
  state.append_examples(learn, batch);
  if (input.make_lists) {
    MILLRACE_ASSIGN_OR_RETURN(output.trials, live_trials(input.events, learn, state.live_lists()));
    state.credit(output.trials, learn);
  }
  output.learnt = state.learner->learn(learn, state.log);
  const std::vector<std::string>& collapsed = output.learnt.collapsed;
  MILLRACE_RETURN_IF_ERROR(state.roll_back(collapsed, batch));
  output.seconds.model = watch.lap();
  if (input.make_lists) {
    MILLRACE_RETURN_IF_ERROR(state.make_lists(input, output.lists));
    put_lists(output.lists, batch);
  }
  output.seconds.lists = watch.lap();
  MILLRACE_ASSIGN_OR_RETURN(const std::vector<UserId> gone, state.features->make_room(batch));
  erase_lists(gone, batch);
  output.users_gone = gone.size();
  output.items_unknown = input.events.size() - learn.examples.size();
  state.features->flush(batch);
  state.record(input, learn, collapsed, batch);
  MILLRACE_RETURN_IF_ERROR(state.save_model(input.step, !collapsed.empty(), batch));
  output.seconds.store = watch.lap();
  state.last_step = input.step;
  return output;
}

void Step::start_training() {
  state_->training.start([&state = *state_] { state.learner->train(state.log); });
}

void Step::set_version_base(std::uint64_t base) { state_->options.version_base = base; }

std::uint64_t Step::last_step() const { return state_->last_step; }
Features& Step::features() { return *state_->features; }
Learner& Step::learner() {
  state_->training.wait();
  return *state_->learner;
}
const ExampleLog& Step::examples() const { return state_->log; }
std::uint64_t Step::relearnt_steps() const { return state_->relearnt_steps; }
const std::string& Step::former_engine() const { return state_->former_engine; }

}  // namespace millrace
