// What no single key's range can say.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/config_schema.h"
#include "app/config_toml.h"
#include "model/families/registry.h"
#include "model/serve/lineup.h"

namespace millrace {
namespace {

constexpr std::uint64_t kBackgroundBytesLeast = 1ULL << 20;

class Mistakes {
 public:
  void expect(bool holds, const std::string& message) {
    if (!holds) messages_.push_back(message);
  }
  std::vector<std::string> take() { return std::move(messages_); }

 private:
  std::vector<std::string> messages_;
};

void check_kinds(const Config& config, Mistakes& mistakes) {
  std::set<std::string> names;
  mistakes.expect(config.kinds.size() > 0 && config.kinds.size() <= 255,
                  "kinds: found " + std::to_string(config.kinds.size()) + " [[kinds]], expected 1 to 255");
  for (const Kind& kind : config.kinds.all()) {
    mistakes.expect(!kind.name.empty(), "kinds: a kind has no name; give each [[kinds]] the name that events carry");
    mistakes.expect(names.insert(kind.name).second, "kinds: \"" + kind.name + "\" is there twice");
  }
}

void check_topics(const Config& config, Mistakes& mistakes) {
  std::set<std::string> names;
  mistakes.expect(!config.ingest.topics.empty() && config.ingest.topics.size() <= 255,
                  "ingest.topics: found " + std::to_string(config.ingest.topics.size()) + " topics, expected 1 to 255");
  const auto taken = [&](const std::string& name, const std::string& key) {
    mistakes.expect(names.insert(name).second,
                    key + ": the topic \"" + name + "\" is named twice; every topic has one purpose");
  };
  for (const InputTopic& topic : config.ingest.topics) {
    mistakes.expect(!topic.name.empty(), "ingest.topics: a topic has no name");
    taken(topic.name, "ingest.topics");
    const std::string& kind = topic.mapping.default_kind;
    mistakes.expect(
        kind.empty() || config.kinds.find(kind).has_value(),
        "ingest.topics: the default_kind \"" + kind + "\" of \"" + topic.name + "\" is not among the [[kinds]]");
    mistakes.expect(!kind.empty() || !topic.mapping.kind.empty(),
                    "ingest.topics: \"" + topic.name + "\" has neither a path for the kind nor a default_kind");
    mistakes.expect(!topic.mapping.item.empty(), "ingest.topics: \"" + topic.name + "\" has no path for the item");
  }
  if (!config.input.items_topic.empty()) taken(config.input.items_topic, "ingest.items.topic");
  taken(config.publish.options.list_topic, "publish.topic");
}

void check_numbers(const Config& config, Mistakes& mistakes) {
  const FeatureOptions& features = config.features;
  mistakes.expect(features.context_length <= features.history_length,
                  "features.context_length is " + std::to_string(features.context_length) +
                      ", expected at most features.history_length, " + std::to_string(features.history_length));
  const ModelOptions& model = config.model;
  mistakes.expect(model.minibatch_min <= model.minibatch,
                  "model.minibatch_min is " + std::to_string(model.minibatch_min) +
                      ", expected at most model.minibatch, " + std::to_string(model.minibatch));
  mistakes.expect(
      model.encoder.dimension % 16 == 0,
      "model.encoder.dimension is " + std::to_string(model.encoder.dimension) + ", expected a multiple of 16");
  const HeadOptions& heads = model.ranker.heads;
  mistakes.expect(heads.click > 0.0F || heads.purchase > 0.0F || heads.rating > 0.0F,
                  "model.ranker.heads has no weight above 0, expected at least one to rank by");
  mistakes.expect(config.effort.replays_min <= config.effort.replays_max,
                  "model.effort.replays_min is " + std::to_string(config.effort.replays_min) +
                      ", expected at most model.effort.replays_max, " + std::to_string(config.effort.replays_max));
  const std::uint64_t background = config.store.background_bytes_per_second;
  mistakes.expect(background == 0 || background >= kBackgroundBytesLeast,
                  "store.background_bytes_per_second is " + std::to_string(background) +
                      ", expected 0 or at least 1MiB: with less, commits wait for table files to be written");
}

std::string expected_one_of(const std::vector<std::string>& known, std::string_view found) {
  std::string names;
  for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
  return "expected one of " + names + "; the nearest is \"" + std::string(nearest_name(found, known)) + "\"";
}

void check_learners(const Config& config, Mistakes& mistakes) {
  const std::vector<std::string> known = possible_learners(config.model.families);
  std::set<std::string> met;
  for (const std::string& learner : config.model.learners) {
    mistakes.expect(std::find(known.begin(), known.end(), learner) != known.end(),
                    "model.learners names \"" + learner + "\", " + expected_one_of(known, learner));
    mistakes.expect(met.insert(learner).second, "model.learners names \"" + learner + "\" twice");
  }
  std::vector<std::string> served = config.model.learners.empty() ? known : config.model.learners;
  for (const std::string_view policy : {kServeInterleave, kServeMixture, kServeChampion})
    served.emplace(served.begin(), policy);
  mistakes.expect(std::find(served.begin(), served.end(), config.model.serve) != served.end(),
                  "model.serve is \"" + config.model.serve + "\", " + expected_one_of(served, config.model.serve));
}

void check_times(const Config& config, Mistakes& mistakes) {
  const Millis session = session_timeout(config.kafka);
  mistakes.expect(config.kafka.delivery_timeout <= session,
                  "kafka.delivery_timeout is " + std::to_string(config.kafka.delivery_timeout.count) +
                      " ms, expected at most the group's session.timeout.ms, " + std::to_string(session.count) +
                      ": an instance that stood still must not send lists of users that another owns by then");
}

void check_families(const Config& config, Mistakes& mistakes) {
  const std::vector<std::string_view> known = family_names();
  std::string names;
  for (const std::string_view name : known) names += (names.empty() ? "" : ", ") + std::string(name);
  std::set<std::string> met;
  mistakes.expect(!config.model.families.empty(), "model.families is empty, expected some of " + names);
  for (const std::string& family : config.model.families) {
    mistakes.expect(std::find(known.begin(), known.end(), family) != known.end(),
                    "model.families names \"" + family + "\", expected some of " + names);
    mistakes.expect(met.insert(family).second, "model.families names \"" + family + "\" twice");
  }
}

void check_texts(const Config& config, Mistakes& mistakes) {
  const auto filled = [&](const std::string& value, const std::string& key) {
    mistakes.expect(!value.empty(), key + " is empty, expected a text");
  };
  filled(config.service.state_directory, "service.state_directory");
  filled(config.kafka.bootstrap_servers, "kafka.bootstrap_servers");
  filled(config.kafka.group, "kafka.group");
  filled(config.publish.options.list_topic, "publish.topic");
  filled(config.publish.options.dead_letter_suffix, "publish.dead_letter_suffix");
  const Status ingest = check_ingest(config.ingest);
  mistakes.expect(ingest.ok(), ingest.ok() ? "" : ingest.error().message);
  for (const auto& [name, value] : config.kafka.properties) {
    mistakes.expect(value != kRedacted,
                    "kafka.properties." + name + " is " + std::string(kRedacted) +
                        ", as print-config hides it; write the secret, ${NAME} or { file = \"PATH\" }");
  }
  const Status properties = check_properties(config.kafka.properties);
  mistakes.expect(properties.ok(), properties.ok() ? "" : properties.error().message);
}

}  // namespace

std::vector<std::string> check_config(const Config& config) {
  Mistakes mistakes;
  check_kinds(config, mistakes);
  check_topics(config, mistakes);
  check_numbers(config, mistakes);
  check_times(config, mistakes);
  check_families(config, mistakes);
  check_learners(config, mistakes);
  check_texts(config, mistakes);
  return mistakes.take();
}

}  // namespace millrace
