#include "app/pipeline.h"

#include <utility>

#include "app/log.h"
#include "app/pipeline_state.h"
#include "app/state_checks.h"
#include "core/bytes.h"
#include "core/failpoint.h"

namespace millrace {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kCatalogueRecordsMax = 2'000;  // a step
constexpr milliseconds kRetryPause{500};
constexpr milliseconds kCataloguePause{100};

constexpr std::uint64_t kBacklogBytesMax = 256ULL << 20;

std::vector<std::string> topic_names(const Config& config) {
  std::vector<std::string> names;
  for (const InputTopic& topic : config.ingest.topics) names.push_back(topic.name);
  names.push_back(config.input.items_topic);
  return names;
}

// The sequence after the last dead letter in the store.
Result<std::uint64_t> next_sequence(const Store& store) {
  std::uint64_t next = 0;
  MILLRACE_RETURN_IF_ERROR(store.scan(Table::kDeadLetters, "", "", [&](std::string_view key, std::string_view) {
    next = read_key(key) + 1;
    return true;
  }));
  return next;
}

Result<Versions> open_versions(Store& store, std::uint64_t last_step, Millis now) {
  WriteBatch batch;
  MILLRACE_ASSIGN_OR_RETURN(Versions versions, Versions::open(store, batch));
  versions.raise(0, last_step, now, batch);
  if (!batch.empty()) MILLRACE_RETURN_IF_ERROR(store.commit(batch));
  return versions;
}

void tell_continuity(Continuity continuity, PipelineObserver& observer) {
  switch (continuity) {
    case Continuity::kUnbroken:
      return;
    case Continuity::kUnknown:
      log_info("the state is a copy or a restored backup; what came since is read again from the topics");
      return;
    case Continuity::kRewound:
      log_warn(
          "acknowledged commits are missing from the state, for the end of its log is damaged or gone; it goes on from "
          "an earlier commit, and the difference is read again from the topics");
      observer.on_store_rewound();
  }
}

}  // namespace

Pipeline::State::State(const Config& settings, Store& state, PipelineObserver& watcher, const Clock& time,
                       KafkaClients& clients, Versions base, std::unique_ptr<Step> opened)
    : config(settings),
      store(state),
      observer(watcher),
      clock(time),
      kafka(clients),
      versions(std::move(base)),
      step(std::move(opened)),
      names(topic_names(config), *step),
      ingest(make_ingest(config.ingest, store)),
      lease(time, session_timeout(config.kafka)),
      outlet({config, store, names, observer, time, clients, [this] { return lease.valid(); }}),
      source({config, store, *ingest, versions, observer, time, clients},
             {.withdraw = [this](milliseconds patience) { outlet.withdraw(patience, pending); },
              .settle = [this] { return pending.empty() ? Status(Ok{}) : commit(pending); }}),
      governor(config.effort),
      between_steps(clock),
      backlog(config.publish.backlog_max, kBacklogBytesMax),
      dead_letters(config.input.dead_letter_share_max),
      commit_timer(time, milliseconds(config.kafka.commit_interval.count)) {
  if (config.input.items_topic.empty()) return;
  const TopicIndex topic{static_cast<std::uint8_t>(config.ingest.topics.size())};
  ReaderOptions options = items_reader_options(config);
  options.log = log_kafka("reader");
  items.emplace(std::move(options), config.ingest, topic, store, kafka);
}

Pipeline::Pipeline(std::unique_ptr<State> state) : state_(std::move(state)) {}
Pipeline::~Pipeline() = default;
Step& Pipeline::step() { return *state_->step; }
Status Pipeline::run(const std::atomic<bool>& stop) { return state_->run(stop); }

Result<std::unique_ptr<Pipeline>> Pipeline::open(const Config& config, Store& store, PipelineObserver& observer,
                                                 const Clock& clock, KafkaClients& kafka) {
  MILLRACE_RETURN_IF_ERROR(check_ingest(config.ingest));
  MILLRACE_RETURN_IF_ERROR(check_state(store));
  MILLRACE_ASSIGN_OR_RETURN(auto step, Step::open(step_options(config), store));
  log_info("state loaded", {{"step", step->last_step()}, {"relearnt_steps", step->relearnt_steps()}});
  if (!step->former_engine().empty()) {
    log_warn(
        "this machine or version computes otherwise than what learnt the steps since the last checkpoint; they were "
        "learnt again, so the model may differ in the last bits",
        {{"before", step->former_engine()}});
  }
  observer.on_relearnt(step->relearnt_steps());
  tell_continuity(store.continuity(), observer);
  MILLRACE_ASSIGN_OR_RETURN(const Versions versions, open_versions(store, step->last_step(), clock.now()));
  auto state = std::make_unique<State>(config, store, observer, clock, kafka, versions, std::move(step));
  MILLRACE_ASSIGN_OR_RETURN(state->next_dead_letter, next_sequence(store));
  state->source.applied(state->step->last_step());
  return std::unique_ptr<Pipeline>(new Pipeline(std::move(state)));
}

Status Pipeline::State::run(const std::atomic<bool>& stop) {
  MILLRACE_RETURN_IF_ERROR(connect(stop));
  if (stop) return Ok{};
  MILLRACE_RETURN_IF_ERROR(read_catalogue(stop));
  observer.on_ready(Readiness::kRestored, true, "state loaded");
  MILLRACE_RETURN_IF_ERROR(source.open());
  lease.renew(lease.now());
  observer.on_ready(Readiness::kRunning, true, "reading");
  log_info("running", {{"group", config.kafka.group}, {"brokers", config.kafka.bootstrap_servers}});
  while (!stop) {
    Status status = turn();
    if (status.ok()) continue;
    source.close(false);
    return status;
  }
  return finish();
}

