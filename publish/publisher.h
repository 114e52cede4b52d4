// Lists and dead letters go out. Last stage: what a step committed is sent to Kafka, and the mark of its lists is
// erased when all of them are delivered or replaced by newer ones. One thread (the pipeline's); deliveries are
// collected by serve().
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/event.h"
#include "core/list.h"
#include "core/result.h"
#include "core/time.h"
#include "kafka/client.h"
#include "store/store.h"

namespace millrace {

std::string encode_list(const RecommendationList& list);  // docs/formats.md, table lists
Result<RecommendationList> decode_list(const UserId& user, std::string_view bytes);

// What the JSON needs beside the list: names of topics and items, titles.
class Names {
 public:
  virtual ~Names() = default;
  virtual const std::string& topic(TopicIndex topic) const = 0;
  virtual const ItemId& item(ItemIndex item) const = 0;
  virtual std::string title(ItemIndex item) const = 0;  // empty: unknown
};

struct ListFormat {
  std::string model = "millrace";
  bool titles = false;  // item titles in the message
};

// The published JSON (docs/list.schema.json). `generated` is the only field outside byte equality.
std::string render_list(const RecommendationList& list, const Names& names, const ListFormat& format, Millis generated);

// Puts a step's lists, all of one version, with their marks (kLists, kDirty) and dead letters (kDeadLetters) into its
// batch. `next_dead_letter` is advanced.
void put_lists(std::span<const RecommendationList> lists, WriteBatch& batch);
void put_dead_letters(std::span<const DeadLetter> letters, std::uint64_t& next_dead_letter, WriteBatch& batch);

// The lists of users who are no longer known: one that was not delivered yet may still be, for as long as the publisher
// has it.
void erase_lists(std::span<const UserId> users, WriteBatch& batch);

// Gives every list that a mark of `store` names, and that nothing newer has replaced, the version `version`, which must
// exceed all that the store has and that were published: the store may be an older one than that which published last,
// and its lists must not go out below newer ones.
Status put_undelivered_anew(const Store& store, std::uint64_t version, WriteBatch& batch);

struct PublisherOptions {
  std::string list_topic = "recommendations";
  std::string dead_letter_suffix = ".dlq";
  std::size_t dead_letter_bytes_max = 64 << 10;  // of payload; longer ones are cut, with size and hash in headers
  std::size_t in_flight_max = 50'000;            // messages
  ListFormat format;
};

struct Delivered {
  std::uint64_t lists = 0;
  std::uint64_t dead_letters = 0;
  std::uint64_t failed = 0;
  std::string error;              // of the last that failed
  std::vector<Millis> freshness;  // per delivered list: delivery time less record_time
};

using ListFilter = std::function<bool(const RecommendationList&)>;

class Publisher {
 public:
  virtual ~Publisher() = default;
  // Queue what the store still has as undelivered, and return how many that were. kCorruption, kInvalid: rows that
  // cannot be read. Of the lists those that are `wanted`.
  virtual Result<std::uint64_t> restore_dead_letters(const Store& store) = 0;
  virtual Result<std::uint64_t> restore_lists(const Store& store, const ListFilter& wanted) = 0;
  // Forgets all lists that are not in flight; they stay undelivered in the store. One that is in flight is settled by
  // its report, but not sent again.
  virtual void withdraw_lists() = 0;
  virtual std::size_t lists_in_flight() const = 0;
  // After the commit of the step that put them. What is not `wanted` stays undelivered in the store.
  virtual void enqueue(std::vector<RecommendationList> lists, const ListFilter& wanted) = 0;
  virtual void enqueue_dead_letters(std::uint64_t first_sequence, std::span<const DeadLetter> letters) = 0;
  // Hands to the producer what fits, collects deliveries (waiting at most `timeout`), and puts what that changes of the
  // marks into `batch` (to be committed with the next step or by itself). A failed delivery is counted and tried again
  // after a pause (0.1 s, doubling to 12.8 s). Errors: what produce() cannot retry, and the producer's fatal ones
  // (kRestartClient: make a new producer and publisher, and restore).
  virtual Result<Delivered> serve(std::chrono::milliseconds timeout, WriteBatch& batch) = 0;
  virtual std::size_t backlog() const = 0;  // queued or in flight
  virtual std::uint64_t backlog_bytes() const = 0;
};

// `producer`, `names` and `clock` must outlive the result. `may_send` is asked before each list is handed to the
// producer; where it says no, lists wait. Empty: always.
std::unique_ptr<Publisher> make_publisher(const PublisherOptions& options, Producer& producer, const Names& names,
                                          const Clock& clock, std::function<bool()> may_send = {});

}  // namespace millrace
