#include "app/pipeline_items.h"

#include <string>
#include <utility>

#include "app/log.h"
#include "core/bytes.h"

namespace millrace {

ItemsFeed::ItemsFeed(ReaderOptions options, const IngestOptions& ingest, TopicIndex topic, const Store& store,
                     KafkaClients& kafka)
    : options_(std::move(options)), topic_(topic), store_(store), kafka_(kafka), decoder_(make_item_decoder(ingest)) {}

Status ItemsFeed::open() {
  reader_.reset();
  ledgers_.clear();
  changes_.clear();
  dead_letters_.clear();
  options_.start.clear();
  Status status = Ok{};
  const std::string prefix(1, static_cast<char>(raw(topic_)));
  MILLRACE_RETURN_IF_ERROR(store_.scan(Table::kPartitions, prefix, "", [&](std::string_view key, std::string_view) {
    const PartitionIndex partition{static_cast<std::int32_t>(read_key(key, 1, 4))};
    const auto loaded = ledger(partition).load(store_);
    if (!loaded.ok()) status = loaded.error();
    return status.ok();
  }));
  MILLRACE_RETURN_IF_ERROR(std::move(status));
  for (const auto& [partition, ledger] : ledgers_) {
    options_.start.push_back({{TopicIndex{0}, partition}, ledger.state().next});
  }
  MILLRACE_ASSIGN_OR_RETURN(reader_, kafka_.open_reader(options_));
  return Ok{};
}

Status ItemsFeed::poll(std::size_t max_records, std::chrono::milliseconds timeout) {
  if (reader_ == nullptr) MILLRACE_RETURN_IF_ERROR(open());
  auto records = reader_->poll(max_records, timeout);
  if (!records.ok()) {
    Error error = std::move(records).error();
    // A new reader begins at the earliest offset: in a compacted topic that is the whole catalogue.
    if (error.code == ErrorCode::kGap) error.disposition = Disposition::kRestartClient;
    if (error.disposition == Disposition::kRestartClient) reader_.reset();
    return error;
  }
  for (Record& record : *records) take(std::move(record));
  return Ok{};
}

void ItemsFeed::take(Record record) {
  record.position.topic = topic_;
  PartitionLedger& ledger = this->ledger(record.position.partition);
  if (record.position.offset < ledger.state().next) {
    log_warn("the items topic was created anew; reading all of it", {{"partition", raw(record.position.partition)}});
    ledger.start_at(record.position.offset);
  }
  auto change = decoder_->decode(record);
  ledger.count(record.position.offset, change.ok() ? Outcome::kApplied : Outcome::kDeadLetter);
  if (change.ok()) {
    changes_.push_back(std::move(*change));
    return;
  }
  const std::string& message = change.error().message;  // "reason: detail"
  const std::size_t colon = message.find(": ");
  dead_letters_.push_back(
      {std::move(record), message.substr(0, colon), colon == std::string::npos ? "" : message.substr(colon + 2)});
}

PartitionLedger& ItemsFeed::ledger(PartitionIndex partition) {
  return ledgers_.try_emplace(partition, topic_, partition, 1).first->second;
}

void ItemsFeed::flush(WriteBatch& batch) {
  for (auto& [partition, ledger] : ledgers_) ledger.flush(batch);
}

}  // namespace millrace