// Waits for the brokers as long as it takes.
Status Pipeline::State::connect(const std::atomic<bool>& stop) {
  while (!stop) {
    observer.on_beat();
    Status status = prepare();
    if (status.ok() || status.error().disposition != Disposition::kRetry) return status;
    log_warn("waiting for the brokers", {{"error", status.error().message}});
    clock.sleep(kRetryPause);
  }
  return Ok{};
}

Status Pipeline::State::prepare() {
  MILLRACE_RETURN_IF_ERROR(prepare_topics(config, kafka));
  MILLRACE_RETURN_IF_ERROR(outlet.open());
  if (items) return items->open();
  return Ok{};
}

Status Pipeline::State::read_catalogue(const std::atomic<bool>& stop) {
  if (!items) return Ok{};
  observer.on_ready(Readiness::kRestored, false, "reading the items topic");
  std::uint64_t changes = 0;
  while (!stop && !items->at_end()) {
    observer.on_beat();
    const Status status = items->poll(kCatalogueRecordsMax, kCataloguePause);
    if (!status.ok()) MILLRACE_RETURN_IF_ERROR(recover(status.error(), KafkaClient::kReader));
    if (!items->waiting()) continue;
    changes += items->changes().size();
    MILLRACE_RETURN_IF_ERROR(run_step({}));
  }
  log_info("items topic read to its end", {{"changes", changes}, {"items", step->features().item_count()}});
  return Ok{};
}

// One turn of the wheel.
Status Pipeline::State::turn() {
  observer.on_beat();
  renew_lease();
  MILLRACE_RETURN_IF_ERROR(outlet.serve(milliseconds(0), pending));
  source.set_paused(Pause::kBacklog, backlog.update(outlet.backlog(), outlet.backlog_bytes()));
  auto records = source.poll(config.step.records_max, milliseconds(config.step.wait_max.count));
  if (!records.ok()) return recover(records.error(), KafkaClient::kConsumer);
  MILLRACE_FAILPOINT(kPolled);
  MILLRACE_RETURN_IF_ERROR(follow_partitions());
  MILLRACE_RETURN_IF_ERROR(follow_items());
  const bool work = !records->empty() || (items && items->waiting());
  MILLRACE_RETURN_IF_ERROR(work ? run_step(*records) : rest());
  if (commit_timer.due()) source.commit();
  if (state_timer.due()) watch();
  return Ok{};
}

// After a pause of the whole process (a suspended machine, a stopped process) the group may have given our partitions
// to others without our knowing: nothing goes out before the group has taken a commit of ours.
void Pipeline::State::renew_lease() {
  const Millis now = lease.now();
  if (lease.valid()) return lease.renew(now);
  log_warn("the process stood still; asking the group whether the partitions are still ours");
  if (source.confirm_membership()) lease.renew(now);
}

Status Pipeline::State::follow_partitions() {
  source.release();
  return outlet.serve_partitions(source.served(), pending);
}

Status Pipeline::State::follow_items() {
  if (!items) return Ok{};
  const Status status = items->poll(kCatalogueRecordsMax, milliseconds(0));
  return status.ok() ? status : recover(status.error(), KafkaClient::kReader);
}

// What to do about an error of a Kafka client.
Status Pipeline::State::recover(const Error& error, KafkaClient client) {
  switch (error.disposition) {
    case Disposition::kRetry:
      log_warn("Kafka does not answer; trying again", {{"error", error.message}});
      clock.sleep(kRetryPause);
      return Ok{};
    case Disposition::kRestartClient:
      log_warn("a Kafka client is replaced by a new one", {{"error", error.message}});
      observer.on_client_restart(client);
      clock.sleep(kRetryPause);
      // The reader opens itself when it is next asked.
      return client == KafkaClient::kConsumer ? source.open() : Status(Ok{});
    case Disposition::kDeadLetter:
    case Disposition::kStop:
      return error;
  }
  return error;
}

// Nothing came in: what was delivered is taken off the books.
Status Pipeline::State::rest() {
  if (pending.empty()) return Ok{};
  if (outlet.backlog() > 0 && !erasure_timer.due()) return Ok{};
  return commit(pending);
}

// Until everything is delivered or `timeout` has passed; what is left is published after the next start.
Status Pipeline::State::drain(milliseconds timeout) {
  const auto deadline = clock.steady() + timeout;
  while (outlet.backlog() > 0 && clock.steady() < deadline) {
    renew_lease();
    MILLRACE_RETURN_IF_ERROR(outlet.serve(milliseconds(10), pending));
    observer.on_beat();
  }
  if (outlet.backlog() > 0) {
    log_warn("not everything was delivered in time; the rest follows after the next start",
             {{"messages", outlet.backlog()}});
  }
  return pending.empty() ? Status(Ok{}) : commit(pending);
}

// Half of the deadline is for delivering, an eighth each for what is on its way still, for the group to take our
// offsets and for leaving it, the rest for closing the clients and the store.
Status Pipeline::State::finish() {
  const milliseconds deadline(config.service.shutdown_deadline.count);
  log_info("stopping", {{"step", step->last_step()}, {"unpublished", outlet.backlog()}});
  observer.on_ready(Readiness::kRunning, false, "stopping");
  MILLRACE_RETURN_IF_ERROR(follow_partitions());
  MILLRACE_RETURN_IF_ERROR(drain(deadline / 2));
  source.close(true, deadline / 8);
  if (!pending.empty()) MILLRACE_RETURN_IF_ERROR(commit(pending));
  log_info("stopped", {{"step", step->last_step()}, {"unpublished", outlet.backlog()}});
  return Ok{};
}

}  // namespace millrace
