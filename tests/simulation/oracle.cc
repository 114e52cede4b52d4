#include "tests/simulation/oracle.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "app/step_record.h"
#include "core/bytes.h"
#include "features/catalogue_codec.h"
#include "features/decay.h"
#include "features/item_state.h"
#include "features/user_state.h"
#include "ingest/partition_ledger.h"
#include "publish/dead_letter.h"
#include "publish/delivery_marks.h"
#include "publish/publisher.h"
#include "tests/simulation/account.h"

namespace millrace::testing {
namespace {

constexpr std::size_t kFindingsMax = 12;

using Rows = std::map<std::string, std::string>;
using Place = std::pair<std::size_t, std::int32_t>;  // topic, partition

// A published list without the time at which it was made.
struct Published {
  std::uint64_t version = 0;
  std::string body;
};

std::string without_field(std::string json, const std::string& name) {
  const std::size_t at = json.find("\"" + name + "\":");
  if (at == std::string::npos) return json;
  return json.erase(at, json.find(',', at) + 1 - at);
}

Published published_of(const std::string& json) {
  const std::size_t at = json.find("\"version\":");
  Published list;
  if (at != std::string::npos) list.version = std::stoull(json.substr(at + 10));
  list.body = without_field(json, "generated_at");
  return list;
}

std::string header_of(const Message& message, const std::string& name) {
  for (const auto& [key, value] : message.headers) {
    if (key == name) return value;
  }
  return "";
}

// Compares one store, and what is on the topics, with the account.
class Check {
 public:
  Check(const Config& config, const Stream& stream, const MemoryBroker& broker, const Store& store)
      : config_(config), stream_(stream), broker_(broker), store_(store) {}

  std::vector<std::string> run(bool complete) {
    complete_ = complete;
    read_names();
    check_partitions();
    check_catalogue();
    apply_steps();
    check_users();
    check_items();
    check_published_order();
    check_lists();
    check_dead_letters();
    if (complete) check_complete();
    return std::move(findings_);
  }

 private:
  template <class A, class B>
  void equal(const A& found, const B& expected, const std::string& what) {
    if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
      if (std::cmp_equal(found, expected)) return;
    } else {
      if (found == expected) return;
    }
    std::string line = what + " differs";
    if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>)
      line += ": found " + std::to_string(found) + ", expected " + std::to_string(expected);
    fail(line);
  }
  void fail(std::string finding) {
    if (findings_.size() < kFindingsMax) findings_.push_back(std::move(finding));
  }
  void near(double found, double expected, const std::string& what) {
    if (std::abs(found - expected) <= 1e-6 + 1e-6 * std::abs(expected)) return;
    fail(what + ": found " + std::to_string(found) + ", expected " + std::to_string(expected));
  }

  Rows rows(Table table, std::string_view prefix = "") {
    Rows found;
    const Status scanned = store_.scan(table, prefix, "", [&](std::string_view key, std::string_view value) {
      found.emplace(key, value);
      return true;
    });
    if (!scanned.ok()) fail(scanned.error().message);
    return found;
  }
  std::optional<PartitionState> partition(std::size_t topic, std::int32_t number) {
    const auto row = store_.get(Table::kPartitions,
                                partition_key(TopicIndex{static_cast<std::uint8_t>(topic)}, PartitionIndex{number}));
    if (!row.ok() || !row->has_value()) return std::nullopt;
    const auto state = decode_partition(**row);
    if (!state.ok()) fail(state.error().message);
    return state.ok() ? std::optional(*state) : std::nullopt;
  }
  std::size_t topics() const { return config_.ingest.topics.size(); }
  std::int32_t partition_count() const {
    return static_cast<std::int32_t>(broker_.partitions(config_.ingest.topics.front().name).size());
  }
  void each_partition(const std::function<void(std::size_t, std::int32_t)>& visit) const {
    for (std::size_t topic = 0; topic < topics(); ++topic) {
      for (std::int32_t number = 0; number < partition_count(); ++number) visit(topic, number);
    }
  }
  std::string name_of(std::size_t topic, std::int32_t number) const {
    return config_.ingest.topics.at(topic).name + "/" + std::to_string(number);
  }

