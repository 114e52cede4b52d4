#include "app/config_schema.h"

#include <array>
#include <limits>
#include <utility>

#include "core/workers.h"

namespace millrace {
namespace {

constexpr std::int64_t kMany = std::numeric_limits<std::int32_t>::max();
constexpr Range<std::int64_t> kFromZero{0, kMany};
constexpr Range<std::int64_t> kFromOne{1, kMany};
constexpr Range<std::uint64_t> kAnyBytes{0, 1ULL << 50};
constexpr Range<std::uint64_t> kSomeBytes{1ULL << 10, 1ULL << 50};
constexpr Range<Millis> kAnyTime{{0}, {3650 * kDay.count}};
constexpr Range<Millis> kSomeTime{{1}, {3650 * kDay.count}};
constexpr Range<float> kShare{0.0F, 1.0F};
constexpr Range<float> kWeight{0.0F, 1000.0F};

constexpr std::array<std::string_view, 3> kSignals{"click", "purchase", "rating"};
constexpr std::array<std::string_view, 5> kTimeUnits{"s", "ms", "us", "text", "record"};
constexpr std::array<std::string_view, 2> kStarts{"earliest", "latest"};
constexpr std::array<std::string_view, 2> kMovedPartitions{"refuse", "rebuild"};
constexpr std::array<std::string_view, 4> kLogLevels{"debug", "info", "warn", "error"};

template <class T>
void integer(ConfigVisitor& visitor, std::string_view key, T& value, Range<std::int64_t> range) {
  auto wide = static_cast<std::int64_t>(value);
  visitor.integer(key, wide, range);
  value = static_cast<T>(wide);
}

// `names` by the number of the enumerator.
template <class Enum, std::size_t N>
void enumerator(ConfigVisitor& visitor, std::string_view key, Enum& value,
                const std::array<std::string_view, N>& names) {
  std::string name(names[static_cast<std::size_t>(value)]);
  visitor.choice(key, name, names);
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) value = static_cast<Enum>(i);
  }
}

void visit_service(ConfigVisitor& v, ServiceSettings& service) {
  v.begin("service");
  v.text("state_directory", service.state_directory);
  v.choice("log_level", service.log_level, kLogLevels);
  v.duration("shutdown_deadline", service.shutdown_deadline, {{1000}, kHour});
  v.end();
}

