#include "demo/auditor.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "demo/feeder.h"

namespace millrace {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kJsonDepth = 8;
constexpr std::size_t kPollRecords = 2'000;
constexpr milliseconds kPollTimeout{20};
constexpr milliseconds kQuiet{500};  // after the stop: nothing new for so long is the end
constexpr std::size_t kRecentRecords = 5;

// The reader's topics: the inputs, the lists, the inputs' dead letters.
constexpr std::uint8_t kListTopic = kDemoTopicCount;
constexpr std::uint8_t kFirstDeadLetterTopic = kDemoTopicCount + 1;

bool is_expected(const Record& record) {
  return std::none_of(record.headers.begin(), record.headers.end(),
                      [](const auto& header) { return header.first == kExpectedHeader; });
}

float number(const JsonValue& value) {
  switch (value.type) {
    case JsonValue::Type::kInteger:
      return static_cast<float>(value.integer);
    case JsonValue::Type::kReal:
      return static_cast<float>(value.real);
    default:
      return 0.0F;
  }
}

}  // namespace

Auditor::Auditor(const AuditOptions& options) : options_(options), json_(kJsonDepth) {}

Result<std::unique_ptr<Auditor>> Auditor::open(const AuditOptions& options) {
  std::unique_ptr<Auditor> auditor(new Auditor(options));
  ReaderOptions reader;
  reader.bootstrap_servers = options.bootstrap_servers;
  reader.client_id = "millrace-demo-auditor";
  reader.topics.assign(options.topics.begin(), options.topics.end());
  reader.topics.push_back(options.list_topic);
  for (const std::string& topic : options.topics) reader.topics.push_back(topic + options.dead_letter_suffix);
  MILLRACE_ASSIGN_OR_RETURN(auditor->reader_, open_reader(reader));
  return auditor;
}

Status Auditor::read(const std::stop_token& stop) {
  auto last_news = steady_clock::now();
  while (!stop.stop_requested() || steady_clock::now() - last_news < kQuiet) {
    const auto records = reader_->poll(kPollRecords, kPollTimeout);
    if (!records.ok() && records.error().disposition == Disposition::kRetry) continue;
    if (!records.ok()) return records.error();
    if (!records->empty()) last_news = steady_clock::now();
    for (const Record& record : *records) take(record);
  }
  return Ok{};
}

void Auditor::take(const Record& record) {
  const auto topic = raw(record.position.topic);
  if (topic < kListTopic) return take_input(record);
  if (topic == kListTopic) return take_list(record);
  ++counts_.dead_letters.at(topic - kFirstDeadLetterTopic);
  ++dead_letters_;
}

void Auditor::take_input(const Record& record) {
  ++counts_.records;
  if (!is_expected(record)) return;
  ++counts_.expected;
  UserBook& user = users_[record.key.value_or("")];
  user.newest.at(raw(record.position.topic)) = {record.position.partition, record.position.offset};
  if (options_.histories) {
    user.records[{record.position.topic, record.position.partition}].push_back(record.position.offset);
  }
  if (user.recent.size() == kRecentRecords) user.recent.erase(user.recent.begin());
  user.recent.push_back(record.value.value_or(""));
}

void Auditor::take_list(const Record& record) {
  ++counts_.lists;
  ++lists_;
  const std::string payload = record.value.value_or("");
  const bool readable = !json_.parse(payload).has_value();
  const JsonValue version = readable ? json_.at(JsonPath("version")) : JsonValue{};
  if (version.type != JsonValue::Type::kInteger || json_.at(JsonPath("user")).text != record.key) {
    ++counts_.unreadable;
    return;
  }
  const auto number = static_cast<std::uint64_t>(version.integer);
  UserBook& user = users_[record.key.value_or("")];
  counts_.backwards += number < user.version ? 1U : 0U;
  counts_.repeated += number == user.version ? 1U : 0U;
  if (number <= user.version) return;
  user.version = number;
  user.list = payload;
  note_reflected(user);
}

