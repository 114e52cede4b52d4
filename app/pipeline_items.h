// The items topic: read whole before the first step, then followed. Its changes join the next step, and its offsets are
// stored with that step like those of the event topics, so that a restart goes on where it was. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "core/catalogue.h"
#include "core/event.h"
#include "core/result.h"
#include "ingest/ingest.h"
#include "ingest/partition_ledger.h"
#include "kafka/client.h"
#include "store/store.h"

namespace millrace {

class ItemsFeed {
 public:
  // `topic`: the index under which its partitions are stored; the records of `options.topics[0]` get it. `store` and
  // `kafka` must outlive this.
  ItemsFeed(ReaderOptions options, const IngestOptions& ingest, TopicIndex topic, const Store& store,
            KafkaClients& kafka);

  // Goes on where the store says. What was not flushed is read again.
  Status open();
  // At most `max_records` more changes, waiting at most `timeout` for the first. After a kRestartClient error the next
  // call opens a new reader; after a kRetry error too, call again. Nothing is lost.
  Status poll(std::size_t max_records, std::chrono::milliseconds timeout);
  // Whether the topic has been read to where it ended when it was opened.
  bool at_end() const { return reader_ != nullptr && reader_->at_end(); }

  // Whether a record came since the last flush().
  bool waiting() const { return !changes_.empty() || !dead_letters_.empty(); }
  const std::vector<CatalogueChange>& changes() const { return changes_; }
  std::vector<CatalogueChange> take_changes() { return std::exchange(changes_, {}); }
  std::vector<DeadLetter> take_dead_letters() { return std::exchange(dead_letters_, {}); }
  // Puts the offsets of all records taken into `batch`.
  void flush(WriteBatch& batch);

 private:
  void take(Record record);
  PartitionLedger& ledger(PartitionIndex partition);

  ReaderOptions options_;
  TopicIndex topic_;
  const Store& store_;
  KafkaClients& kafka_;
  std::unique_ptr<ItemDecoder> decoder_;
  std::unique_ptr<Reader> reader_;
  std::map<PartitionIndex, PartitionLedger> ledgers_;
  std::vector<CatalogueChange> changes_;
  std::vector<DeadLetter> dead_letters_;
};

}  // namespace millrace