  void read_names() {
    for (const auto& [id, row] : rows(Table::kItemIds)) {
      ByteReader in(row);
      static_cast<void>(in.u8());
      index_of_[id] = in.varint();
    }
  }

  // Every record below the offset has one outcome, and the sums are right.
  void check_partitions() {
    each_partition([&](std::size_t topic, std::int32_t number) {
      const auto state = partition(topic, number);
      const std::size_t next = state ? static_cast<std::size_t>(raw(state->next)) : 0;
      const auto& told = stream_.told(topic, number);
      PartitionAccount& account = accounts_[{topic, number}];
      account = account_of(told, next, config_.ingest);
      const std::string name = name_of(topic, number);
      if (next > told.size()) return fail(name + ": the offset is beyond the topic's end");
      if (!state) return;
      equal(state->outcomes, account.counts, name + ": the counts of outcomes");
      equal(state->newest.count, account.newest, name + ": the newest event time");
      equal(state->seen_slots, account.ids.size(), name + ": the ids ever remembered");
      check_ids(topic, number, account.ids);
    });
  }

  // Rows hold the newest ids, in order; the oldest row may reach back beyond the window.
  void check_ids(std::size_t topic, std::int32_t number, const std::vector<std::string>& ids) {
    const std::string name = name_of(topic, number);
    const std::size_t expired = ids.size() - std::min(ids.size(), config_.ingest.duplicates_window);
    std::optional<std::size_t> next;
    for (const auto& [key, value] :
         rows(Table::kSeenIds, partition_key(TopicIndex{static_cast<std::uint8_t>(topic)}, PartitionIndex{number}))) {
      const auto row = decode_seen_ids(key, value);
      if (!row.ok()) return fail(row.error().message);
      if (!next && row->first > expired) return fail(name + ": ids are forgotten too early");
      if (next) equal(row->first, *next, name + ": the number of a remembered id");
      next = row->first + row->ids.size();
      if (*next <= expired || *next > ids.size()) return fail(name + ": ids are remembered that should not be");
      const std::vector<std::string> expected(ids.begin() + static_cast<std::ptrdiff_t>(row->first),
                                              ids.begin() + static_cast<std::ptrdiff_t>(*next));
      equal(row->ids, expected, name + ": the remembered ids");
    }
    equal(next.value_or(expired), ids.size(), name + ": the ids remembered");
  }

  void check_catalogue() {
    if (config_.input.items_topic.empty()) return;
    const auto state = partition(topics(), 0);
    items_next_ = state ? static_cast<std::size_t>(raw(state->next)) : 0;
    std::map<std::string, ItemContent> expected;
    for (std::size_t i = 0; i < items_next_; ++i) {
      const ToldItem& told = stream_.told_items().at(i);
      if (told.broken) continue;
      if (told.content) {
        expected[told.item.bytes] = *told.content;
      } else {
        expected.erase(told.item.bytes);
      }
    }
    std::map<std::string, ItemContent> found;
    for (const auto& [item, row] : rows(Table::kCatalogue)) {
      const auto content = decode_content(row);
      if (content.ok()) found[item] = *content;
    }
    equal(found, expected, "the catalogue");
  }

