// Which librdkafka properties the service owns, and which are secret.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "kafka/client.h"

namespace millrace {
namespace {

struct OwnedProperty {
  std::string_view name;
  std::string_view why;
  std::string_view instead;
};

constexpr std::string_view kOffsets = "offsets are committed by the service after its own state";
constexpr std::string_view kOrder = "lists of one user must arrive once and in order";
constexpr std::string_view kTogether = "a user's partitions of all topics must land on one instance";
constexpr std::string_view kNothing = "nothing: it cannot be changed";

// Aliases of a property stand beside it.
constexpr std::array kOwned{
    OwnedProperty{"bootstrap.servers", "it has a setting of its own", "kafka.bootstrap_servers"},
    OwnedProperty{"metadata.broker.list", "it is another name of bootstrap.servers", "kafka.bootstrap_servers"},
    OwnedProperty{"client.id", "it has a setting of its own", "kafka.client_id"},
    OwnedProperty{"group.id", "it has a setting of its own", "kafka.group"},
    OwnedProperty{"group.instance.id", "it has a setting of its own", "kafka.instance_id"},
    OwnedProperty{"group.protocol", kTogether, kNothing},
    OwnedProperty{"group.remote.assignor", kTogether, kNothing},
    OwnedProperty{"partition.assignment.strategy", kTogether, kNothing},
    OwnedProperty{"enable.auto.commit", kOffsets, "kafka.commit_interval"},
    OwnedProperty{"auto.commit.enable", kOffsets, "kafka.commit_interval"},
    OwnedProperty{"auto.commit.interval.ms", kOffsets, "kafka.commit_interval"},
    OwnedProperty{"enable.auto.offset.store", kOffsets, "kafka.commit_interval"},
    OwnedProperty{"offset.store.method", kOffsets, kNothing},
    OwnedProperty{"auto.offset.reset", "a gap must never be skipped silently", "kafka.start"},
    OwnedProperty{"enable.partition.eof", "the service finds the end of a topic itself", kNothing},
    OwnedProperty{"check.crcs", "damaged records must be found", kNothing},
    OwnedProperty{"queued.max.messages.kbytes", "queues are bounded in one place", "kafka.consumer_queue_bytes"},
    OwnedProperty{"queue.buffering.max.kbytes", "queues are bounded in one place", "kafka.producer_queue_bytes"},
    OwnedProperty{"queue.buffering.max.messages", "queues are bounded in one place", "kafka.producer_queue_bytes"},
    OwnedProperty{"linger.ms", "it has a setting of its own", "kafka.linger"},
    OwnedProperty{"queue.buffering.max.ms", "it is another name of linger.ms", "kafka.linger"},
    OwnedProperty{"delivery.timeout.ms", "it has a setting of its own", "kafka.delivery_timeout"},
    OwnedProperty{"message.timeout.ms", "it is another name of delivery.timeout.ms", "kafka.delivery_timeout"},
    OwnedProperty{"delivery.report.only.error", "every delivery is accounted for", kNothing},
    OwnedProperty{"partitioner", "keys must land where Java clients put them", kNothing},
    OwnedProperty{"enable.idempotence", kOrder, kNothing},
    OwnedProperty{"enable.gapless.guarantee", kOrder, kNothing},
    OwnedProperty{"acks", kOrder, kNothing},
    OwnedProperty{"request.required.acks", kOrder, kNothing},
    OwnedProperty{"transactional.id", kOrder, kNothing},
    OwnedProperty{"transaction.timeout.ms", kOrder, kNothing},
    OwnedProperty{"statistics.interval.ms", "the metrics depend on it", kNothing},
    OwnedProperty{"test.mock.num.brokers", "it would replace the brokers", "the demo"},
};

constexpr std::array<std::string_view, 6> kSecretParts{
    "password", "secret", "ssl.key.pem", "ssl.certificate.pem", "token", "sasl.oauthbearer.config"};

}  // namespace

bool is_secret_property(std::string_view name) {
  return std::any_of(kSecretParts.begin(), kSecretParts.end(),
                     [name](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

Status check_properties(const KafkaProperties& properties) {
  for (const auto& [name, value] : properties) {
    // The library also takes topic properties with this prefix.
    const std::string_view bare =
        name.starts_with("topic.") ? std::string_view(name).substr(6) : std::string_view(name);
    const auto* owned =
        std::find_if(kOwned.begin(), kOwned.end(), [bare](const auto& entry) { return entry.name == bare; });
    if (owned == kOwned.end()) continue;
    return stop_error(ErrorCode::kInvalid, "check the Kafka properties: " + name +
                                               " is owned by the service, because " + std::string(owned->why) +
                                               "; remove it and use instead: " + std::string(owned->instead));
  }
  return Ok{};
}

}  // namespace millrace