std::vector<TopicPartitionOffset> Auditor::reflects(const std::string& list) {
  std::vector<TopicPartitionOffset> offsets;
  if (list.empty() || json_.parse(list).has_value()) return offsets;
  for (std::size_t i = 0;; ++i) {
    const std::string at = "reflects.offsets." + std::to_string(i);
    const std::string_view topic = json_.at(JsonPath(at + ".topic")).text;
    if (topic.empty()) return offsets;
    const auto found = std::find(options_.topics.begin(), options_.topics.end(), topic);
    if (found == options_.topics.end()) continue;
    offsets.push_back({{TopicIndex{static_cast<std::uint8_t>(found - options_.topics.begin())},
                        PartitionIndex{static_cast<std::int32_t>(json_.at(JsonPath(at + ".partition")).integer)}},
                       Offset{json_.at(JsonPath(at + ".next")).integer}});
  }
}

void Auditor::note_reflected(UserBook& user) {
  for (const TopicPartitionOffset& offset : reflects(user.list)) {
    if (options_.histories) note_history(user, offset);
    std::int64_t& known = reflected_offsets_[offset.where];
    const std::int64_t next = raw(offset.offset);
    if (next <= known) continue;
    reflected_ += static_cast<std::uint64_t>(next - known);
    known = next;
  }
}

// Less of a partition than before is no lapse by itself: the topics may have been read in another order. Whether a
// record of the user is between is known at the end.
void Auditor::note_history(UserBook& user, const TopicPartitionOffset& offset) {
  Offset& furthest = user.reflected[offset.where];
  if (offset.offset < furthest) user.lapses.push_back({offset.where, offset.offset, furthest});
  furthest = std::max(furthest, offset.offset);
}

std::uint64_t Auditor::lists_from_less() const {
  std::uint64_t lists = 0;
  for (const auto& [name, user] : users_) {
    for (const Lapse& lapse : user.lapses) {
      const auto records = user.records.find(lapse.where);
      if (records == user.records.end()) continue;
      const auto first = std::lower_bound(records->second.begin(), records->second.end(), lapse.now);
      lists += first != records->second.end() && *first < lapse.before ? 1U : 0U;
    }
  }
  return lists;
}

std::vector<std::string> Auditor::users() const {
  std::vector<std::string> names;
  for (const auto& [name, book] : users_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> Auditor::users_left_behind() {
  std::vector<std::string> behind;
  for (const std::string& name : users()) {
    const UserBook& book = users_.at(name);
    std::map<TopicPartition, Offset> next;
    for (const TopicPartitionOffset& offset : reflects(book.list)) next[offset.where] = offset.offset;
    for (std::uint8_t topic = 0; topic < kDemoTopicCount; ++topic) {
      const auto& newest = book.newest.at(topic);
      if (!newest) continue;
      const auto found = next.find({TopicIndex{topic}, newest->first});
      if (found != next.end() && found->second > newest->second) continue;
      behind.push_back(name);
      break;
    }
  }
  return behind;
}

std::vector<AuditedItem> Auditor::list_of(const std::string& name) {
  std::vector<AuditedItem> items;
  if (users_.at(name).list.empty() || json_.parse(users_.at(name).list).has_value()) return items;
  for (std::size_t i = 0;; ++i) {
    const std::string at = "items." + std::to_string(i);
    const std::string_view item = json_.at(JsonPath(at + ".item")).text;
    if (item.empty()) return items;
    items.push_back({std::string(item), std::string(json_.at(JsonPath(at + ".reason")).text),
                     std::string(json_.at(JsonPath(at + ".because")).text)});
  }
}

std::vector<AuditedPurchase> Auditor::recent_of(const std::string& name) {
  std::vector<AuditedPurchase> items;
  for (const std::string& payload : users_.at(name).recent) {
    if (json_.parse(payload).has_value()) continue;
    items.push_back({std::string(json_.at(JsonPath("item_id")).text), number(json_.at(JsonPath("quantity")))});
  }
  return items;
}

}  // namespace millrace
