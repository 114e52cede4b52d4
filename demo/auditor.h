// Reads everything along: the input topics, the lists, the dead letters. What a user's newest list has to reflect is
// known from the user's own records, so at the end the books can be checked without asking the service. read() blocks
// its thread; progress() may be called from any; the rest after read() has returned.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "demo/event_source.h"
#include "ingest/json.h"
#include "kafka/client.h"

namespace millrace {

struct AuditOptions {
  std::string bootstrap_servers;
  std::array<std::string, kDemoTopicCount> topics{"clicks", "purchases", "ratings"};
  std::string list_topic = "recommendations";
  std::string dead_letter_suffix = ".dlq";
  bool histories = false;  // remember every record of every user, for lists_from_less()
};

struct AuditedItem {
  std::string item;
  std::string reason;
  std::string because;  // empty: none
};

struct AuditedPurchase {
  std::string item;
  float quantity = 0.0F;
};

// A list that reflects less of a partition than one before.
struct Lapse {
  TopicPartition where;
  Offset now{};
  Offset before{};
};

// What the topics say of one user.
struct UserBook {
  std::array<std::optional<std::pair<PartitionIndex, Offset>>, kDemoTopicCount> newest;  // records to be applied
  std::vector<std::string> recent;  // payloads of the newest few of them, oldest first
  std::uint64_t version = 0;        // highest seen; 0: no list
  std::string list;                 // the payload with that version
  // Only with AuditOptions::histories.
  std::map<TopicPartition, std::vector<Offset>> records;  // of the user, to be applied
  std::map<TopicPartition, Offset> reflected;             // the furthest that a list knew of
  std::vector<Lapse> lapses;
};

struct AuditCounts {
  std::uint64_t records = 0;   // on the input topics
  std::uint64_t expected = 0;  // of them, to be applied
  std::uint64_t lists = 0;
  std::uint64_t unreadable = 0;  // lists that are not what the schema says
  std::uint64_t backwards = 0;   // lists with a version below one seen before for the same user
  std::uint64_t repeated = 0;    // lists with the same version again: delivered twice, seen once
  std::array<std::uint64_t, kDemoTopicCount> dead_letters{};
};

class Auditor {
 public:
  static Result<std::unique_ptr<Auditor>> open(const AuditOptions& options);

  // Until stopped, and then until nothing new has come for a while.
  Status read(const std::stop_token& stop);

  // Records of the input topics that some list reflects: what the pipeline has settled for certain. From any thread.
  std::uint64_t reflected() const { return reflected_; }
  std::uint64_t lists() const { return lists_; }
  std::uint64_t dead_letters() const { return dead_letters_; }

  const AuditCounts& counts() const { return counts_; }
  // Users by name, ordered.
  std::vector<std::string> users() const;
  const UserBook& user(const std::string& name) const { return users_.at(name); }
  // Users with a record to be applied whose newest list does not reflect it, ordered.
  std::vector<std::string> users_left_behind();
  // Lists that lack a record of their user which a list before them had: made from part of the user's history. Requires
  // AuditOptions::histories.
  std::uint64_t lists_from_less() const;
  // The items of a user's newest list.
  std::vector<AuditedItem> list_of(const std::string& name);
  // The items of a user's newest records.
  std::vector<AuditedPurchase> recent_of(const std::string& name);

 private:
  explicit Auditor(const AuditOptions& options);
  void take(const Record& record);
  void take_input(const Record& record);
  void take_list(const Record& record);
  void note_reflected(UserBook& user);
  static void note_history(UserBook& user, const TopicPartitionOffset& offset);
  std::vector<TopicPartitionOffset> reflects(const std::string& list);

  AuditOptions options_;
  std::unique_ptr<Reader> reader_;
  JsonParser json_;
  std::unordered_map<std::string, UserBook> users_;
  std::map<TopicPartition, std::int64_t> reflected_offsets_;
  AuditCounts counts_;
  std::atomic<std::uint64_t> reflected_ = 0;
  std::atomic<std::uint64_t> lists_ = 0;
  std::atomic<std::uint64_t> dead_letters_ = 0;
};

}  // namespace millrace
