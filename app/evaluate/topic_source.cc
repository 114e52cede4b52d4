#include "app/evaluate/topic_source.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include "ingest/text_time.h"
#include "store/memory_store.h"

namespace millrace {
namespace {

constexpr std::size_t kRecordsMax = 4096;  // of one poll
constexpr std::chrono::milliseconds kWait{1000};
constexpr int kSilentPolls = 30;  // of kWait each, before a topic that does not end is given up

Status no_answer(const std::vector<std::string>& topics) {
  return stop_error(ErrorCode::kUnavailable, "reading topic " + topics.front() +
                                                 ": the broker gave nothing for half a minute, though the end of the "
                                                 "topic has not been reached; try again");
}

// Every record up to the topics' ends as they are now.
template <class Take>
Status read_to_end(Reader& reader, const std::vector<std::string>& topics, const Take& take) {
  int silent = 0;
  while (!reader.at_end()) {
    auto records = reader.poll(kRecordsMax, kWait);
    if (!records.ok() && records.error().disposition == Disposition::kRetry && ++silent < kSilentPolls) continue;
    if (!records.ok()) return std::move(records).error();
    silent = records->empty() ? silent + 1 : 0;
    if (silent >= kSilentPolls) return no_answer(topics);
    MILLRACE_ASSIGN_OR_RETURN(const bool more, take(std::move(*records)));
    if (!more) return Ok{};
  }
  return Ok{};
}

class RangeReader {
 public:
  RangeReader(const TopicSourceOptions& options, KafkaClients& kafka) : options_(options), kafka_(kafka) {}

  Result<TopicStream> read() {
    MILLRACE_RETURN_IF_ERROR(choose_topics());
    MILLRACE_RETURN_IF_ERROR(assign());
    MILLRACE_ASSIGN_OR_RETURN(const auto reader, kafka_.open_reader(reader_));
    const auto take = [this](std::vector<Record> records) -> Result<bool> { return this->take(std::move(records)); };
    MILLRACE_RETURN_IF_ERROR(read_to_end(*reader, reader_.topics, take));
    MILLRACE_RETURN_IF_ERROR(read_items());
    return std::move(result_);
  }

 private:
  Status choose_topics() {
    reader_ = options_.reader;
    reader_.topics = options_.topics;
    ingest_options_ = options_.ingest;
    ingest_options_.topics.clear();
    for (const std::string& name : options_.topics) {
      const auto known = std::find_if(options_.ingest.topics.begin(), options_.ingest.topics.end(),
                                      [&name](const InputTopic& topic) { return topic.name == name; });
      if (known == options_.ingest.topics.end()) {
        return stop_error(ErrorCode::kInvalid, "reading topic " + name +
                                                   ": no [[ingest.topics]] has that name, so its mapping is not "
                                                   "known; add one to the configuration");
      }
      ingest_options_.topics.push_back(*known);
      result_.stream.name += (result_.stream.name.empty() ? "" : ", ") + name;
    }
    return check_ingest(ingest_options_);
  }

  Status assign() {
    std::vector<std::pair<TopicIndex, PartitionIndex>> partitions;
    for (std::size_t topic = 0; topic < options_.topics.size(); ++topic) {
      MILLRACE_ASSIGN_OR_RETURN(const auto found, kafka_.describe_topic(reader_.bootstrap_servers, reader_.properties,
                                                                        options_.topics[topic]));
      if (!found) {
        return stop_error(ErrorCode::kNotFound,
                          "reading topic " + options_.topics[topic] + ": the broker has no such topic");
      }
      for (std::int32_t number = 0; number < found->partitions; ++number) {
        partitions.emplace_back(TopicIndex{static_cast<std::uint8_t>(topic)}, PartitionIndex{number});
      }
    }
    ingest_ = make_ingest(ingest_options_, *store_);
    MILLRACE_RETURN_IF_ERROR(ingest_->assign(partitions));
    const Offset from = options_.from && options_.from->offset ? *options_.from->offset : Offset{0};
    for (const auto& [topic, partition] : partitions) {
      ingest_->start_at(topic, partition, from);
      reader_.start.push_back({{topic, partition}, from});
      open_.insert({topic, partition});
    }
    return Ok{};
  }

  bool before(const Record& record) const {
    if (!options_.from) return false;
    const RangeEnd& from = *options_.from;
    return from.offset ? record.position.offset < *from.offset : record.timestamp < *from.time;
  }
  // Times need not ascend within a partition: only an offset says that nothing more of it can follow.
  bool after(const Record& record) {
    if (!options_.to) return false;
    const RangeEnd& to = *options_.to;
    if (!to.offset) return record.timestamp >= *to.time;
    if (record.position.offset < *to.offset) return false;
    open_.erase({record.position.topic, record.position.partition});
    return true;
  }

  bool take(std::vector<Record> records) {
    std::erase_if(records, [this](const Record& record) { return before(record) || after(record); });
    Ingested ingested = ingest_->ingest(records, false);
    for (const auto& [kind, count] : ingested.counts) {
      result_.outcomes[static_cast<std::size_t>(kind.outcome)] += count;
    }
    std::move(ingested.events.begin(), ingested.events.end(), std::back_inserter(result_.stream.events));
    return !open_.empty();
  }

  Status read_items() {
    if (options_.items_topic.empty()) return Ok{};
    ReaderOptions items = options_.reader;
    items.topics = {options_.items_topic};
    auto reader = kafka_.open_reader(items);
    if (!reader.ok() && reader.error().code == ErrorCode::kNotFound) return Ok{};
    if (!reader.ok()) return std::move(reader).error();
    const auto decoder = make_item_decoder(options_.ingest);
    const auto take = [&](const std::vector<Record>& records) -> Result<bool> {
      for (const Record& record : records) {
        auto change = decoder->decode(record);
        if (change.ok() && change->content) newest_.insert_or_assign(change->item.bytes, std::move(*change->content));
      }
      return true;
    };
    MILLRACE_RETURN_IF_ERROR(read_to_end(**reader, items.topics, take));
    for (auto& [item, content] : newest_) result_.stream.contents.add(ItemId(item), std::move(content));
    return Ok{};
  }

  const TopicSourceOptions& options_;
  KafkaClients& kafka_;
  ReaderOptions reader_;
  IngestOptions ingest_options_;
  std::unique_ptr<Store> store_ = make_memory_store();
  std::unique_ptr<Ingest> ingest_;
  std::set<std::pair<TopicIndex, PartitionIndex>> open_;  // partitions that may hold more of the range
  std::map<std::string, ItemContent> newest_;
  TopicStream result_;
};

}  // namespace

Result<RangeEnd> parse_range_end(std::string_view flag, std::string_view text) {
  RangeEnd end;
  std::int64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && rest == text.data() + text.size() && number >= 0) {
    end.offset = Offset{number};
    return end;
  }
  end.time = parse_rfc3339(text);
  if (end.time) return end;
  return stop_error(ErrorCode::kInvalid, "reading " + std::string(flag) + ": found \"" + std::string(text) +
                                             "\", expected an offset (120000) or a time (2024-05-01T08:00:00Z, "
                                             "2024-05-01)");
}

Result<TopicStream> read_topics(const TopicSourceOptions& options, KafkaClients& kafka) {
  return RangeReader(options, kafka).read();
}

}  // namespace millrace