  // Puts the applied events into the books in the order that the step boundaries say.
  void apply_steps() {
    std::map<Place, std::int64_t> next;
    std::uint64_t step = 0;
    for (const auto& [key, row] : rows(Table::kSteps)) {
      const auto record = decode_step_record(read_key(key), row);
      if (!record.ok()) return fail(record.error().message);
      if (record->step != ++step) return fail("step " + std::to_string(step) + " is not recorded");
      for (const Reflected& reflected : record->reflects) {
        const Place place{raw(reflected.topic), raw(reflected.partition)};
        if (raw(reflected.next) < next[place]) fail("the boundaries of step " + std::to_string(step) + " go back");
        for (; next[place] < raw(reflected.next); ++next[place]) apply(place, next[place], step);
      }
    }
    steps_ = step;
    each_partition([&](std::size_t topic, std::int32_t number) {
      const auto state = partition(topic, number);
      equal(state ? raw(state->next) : 0, next[{topic, number}], name_of(topic, number) + ": offset and last boundary");
    });
    const auto last = store_.get(Table::kMeta, "last_step");
    ByteReader in(last.ok() && last->has_value() ? std::string_view(**last) : std::string_view());
    static_cast<void>(in.u8());
    equal(in.varint(), step, "the last step");
  }

  void apply(const Place& place, std::int64_t offset, std::uint64_t step) {
    const auto at = static_cast<std::size_t>(offset);
    const PartitionAccount& account = accounts_.at(place);
    if (at >= account.outcomes.size()) return fail("a step's boundary is beyond the stored offset");
    if (account.outcomes[at] != Outcome::kApplied) return;
    const Told& told = stream_.told(place.first, place.second)[at];
    UserAccount& user = users_[told.user];
    if (!index_of_.contains(told.item)) return fail("item " + told.item + " has no index");
    user.apply(told, config_, index_of_);
    user.newest_in_step = user.last_step == step ? std::max(user.newest_in_step, told.time) : told.time;
    user.last_step = step;
    items_[told.item].apply(told);
  }

  void check_users() {
    const Rows stored = rows(Table::kUsers);
    equal(stored.size(), users_.size(), "the number of users");
    for (const auto& [name, expected] : users_) {
      const auto row = stored.find(name);
      if (row == stored.end()) {
        fail("user " + name + " is missing");
        continue;
      }
      const auto user = decode_user(row->second);
      if (user.ok()) {
        check_user(name, *user, expected);
      } else {
        fail(user.error().message);
      }
    }
  }

  void check_user(const std::string& name, const UserState& user, const UserAccount& expected) {
    const std::string who = "user " + name + ": ";
    equal(user.interactions, expected.history.size(), who + "interactions");
    equal(user.first_seen.count, expected.first, who + "first seen");
    equal(user.last_seen.count, expected.last, who + "last seen");
    equal(user.rating_sum, expected.rating_sum, who + "rating sum");
    equal(user.rating_count, expected.ratings, who + "ratings");
    check_history(who, user, expected);
    const double growth = std::exp2(static_cast<double>(expected.last - user.reference.count) /
                                    static_cast<double>(config_.features.counter_half_life.count));
    for (const auto& [kind, counter] : expected.counters) {
      near(user.kinds.at(raw(*config_.kinds.find(kind))) / growth, counter, who + "counter of " + kind);
    }
    std::map<std::uint64_t, std::pair<std::uint32_t, std::int64_t>> seen;
    for (const auto& [item, each] : expected.seen) seen[index_of_.at(item)] = {each.count, each.last};
    std::map<std::uint64_t, std::pair<std::uint32_t, std::int64_t>> found;
    for (const SeenItem& each : user.seen) found[raw(each.item)] = {each.count, each.last.count};
    equal(found, seen, who + "seen items");
  }

  void check_history(const std::string& who, const UserState& user, const UserAccount& expected) {
    const std::size_t kept = std::min(expected.history.size(), config_.features.history_length);
    if (user.history.size() != kept) return fail(who + "the length of the history differs");
    for (std::size_t i = 0; i < kept; ++i) {
      const Told& told = expected.history[expected.history.size() - kept + i];
      const Interaction& found = user.history[i];
      const bool same = raw(found.item) == index_of_.at(told.item) && found.time.count == told.time &&
                        config_.kinds.at(found.kind).name == told.kind && found.value == told.value;
      if (!same) return fail(who + "interaction " + std::to_string(i) + " of the history differs");
    }
  }