void visit_kafka(ConfigVisitor& v, KafkaSettings& kafka) {
  v.begin("kafka");
  v.text("bootstrap_servers", kafka.bootstrap_servers);
  v.text("group", kafka.group);
  v.text("instance_id", kafka.instance_id);
  v.text("client_id", kafka.client_id);
  enumerator(v, "start", kafka.start, kStarts);
  enumerator(v, "on_moved_partition", kafka.on_moved_partition, kMovedPartitions);
  v.duration("commit_interval", kafka.commit_interval, {{10}, kHour});
  v.bytes("consumer_queue_bytes", kafka.consumer_queue_bytes, {1ULL << 20, 2ULL << 30});
  v.bytes("producer_queue_bytes", kafka.producer_queue_bytes, {1ULL << 20, 2ULL << 30});
  v.duration("linger", kafka.linger, {{0}, {60'000}});
  v.duration("delivery_timeout", kafka.delivery_timeout, {{1000}, kHour});
  v.properties("properties", kafka.properties);
  v.end();
}

void visit_kinds(ConfigVisitor& v, KindTable& table) {
  std::vector<Kind> kinds = table.all();
  if (const auto size = v.array("kinds", kinds.size())) kinds.assign(*size, Kind{});
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    v.begin_element("kinds", i);
    v.text("name", kinds[i].name);
    enumerator(v, "signal", kinds[i].signal, kSignals);
    v.number("weight", kinds[i].weight, {0.0F, 1e6F});
    v.end();
  }
  table = KindTable(std::move(kinds));
}

void visit_event_mapping(ConfigVisitor& v, FieldMapping& mapping) {
  v.text("default_kind", mapping.default_kind);
  v.text("user", mapping.user);
  v.text("item", mapping.item);
  v.text("time", mapping.time);
  enumerator(v, "time_unit", mapping.time_unit, kTimeUnits);
  v.text("time_format", mapping.time_format);
  v.text("time_zone", mapping.time_zone);
  v.text("kind", mapping.kind);
  v.text("value", mapping.value);
  v.text("price", mapping.price);
  v.text("quantity", mapping.quantity);
  v.text("session", mapping.session);
  v.text("event_id", mapping.event_id);
}

void visit_ingest(ConfigVisitor& v, IngestOptions& ingest, InputSettings& input) {
  v.begin("ingest");
  v.bytes("record_bytes_max", ingest.record_bytes_max, {64, 64ULL << 20});
  integer(v, "depth_max", ingest.depth_max, {1, 256});
  integer(v, "id_bytes_max", ingest.id_bytes_max, {1, kMaxIdBytes});
  integer(v, "duplicates_window", ingest.duplicates_window, {0, 10'000'000});
  v.duration("late_allowance", ingest.late_allowance, kAnyTime);
  v.duration("skew_allowance", ingest.skew_allowance, kAnyTime);
  v.number("dead_letter_share_max", input.dead_letter_share_max, kShare);
  if (const auto size = v.array("topics", ingest.topics.size())) ingest.topics.assign(*size, InputTopic{});
  for (std::size_t i = 0; i < ingest.topics.size(); ++i) {
    v.begin_element("topics", i);
    v.text("name", ingest.topics[i].name);
    visit_event_mapping(v, ingest.topics[i].mapping);
    v.end();
  }
  FieldMapping& items = ingest.items_mapping;
  v.begin("items");
  v.text("topic", input.items_topic);
  v.text("item", items.item);
  v.text("title", items.title);
  v.text("text", items.text);
  v.text("categories", items.categories);
  v.text("price", items.price);
  v.text("available", items.available);
  v.text("vector", items.vector);
  v.end();
  v.end();
}

void visit_step(ConfigVisitor& v, StepSettings& step) {
  v.begin("step");
  integer(v, "records_max", step.records_max, {1, 100'000});
  v.duration("wait_max", step.wait_max, {{1}, {60'000}});
  v.end();
}

void visit_features(ConfigVisitor& v, FeatureOptions& features) {
  v.begin("features");
  integer(v, "history_length", features.history_length, {1, 255});
  integer(v, "context_length", features.context_length, {1, 255});
  integer(v, "seen_items", features.seen_items, {1, 100'000});
  v.duration("session_gap", features.session_gap, kSomeTime);
  v.duration("counter_half_life", features.counter_half_life, kSomeTime);
  integer(v, "neighbours_per_item", features.neighbours_per_item, {1, 10'000});
  integer(v, "max_items", features.max_items, {1, 100'000'000});
  integer(v, "max_users", features.max_users, {100, 1'000'000'000});
  integer(v, "max_categories_per_user", features.max_categories_per_user, {1, 10'000});
  v.bytes("user_cache_bytes", features.user_cache_bytes, kAnyBytes);
  v.bytes("item_cache_bytes", features.item_cache_bytes, kAnyBytes);
  v.end();
}

void visit_encoder(ConfigVisitor& v, EncoderOptions& encoder) {
  v.begin("encoder");
  integer(v, "dimension", encoder.dimension, {16, 1024});
  integer(v, "length", encoder.length, {1, 255});
  integer(v, "negatives", encoder.negatives, {1, 65'536});
  integer(v, "recent_window", encoder.recent_window, kFromOne);
  v.number("row_rate", encoder.row_rate, kShare);
  v.number("dense_rate", encoder.dense_rate, kShare);
  v.number("dropout", encoder.dropout, {0.0F, 0.95F});
  v.flag("bf16", encoder.bf16);
  v.number("recent_replay_mean", encoder.recent_replay_mean, {1.0F, 1e9F});
  v.number("gradient_clip", encoder.gradient_clip, {0.0F, 1e6F});
  v.number("weight_decay", encoder.weight_decay, kShare);
  v.flag("use_kinds", encoder.use_kinds);
  v.flag("use_gaps", encoder.use_gaps);
  v.flag("use_user", encoder.use_user);
  v.flag("use_categories", encoder.use_categories);
  v.flag("use_titles", encoder.use_titles);
  integer(v, "token_buckets", encoder.token_buckets, {1, 1 << 24});
  integer(v, "admit_count", encoder.admit_count, kFromOne);
  integer(v, "expire_examples", encoder.expire_examples, kFromZero);
  integer(v, "max_rows", encoder.max_rows, {1, 100'000'000});
  v.end();
}

void visit_memory(ConfigVisitor& v, MemoryOptions& memory) {
  v.begin("memory");
  integer(v, "sessions_per_item", memory.sessions_per_item, {1, 100'000});
  integer(v, "neighbours", memory.neighbours, {1, 100'000});
  integer(v, "session_items", memory.session_items, {1, 1000});
  integer(v, "max_sessions", memory.max_sessions, {1, 100'000'000});
  v.number("position_decay", memory.position_decay, {0.01F, 1e6F});
  v.number("following_decay", memory.following_decay, {0.01F, 1e6F});
  v.number("before_weight", memory.before_weight, {0.0F, 100.0F});
  v.number("age_decay", memory.age_decay, {1.0F, 1e12F});
  v.end();
}

void visit_small_families(ConfigVisitor& v, ModelOptions& model) {
  v.begin("related");
  integer(v, "window", model.related.window, {1, 255});
  integer(v, "neighbours_per_item", model.related.neighbours_per_item, {1, 10'000});
  v.end();
  v.begin("trending");
  v.number("half_life_hours", model.popularity.half_life_hours, {0.001F, 1e6F});
  v.end();
  v.begin("factors");
  integer(v, "dimension", model.factors.dimension, {1, 1024});
  v.number("rate", model.factors.rate, kShare);
  v.number("regularisation", model.factors.regularisation, kShare);
  integer(v, "max_users", model.factors.max_users, {1, 100'000'000});
  v.end();
  v.begin("ratings");
  integer(v, "max_users", model.ratings.max_users, {1, 100'000'000});
  integer(v, "log_ratings", model.ratings.log_ratings, {1, 100'000'000});
  v.end();
}

void visit_learners(ConfigVisitor& v, ModelOptions& model) {
  v.begin("contest");
  v.number("hedge_rate", model.contest.hedge_rate, {0.0F, 10.0F});
  v.number("weight_min", model.contest.weight_min, {1e-9F, 1.0F});
  v.number("confidence", model.contest.confidence, {0.5F, 0.999999F});
  integer(v, "horizon", model.contest.horizon, kFromOne);
  v.end();
  v.begin("rollback");
  v.flag("enabled", model.rollback.enabled);
  integer(v, "checkpoints", model.rollback.checkpoints, kFromOne);
  v.end();
}

void visit_model(ConfigVisitor& v, ModelOptions& model, EffortSettings& effort) {
  v.begin("model");
  integer(v, "seed", model.seed, {0, std::numeric_limits<std::int64_t>::max()});
  v.flag("learning", model.learning);
  integer(v, "threads", model.threads, {0, kMostLanes});
  integer(v, "minibatch", model.minibatch, {1, 65'536});
  integer(v, "minibatch_min", model.minibatch_min, {1, 65'536});
  v.texts("families", model.families);
  v.text("serve", model.serve);
  v.texts("learners", model.learners);
  v.flag("evaluate_learners", model.evaluate_learners);
  visit_learners(v, model);
  v.begin("effort");
  integer(v, "replays_min", effort.replays_min, {0, 64});
  integer(v, "replays_max", effort.replays_max, {0, 64});
  integer(v, "replays_idle", effort.replays_idle, {0, 64});
  integer(v, "ranked_examples", effort.ranked_examples, {0, 65'536});
  integer(v, "ranked_min_percent", effort.ranked_min_percent, {0, 100});
  integer(v, "depth_min_percent", effort.depth_min_percent, {1, 100});
  v.end();
  v.begin("ranker");
  integer(v, "candidates_per_source", model.ranker.candidates_per_source, {1, 10'000});
  v.number("rate", model.ranker.rate, kShare);
  integer(v, "minibatch", model.ranker.minibatch, {1, 65'536});
  v.number("label_smoothing", model.ranker.label_smoothing, kShare);
  v.flag("learn", model.ranker.learn);
  v.begin("heads");
  v.number("click", model.ranker.heads.click, kWeight);
  v.number("purchase", model.ranker.heads.purchase, kWeight);
  v.number("rating", model.ranker.heads.rating, kWeight);
  v.end();
  v.end();
  visit_encoder(v, model.encoder);
  visit_memory(v, model.memory);
  visit_small_families(v, model);
  v.end();
}

void visit_lists(ConfigVisitor& v, ListRules& lists) {
  v.begin("lists");
  integer(v, "length", lists.length, {1, 1000});
  v.flag("exclude_seen", lists.exclude_seen);
  std::vector<std::string> blocked;
  for (const ItemId& item : lists.blocked) blocked.push_back(item.bytes);
  v.texts("blocked", blocked);
  lists.blocked.clear();
  for (std::string& item : blocked) lists.blocked.emplace_back(std::move(item));
  v.end();
}

void visit_publish(ConfigVisitor& v, PublishSettings& publish) {
  v.begin("publish");
  v.text("topic", publish.options.list_topic);
  integer(v, "partitions", publish.partitions, {0, 100'000});
  v.text("model", publish.options.format.model);
  v.flag("titles", publish.options.format.titles);
  v.text("dead_letter_suffix", publish.options.dead_letter_suffix);
  v.bytes("dead_letter_bytes_max", publish.options.dead_letter_bytes_max, {0, 64ULL << 20});
  integer(v, "in_flight_max", publish.options.in_flight_max, {1, 10'000'000});
  integer(v, "backlog_max", publish.backlog_max, {1, 1'000'000'000});
  v.end();
}

void visit_store(ConfigVisitor& v, StoreSettings& store) {
  v.begin("store");
  v.bytes("block_cache_bytes", store.block_cache_bytes, kSomeBytes);
  v.bytes("write_buffer_bytes", store.write_buffer_bytes, {1ULL << 20, 1ULL << 40});
  v.bytes("background_bytes_per_second", store.background_bytes_per_second, kAnyBytes);
  integer(v, "example_capacity", store.example_capacity, {1000, 1'000'000'000});
  integer(v, "checkpoint_examples", store.checkpoint_examples, {1, 100'000'000});
  integer(v, "checkpoint_steps", store.checkpoint_steps, {1, 50'000});
  v.bytes("free_bytes_min", store.free_bytes_min, kAnyBytes);
  v.end();
}

void visit_metrics(ConfigVisitor& v, HttpOptions& metrics) {
  v.begin("metrics");
  v.text("address", metrics.address);
  integer(v, "port", metrics.port, {0, 65'535});
  v.end();
}

}  // namespace

void visit_config(ConfigVisitor& visitor, Config& config) {
  visit_service(visitor, config.service);
  visit_kafka(visitor, config.kafka);
  visit_kinds(visitor, config.kinds);
  visit_ingest(visitor, config.ingest, config.input);
  visit_step(visitor, config.step);
  visit_features(visitor, config.features);
  visit_model(visitor, config.model, config.effort);
  visit_lists(visitor, config.lists);
  visit_publish(visitor, config.publish);
  visit_store(visitor, config.store);
  visit_metrics(visitor, config.metrics);
}

}  // namespace millrace
