// The library's error codes become our codes and dispositions, each with a remedy.
#include <string>

#include "kafka/rdkafka_handle.h"

namespace millrace::rdkafka {
namespace {

struct Meaning {
  ErrorCode code;
  Disposition disposition;
  const char* remedy;
};

Meaning meaning_of(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
      return {ErrorCode::kUnavailable, Disposition::kRetry, "check that the brokers are up and reachable from here"};
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return {ErrorCode::kUnavailable, Disposition::kRetry, "serve deliveries and try again"};
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
      return {ErrorCode::kUnavailable, Disposition::kRetry, "raise max.poll.interval.ms above the longest step"};
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
    case RD_KAFKA_RESP_ERR__IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__STATE:
      return {ErrorCode::kUnavailable, Disposition::kRetry, "none is needed, the group is rebalancing"};
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return {ErrorCode::kGap, Disposition::kStop,
              "records were deleted before they were read, or the topic was re-created; raise its retention, restore a "
              "backup, or "
              "rebuild with an empty state directory"};
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return {ErrorCode::kNotFound, Disposition::kStop, "create the topic, or correct its name in the configuration"};
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return {ErrorCode::kInvalid, Disposition::kStop, "check the credentials and the access rights of this client"};
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
      return {ErrorCode::kCorruption, Disposition::kStop,
              "check the broker's disks; the record does not match its checksum"};
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__FENCED:
      return {ErrorCode::kFatal, Disposition::kRestartClient, "the client is replaced by a new one"};
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
      return {ErrorCode::kFatal, Disposition::kStop, "another instance uses the same instance id; give each its own"};
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return {ErrorCode::kInvalid, Disposition::kStop,
              "raise message.max.bytes here and max.message.bytes of the topic"};
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
      return {ErrorCode::kInvalid, Disposition::kStop, "use a broker that supports it"};
    default:
      return {ErrorCode::kIo, Disposition::kStop, "see the broker's log"};
  }
}

}  // namespace

Error to_error(rd_kafka_resp_err_t code, std::string_view action, std::string_view detail) {
  const Meaning meaning = meaning_of(code);
  std::string message(action);
  message.append(": ").append(detail.empty() ? std::string_view(rd_kafka_err2str(code)) : detail);
  message.append(" (").append(rd_kafka_err2name(code)).append("); ").append(meaning.remedy);
  return Error{meaning.code, meaning.disposition, std::move(message)};
}

}  // namespace millrace::rdkafka
