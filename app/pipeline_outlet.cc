#include "app/pipeline_outlet.h"

#include <optional>
#include <utility>

#include "app/log.h"

namespace millrace {
namespace {

Result<std::optional<TopicDescription>> describe(const Config& config, const std::string& topic) {
  return describe_topic(config.kafka.bootstrap_servers, config.kafka.properties, topic);
}

// A broker that cannot create topics by request (the embedded one) creates them on first use.
Status create(const Config& config, const std::string& topic, std::int32_t partitions, bool compacted) {
  const Status status =
      create_topic(config.kafka.bootstrap_servers, config.kafka.properties, topic, partitions, compacted);
  if (!status.ok() && status.error().code != ErrorCode::kInvalid) return status;
  log_info(status.ok() ? "topic created" : "the broker creates the topic on first use",
           {{"topic", topic}, {"partitions", partitions}, {"compacted", compacted ? "yes" : "no"}});
  return Ok{};
}

// Partitions of each event topic.
Result<std::vector<std::int32_t>> count_inputs(const Config& config) {
  std::vector<std::int32_t> counts;
  for (const InputTopic& input : config.ingest.topics) {
    MILLRACE_ASSIGN_OR_RETURN(const auto found, describe(config, input.name));
    if (!found) {
      return stop_error(ErrorCode::kNotFound,
                        "read event topic " + input.name +
                            ": the broker has no such topic; create it, or correct its name in the "
                            "configuration");
    }
    counts.push_back(found->partitions);
  }
  return counts;
}

Status prepare_list_topic(const Config& config, std::int32_t default_partitions) {
  const std::string& topic = config.publish.options.list_topic;
  MILLRACE_ASSIGN_OR_RETURN(const auto found, describe(config, topic));
  if (!found) {
    return create(config, topic, config.publish.partitions > 0 ? config.publish.partitions : default_partitions, true);
  }
  if (found->cleanup_policy.empty()) {
    log_info("the broker cannot say whether the list topic is compacted", {{"topic", topic}});
    return Ok{};
  }
  if (found->cleanup_policy.find("compact") != std::string::npos) return Ok{};
  return stop_error(ErrorCode::kInvalid,
                    "verify list topic " + topic + ": found cleanup.policy " + found->cleanup_policy +
                        ", expected compact, for consumers read each user's newest list from it; change "
                        "the topic's policy, or name another topic");
}

}  // namespace

Status prepare_topics(const Config& config) {
  MILLRACE_ASSIGN_OR_RETURN(const std::vector<std::int32_t> counts, count_inputs(config));
  MILLRACE_RETURN_IF_ERROR(prepare_list_topic(config, counts.front()));
  std::vector<std::pair<std::string, std::int32_t>> inputs;
  for (std::size_t i = 0; i < counts.size(); ++i) inputs.emplace_back(config.ingest.topics[i].name, counts[i]);
  if (!config.input.items_topic.empty()) inputs.emplace_back(config.input.items_topic, 1);
  for (const auto& [input, partitions] : inputs) {
    const std::string topic = input + config.publish.options.dead_letter_suffix;
    MILLRACE_ASSIGN_OR_RETURN(const auto found, describe(config, topic));
    if (!found) MILLRACE_RETURN_IF_ERROR(create(config, topic, partitions, false));
  }
  return Ok{};
}

Status Outlet::open() {
  publisher_.reset();
  producer_.reset();
  ProducerOptions options = producer_options(context_.config);
  options.log = log_kafka("producer");
  MILLRACE_ASSIGN_OR_RETURN(producer_, open_producer(options));
  publisher_ = make_publisher(context_.config.publish.options, *producer_, context_.names, context_.clock);
  return Ok{};
}

// What was delivered is taken off the books first.
Status Outlet::reopen(WriteBatch& pending) {
  if (!pending.empty()) MILLRACE_RETURN_IF_ERROR(context_.store.commit(pending));
  pending.clear();
  MILLRACE_RETURN_IF_ERROR(open());
  MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t restored, publisher_->restore(context_.store));
  if (restored > 0) log_info("undelivered lists and dead letters are published again", {{"messages", restored}});
  return Ok{};
}

Status Outlet::serve(std::chrono::milliseconds timeout, WriteBatch& pending) {
  auto delivered = publisher_->serve(timeout, pending);
  if (delivered.ok()) {
    if (delivered->failed > 0) log_warn("deliveries failed and are tried again", {{"messages", delivered->failed}});
    if (delivered->lists + delivered->dead_letters + delivered->failed > 0) context_.observer.on_delivered(*delivered);
    return Ok{};
  }
  if (delivered.error().disposition != Disposition::kRestartClient) return std::move(delivered).error();
  log_warn("the producer is replaced by a new one", {{"error", delivered.error().message}});
  context_.observer.on_client_restart(KafkaClient::kProducer);
  return reopen(pending);
}

Status Outlet::drain(std::chrono::milliseconds timeout, WriteBatch& pending) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (backlog() > 0 && std::chrono::steady_clock::now() < deadline) {
    MILLRACE_RETURN_IF_ERROR(serve(std::chrono::milliseconds(10), pending));
    context_.observer.on_beat();
  }
  if (backlog() > 0)
    log_warn("not everything was delivered in time; the rest follows after the next start", {{"messages", backlog()}});
  return Ok{};
}

}  // namespace millrace
