#include "app/config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "app/config_schema.h"
#include "app/config_toml.h"

namespace millrace {
namespace {

InputTopic default_topic(std::string name, std::string kind) {
  InputTopic topic;
  topic.name = std::move(name);
  topic.mapping.default_kind = std::move(kind);
  return topic;
}

// What stands in one place in the file and is needed in several parts.
void spread(Config& config) {
  config.ingest.kinds = config.features.kinds = config.model.kinds = config.kinds;
  config.model.ranker.first_touches = config.lists.exclude_seen;
}

}  // namespace

Config::Config() {
  kinds = KindTable(
      {{"click", Signal::kClick, 1.0F}, {"purchase", Signal::kPurchase, 3.0F}, {"rating", Signal::kRating, 1.0F}});
  ingest.topics = {default_topic("clicks", "click"), default_topic("purchases", "purchase"),
                   default_topic("ratings", "rating")};
  ingest.items_mapping.item.clear();
  spread(*this);
}

namespace {

struct Source {
  std::string name;  // for messages
  std::string text;
};

// Later sources take the place of earlier ones, key by key.
Result<Config> parse_sources(const std::vector<Source>& sources) {
  Config config;
  for (const Source& source : sources) {
    MILLRACE_RETURN_IF_ERROR(
        read_toml(source.text, source.name, [&](ConfigVisitor& visitor) { visit_config(visitor, config); }));
  }
  spread(config);
  const std::vector<std::string> mistakes = check_config(config);
  if (mistakes.empty()) return config;
  std::string lines;
  for (const std::string& mistake : mistakes)
    lines += (lines.empty() ? "" : "\n") + sources.front().name + ": " + mistake;
  return stop_error(ErrorCode::kInvalid, std::move(lines));
}

Result<Source> override_source(const std::string& setting) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos || equals == 0) {
    return stop_error(ErrorCode::kInvalid,
                      "--set " + setting + ": expected KEY=VALUE, for instance --set lists.length=10");
  }
  Source source{"--set " + setting.substr(0, equals), setting};  // without the value: it may be a secret
  if (!is_toml(setting)) source.text = setting.substr(0, equals + 1) + quoted_toml(setting.substr(equals + 1));
  return source;
}

}  // namespace

Result<Config> parse_config(const std::string& text, const std::string& name) { return parse_sources({{name, text}}); }

Result<Config> load_config(const std::string& path, const std::vector<std::string>& overrides) {
  std::vector<Source> sources{{path.empty() ? "defaults" : path, ""}};
  if (!path.empty()) {
    std::ifstream file(path, std::ios::binary);
    if (!file || std::filesystem::is_directory(path)) {
      return stop_error(ErrorCode::kNotFound,
                        "reading the configuration: there is no file " + path +
                            " that can be read; name one with --config, or start from millrace.toml");
    }
    sources.front().text.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  for (const std::string& setting : overrides) {
    MILLRACE_ASSIGN_OR_RETURN(Source source, override_source(setting));
    sources.push_back(std::move(source));
  }
  return parse_sources(sources);
}

RocksOptions rocks_options(const Config& config, bool read_only) {
  return {.directory = config.service.state_directory,
          .block_cache_bytes = config.store.block_cache_bytes,
          .write_buffer_bytes = config.store.write_buffer_bytes,
          .background_bytes_per_second = config.store.background_bytes_per_second,
          .read_only = read_only,
          .log = {}};
}

StepOptions step_options(const Config& config) {
  StepOptions options;
  options.features = config.features;
  options.model = config.model;
  options.rules = config.lists;
  options.example_capacity = config.store.example_capacity;
  options.checkpoint.examples = config.store.checkpoint_examples;
  options.checkpoint.steps = config.store.checkpoint_steps;
  return options;
}

ConsumerOptions consumer_options(const Config& config) {
  ConsumerOptions options;
  options.bootstrap_servers = config.kafka.bootstrap_servers;
  options.group = config.kafka.group;
  options.instance_id = config.kafka.instance_id;
  options.client_id = config.kafka.client_id;
  for (const InputTopic& topic : config.ingest.topics) options.topics.push_back(topic.name);
  options.queue_bytes = config.kafka.consumer_queue_bytes;
  options.properties = config.kafka.properties;
  return options;
}

ProducerOptions producer_options(const Config& config) {
  ProducerOptions options;
  options.bootstrap_servers = config.kafka.bootstrap_servers;
  options.client_id = config.kafka.client_id;
  options.queue_bytes = config.kafka.producer_queue_bytes;
  options.linger = std::chrono::milliseconds(config.kafka.linger.count);
  options.delivery_timeout = std::chrono::milliseconds(config.kafka.delivery_timeout.count);
  options.properties = config.kafka.properties;
  return options;
}

Millis session_timeout(const KafkaSettings& kafka) {
  Millis timeout{45'000};  // librdkafka's default
  for (const auto& [name, value] : kafka.properties) {
    if (name == "session.timeout.ms") timeout.count = std::strtoll(value.c_str(), nullptr, 10);
  }
  return timeout;
}

ReaderOptions items_reader_options(const Config& config) {
  ReaderOptions options;
  options.bootstrap_servers = config.kafka.bootstrap_servers;
  options.client_id = config.kafka.client_id;
  if (!config.input.items_topic.empty()) options.topics = {config.input.items_topic};
  options.properties = config.kafka.properties;
  return options;
}

}  // namespace millrace