  void check_items() {
    const Rows stored = rows(Table::kItems);
    for (const auto& [name, expected] : items_) {
      const auto row = stored.find(key_u32(static_cast<std::uint32_t>(index_of_.at(name))));
      const auto item = decode_item(row == stored.end() ? "" : row->second);
      const std::string who = "item " + name + ": ";
      if (!item.ok()) {
        fail(who + item.error().message);
        continue;
      }
      equal(item->interactions, expected.interactions, who + "interactions");
      equal(item->clicks, expected.clicks, who + "clicks");
      equal(item->purchases, expected.purchases, who + "purchases");
      equal(item->rating_count, expected.ratings, who + "ratings");
      equal(item->rating_sum, expected.rating_sum, who + "rating sum");
      equal(item->first_seen.count, expected.first, who + "first seen");
      equal(item->last_seen.count, expected.last, who + "last seen");
    }
  }

  // Versions never go back, and one version is one list.
  void check_published_order() {
    for (const Message& message : broker_.written()) {
      if (message.topic != config_.publish.options.list_topic) continue;
      const std::string user = message.key.value_or("");
      const Published list = published_of(message.value.value_or(""));
      const auto [place, is_new] = newest_.try_emplace(user, list);
      if (is_new) continue;
      if (list.version < place->second.version) fail("the versions of user " + user + " go back");
      if (list.version == place->second.version && list.body != place->second.body)
        fail("two lists of user " + user + " have one version");
      place->second = list;
    }
  }

  // The newest list of every touched user is stored, and delivered unless its mark says otherwise.
  void check_lists() {
    const Rows lists = rows(Table::kLists);
    const auto marked = read_marks();
    equal(lists.size(), users_.size(), "the number of users with a list");
    for (const auto& [name, expected] : users_) {
      const auto row = lists.find(name);
      if (row == lists.end()) {
        fail("user " + name + " has no list");
        continue;
      }
      const auto list = decode_list(UserId(name), row->second);
      if (!list.ok()) {
        fail(list.error().message);
        continue;
      }
      check_list(name, *list, expected);
      if (marked.contains({list->version, name})) continue;
      const auto published = newest_.find(name);
      // After damage to the store the topic may be ahead, until the records are read again.
      const std::uint64_t version = published == newest_.end() ? 0 : published->second.version;
      if (version < list->version || (complete_ && version != list->version))
        fail("the newest list of user " + name + " is neither on the topic nor marked as undelivered");
    }
    for (const auto& [version, name] : marked) {
      if (!lists.contains(name)) fail("user " + name + " is marked without a list");
    }
  }

  // Version and user.
  std::set<std::pair<std::uint64_t, std::string>> read_marks() {
    std::set<std::pair<std::uint64_t, std::string>> marked;
    for (const auto& [key, row] : rows(Table::kDirty)) {
      const auto mark = decode_mark(key, row);
      if (!mark.ok()) {
        fail(mark.error().message);
        continue;
      }
      for (const UserId& user : mark->users) marked.emplace(mark->version, user.bytes);
    }
    return marked;
  }

  void check_list(const std::string& name, const RecommendationList& list, const UserAccount& expected) {
    equal(list.step, expected.last_step, "user " + name + ": the step of the newest list");
    equal(list.event_time.count, expected.newest_in_step, "user " + name + ": the event time of the newest list");
    std::set<ItemIndex> items;
    for (const RankedItem& item : list.items) items.insert(item.item);
    equal(items.size(), list.items.size(), "user " + name + ": the number of distinct items listed");
    if (list.items.size() > config_.lists.length) fail("user " + name + ": the list is too long");
    if (!config_.lists.exclude_seen) return;
    for (const auto& [item, seen] : expected.seen) {
      if (items.contains(ItemIndex{static_cast<std::uint32_t>(index_of_.at(item))}))
        fail("user " + name + ": a seen item is listed");
    }
  }

