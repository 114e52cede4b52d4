// Records and options for the tests of ingest.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ingest/ingest.h"
#include "store/memory_store.h"

namespace millrace {

inline constexpr Millis kNow{1'700'000'000'000};

inline IngestOptions test_options() {
  IngestOptions options;
  options.kinds = KindTable(
      {{"click", Signal::kClick, 1.0F}, {"purchase", Signal::kPurchase, 5.0F}, {"rating", Signal::kRating, 2.0F}});
  FieldMapping mapping;
  mapping.default_kind = "click";
  options.topics = {{"clicks", mapping}, {"purchases", mapping}};
  options.items_mapping.item = "";
  return options;
}

inline Record test_record(std::int64_t offset, std::string value, std::string key = "u1") {
  return {{TopicIndex{0}, PartitionIndex{0}, Offset{offset}}, kNow, std::move(key), std::move(value), {}};
}

inline std::string event_json(const std::string& user, const std::string& item, Millis time,
                              const std::string& more = "") {
  return R"({"user_id":")" + user + R"(","item_id":")" + item + R"(","event_time":)" + std::to_string(time.count) +
         more + "}";
}

// Ingest over a memory store, assigned partition 0 of topic 0.
struct TestIngest {
  explicit TestIngest(const IngestOptions& options = test_options()) : store(make_memory_store()) { open(options); }
  void open(const IngestOptions& options) {
    ingest = make_ingest(options, *store);
    const std::vector<std::pair<TopicIndex, PartitionIndex>> assigned{{TopicIndex{0}, PartitionIndex{0}}};
    if (!ingest->assign(assigned).ok()) std::abort();
  }
  void commit() {
    WriteBatch batch;
    ingest->flush(batch);
    if (!store->commit(batch).ok()) std::abort();
  }
  Ingested take(std::vector<Record> records, bool refuse_foreign_keys = false) {
    return ingest->ingest(records, refuse_foreign_keys);
  }
  // The next record in line.
  Ingested take_json(std::string json) { return take({test_record(next++, std::move(json))}); }

  std::unique_ptr<Store> store;
  std::unique_ptr<Ingest> ingest;
  std::int64_t next = 0;
};

}  // namespace millrace