  // Each is on its topic or stored as undelivered; none is there that is no dead letter.
  void check_dead_letters() {
    std::set<std::pair<std::string, std::int64_t>> delivered;  // "topic/partition", offset
    for (const Message& message : broker_.written()) {
      if (message.topic == config_.publish.options.list_topic) continue;
      const std::string from = header_of(message, "__connect.errors.topic");
      equal(message.topic, from + config_.publish.options.dead_letter_suffix, "the topic of a dead letter");
      delivered.emplace(from + "/" + header_of(message, "__connect.errors.partition"),
                        std::stoll(header_of(message, "__connect.errors.offset")));
    }
    std::set<std::pair<std::string, std::int64_t>> waiting;
    for (const auto& [key, row] : rows(Table::kDeadLetters)) {
      const auto letter = decode_dead_letter(read_key(key), row);
      if (!letter.ok()) return fail(letter.error().message);
      const std::size_t topic = raw(letter->record.position.topic);
      const std::string name = topic == topics() ? config_.input.items_topic : config_.ingest.topics.at(topic).name;
      waiting.emplace(name + "/" + std::to_string(raw(letter->record.position.partition)),
                      raw(letter->record.position.offset));
    }
    const auto expected = expected_letters();
    for (const auto& letter : expected) {
      if (!delivered.contains(letter) && !waiting.contains(letter))
        fail("the dead letter of " + letter.first + " offset " + std::to_string(letter.second) + " is lost");
    }
    for (const auto& letter : waiting) {
      if (!expected.contains(letter)) fail("a record of " + letter.first + " is no dead letter but stored as one");
    }
    delivered_letters_ = delivered.size();
    expected_letters_ = expected.size();
    waiting_letters_ = waiting.size();
  }

  std::set<std::pair<std::string, std::int64_t>> expected_letters() const {
    std::set<std::pair<std::string, std::int64_t>> letters;
    for (const auto& [place, account] : accounts_) {
      for (std::size_t i = 0; i < account.outcomes.size(); ++i) {
        if (account.outcomes[i] == Outcome::kDeadLetter) letters.emplace(name_of(place.first, place.second), i);
      }
    }
    for (std::size_t i = 0; i < items_next_; ++i) {
      if (stream_.told_items()[i].broken) letters.emplace(config_.input.items_topic + "/0", i);
    }
    return letters;
  }

  void check_complete() {
    each_partition([&](std::size_t topic, std::int32_t number) {
      const std::size_t sent = stream_.told(topic, number).size();
      equal(accounts_.at({topic, number}).outcomes.size(), sent, name_of(topic, number) + ": records with an outcome");
      const auto group = broker_.group().find({config_.ingest.topics.at(topic).name, number});
      const std::int64_t committed = group == broker_.group().end() ? 0 : raw(group->second.offset);
      equal(committed, sent, name_of(topic, number) + ": the group's offset");
    });
    if (!config_.input.items_topic.empty()) equal(items_next_, stream_.told_items().size(), "item records read");
    equal(rows(Table::kDirty).size(), 0U, "the number of undelivered lists");
    equal(waiting_letters_, 0U, "the number of undelivered dead letters");
    equal(delivered_letters_, expected_letters_, "the number of records on dead-letter topics");
  }

  const Config& config_;
  const Stream& stream_;
  const MemoryBroker& broker_;
  const Store& store_;
  bool complete_ = false;
  std::vector<std::string> findings_;
  std::map<std::string, std::uint64_t> index_of_;  // of items
  std::map<Place, PartitionAccount> accounts_;
  std::map<std::string, UserAccount> users_;
  std::map<std::string, ItemAccount> items_;
  std::map<std::string, Published> newest_;  // on the list topic, by user
  std::size_t items_next_ = 0;
  std::uint64_t steps_ = 0;
  std::size_t delivered_letters_ = 0;
  std::size_t expected_letters_ = 0;
  std::size_t waiting_letters_ = 0;
};

}  // namespace

std::vector<std::string> Oracle::check(const Store& store) const {
  return Check(config_, stream_, broker_, store).run(false);
}

std::vector<std::string> Oracle::check_complete(const Store& store) const {
  return Check(config_, stream_, broker_, store).run(true);
}

}  // namespace millrace::testing
