#include "publish/publisher.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "core/bytes.h"
#include "core/failpoint.h"
#include "publish/dead_letter.h"
#include "publish/delivery_marks.h"

namespace millrace {
namespace {

constexpr std::int64_t kFirstBackoffMs = 100;
constexpr std::uint32_t kBackoffDoublings = 7;  // up to 12.8 s

std::uint64_t bytes_of(const RecommendationList& list) {
  return sizeof list + list.user.bytes.size() + list.items.size() * sizeof(RankedItem);
}
std::uint64_t bytes_of(const DeadLetter& letter) {
  std::uint64_t bytes = sizeof letter + letter.detail.size();
  if (letter.record.key) bytes += letter.record.key->size();
  if (letter.record.value) bytes += letter.record.value->size();
  for (const auto& [name, value] : letter.record.headers) bytes += name.size() + value.size();
  return bytes;
}

// Users and dead letters still to be delivered, each once: waiting in `ready_`, in flight under a token, or in `later_`
// after a failure. A user in flight is not sent again before the report, so an older list never follows a newer one.
class KafkaPublisher final : public Publisher {
 public:
  KafkaPublisher(const PublisherOptions& options, Producer& producer, const Names& names, const Clock& clock,
                 std::function<bool()> may_send)
      : options_(options), producer_(producer), names_(names), clock_(clock), may_send_(std::move(may_send)) {}

  Result<std::uint64_t> restore_dead_letters(const Store& store) override;
  Result<std::uint64_t> restore_lists(const Store& store, const ListFilter& wanted) override;
  void withdraw_lists() override;
  std::size_t lists_in_flight() const override;
  void enqueue(std::vector<RecommendationList> lists, const ListFilter& wanted) override;
  void enqueue_dead_letters(std::uint64_t first_sequence, std::span<const DeadLetter> letters) override;
  Result<Delivered> serve(std::chrono::milliseconds timeout, WriteBatch& batch) override;
  std::size_t backlog() const override { return lists_.size() + letters_.size(); }
  std::uint64_t backlog_bytes() const override { return bytes_; }

 private:
  struct PendingList {
    RecommendationList newest;
    std::uint64_t sent_version = 0;  // in flight; 0: not
    Millis sent_record_time;
    bool queued = false;     // in `ready_` or `later_`
    bool withdrawn = false;  // in flight, and not to be sent again
    std::uint32_t failures = 0;
  };
  struct PendingLetter {
    DeadLetter letter;
    std::uint32_t failures = 0;
  };
  // A user, or where `letter` is set the dead letter of that sequence.
  struct Ticket {
    UserId user;
    std::optional<std::uint64_t> letter;
  };

  Status send();
  Status send_one(const Ticket& ticket);
  Message message_of(const Ticket& ticket) const;
  void settle_list(const UserId& user, const Delivery& report, Delivered& delivered);
  void settle_letter(std::uint64_t sequence, const Delivery& report, Delivered& delivered, WriteBatch& batch);
  void postpone(Ticket ticket, std::uint32_t failures);
  void wake();
  void add(RecommendationList list);
  void add(std::uint64_t sequence, DeadLetter letter);

  const PublisherOptions options_;
  Producer& producer_;
  const Names& names_;
  const Clock& clock_;
  const std::function<bool()> may_send_;
  DeliveryMarks marks_;
  absl::flat_hash_map<std::string, PendingList> lists_;  // by user
  std::map<std::uint64_t, PendingLetter> letters_;       // by sequence
  std::deque<Ticket> ready_;
  std::multimap<Millis, Ticket> later_;
  absl::flat_hash_map<std::uint64_t, Ticket> in_flight_;  // by token
  std::uint64_t next_token_ = 1;
  std::uint64_t bytes_ = 0;
};

Result<std::uint64_t> KafkaPublisher::restore_lists(const Store& store, const ListFilter& wanted) {
  MILLRACE_ASSIGN_OR_RETURN(std::vector<RecommendationList> lists, marks_.read(store));
  std::uint64_t restored = 0;
  for (RecommendationList& list : lists) {
    if (!wanted(list)) continue;
    add(std::move(list));
    ++restored;
  }
  return restored;
}

Result<std::uint64_t> KafkaPublisher::restore_dead_letters(const Store& store) {
  Status status = Ok{};
  MILLRACE_RETURN_IF_ERROR(store.scan(Table::kDeadLetters, "", "", [&](std::string_view key, std::string_view value) {
    auto letter = decode_dead_letter(read_key(key), value);
    if (letter.ok()) {
      add(read_key(key), std::move(*letter));
    } else {
      status = std::move(letter).error();
    }
    return status.ok();
  }));
  MILLRACE_RETURN_IF_ERROR(std::move(status));
  return std::uint64_t{letters_.size()};
}

void KafkaPublisher::withdraw_lists() {
  std::erase_if(ready_, [](const Ticket& ticket) { return !ticket.letter; });
  std::erase_if(later_, [](const auto& entry) { return !entry.second.letter; });
  for (auto& [user, pending] : lists_) {
    pending.withdrawn = true;
    pending.queued = false;
    if (pending.sent_version == 0) bytes_ -= bytes_of(pending.newest);
  }
  absl::erase_if(lists_, [](const auto& entry) { return entry.second.sent_version == 0; });
}

std::size_t KafkaPublisher::lists_in_flight() const {
  return static_cast<std::size_t>(
      std::count_if(in_flight_.begin(), in_flight_.end(), [](const auto& entry) { return !entry.second.letter; }));
}

void KafkaPublisher::enqueue(std::vector<RecommendationList> lists, const ListFilter& wanted) {
  marks_.add(lists);
  for (RecommendationList& list : lists) {
    if (wanted(list)) add(std::move(list));
  }
}

void KafkaPublisher::enqueue_dead_letters(std::uint64_t first_sequence, std::span<const DeadLetter> letters) {
  for (const DeadLetter& letter : letters) add(first_sequence++, letter);
}

void KafkaPublisher::add(RecommendationList list) {
  const auto [place, is_new] = lists_.try_emplace(list.user.bytes);
  PendingList& pending = place->second;
  pending.withdrawn = false;
  if (!is_new && list.version <= pending.newest.version) return;
  if (!is_new) bytes_ -= bytes_of(pending.newest);
  bytes_ += bytes_of(list);
  pending.newest = std::move(list);
  if (pending.queued || pending.sent_version != 0) return;  // goes out when its turn, or the report, comes
  pending.queued = true;
  ready_.push_back({pending.newest.user, std::nullopt});
}

void KafkaPublisher::add(std::uint64_t sequence, DeadLetter letter) {
  bytes_ += bytes_of(letter);
  letters_.emplace(sequence, PendingLetter{std::move(letter), 0});
  ready_.push_back({UserId(), sequence});
}

Result<Delivered> KafkaPublisher::serve(std::chrono::milliseconds timeout, WriteBatch& batch) {
  wake();
  MILLRACE_RETURN_IF_ERROR(send());
  Delivered delivered;
  for (const Delivery& report : producer_.deliveries(timeout)) {
    const auto found = in_flight_.find(report.token);
    if (found == in_flight_.end()) continue;  // of a publisher before this one, on the same producer
    const Ticket ticket = std::move(found->second);
    in_flight_.erase(found);
    MILLRACE_FAILPOINT(kDelivered);
    if (!report.delivered) {
      ++delivered.failed;
      delivered.error = report.error;
    }
    if (ticket.letter) {
      settle_letter(*ticket.letter, report, delivered, batch);
    } else {
      settle_list(ticket.user, report, delivered);
    }
    MILLRACE_FAILPOINT(kCleared);
  }
  marks_.update(batch);
  if (auto fatal = producer_.fatal()) return *std::move(fatal);
  MILLRACE_RETURN_IF_ERROR(send());  // the reports made room
  return delivered;
}

// Until the bound on messages in flight, or until the producer's queue is full.
Status KafkaPublisher::send() {
  while (!ready_.empty() && in_flight_.size() < options_.in_flight_max) {
    const Status status = send_one(ready_.front());
    if (!status.ok() && status.error().disposition == Disposition::kRetry) return Ok{};
    MILLRACE_RETURN_IF_ERROR(status);
    ready_.pop_front();
  }
  return Ok{};
}

Status KafkaPublisher::send_one(const Ticket& ticket) {
  Message message = message_of(ticket);
  message.token = next_token_;
  if (!ticket.letter && may_send_ && !may_send_()) {
    return Error{ErrorCode::kUnavailable, Disposition::kRetry, "send a list: it must wait"};
  }
  MILLRACE_RETURN_IF_ERROR(producer_.produce(message));
  MILLRACE_FAILPOINT(kProduced);
  in_flight_.emplace(next_token_++, ticket);
  if (ticket.letter) return Ok{};
  PendingList& pending = lists_.at(ticket.user.bytes);
  pending.queued = false;
  pending.sent_version = pending.newest.version;
  pending.sent_record_time = pending.newest.record_time;
  return Ok{};
}

Message KafkaPublisher::message_of(const Ticket& ticket) const {
  if (ticket.letter) {
    const DeadLetter& letter = letters_.at(*ticket.letter).letter;
    const std::string& input = names_.topic(letter.record.position.topic);
    return dead_letter_message(letter, input, input + options_.dead_letter_suffix, options_.dead_letter_bytes_max);
  }
  Message message;
  message.topic = options_.list_topic;
  message.key = ticket.user.bytes;
  message.value = render_list(lists_.at(ticket.user.bytes).newest, names_, options_.format, clock_.now());
  return message;
}

void KafkaPublisher::settle_list(const UserId& user, const Delivery& report, Delivered& delivered) {
  const auto found = lists_.find(user.bytes);
  PendingList& pending = found->second;
  const std::uint64_t sent_version = std::exchange(pending.sent_version, 0);
  const bool is_newest = pending.newest.version == sent_version;
  if (report.delivered) {
    ++delivered.lists;
    delivered.freshness.push_back(report.at - pending.sent_record_time);
    pending.failures = 0;
    if (is_newest) marks_.settle(sent_version, user.bytes);
  }
  if (pending.withdrawn || (report.delivered && is_newest)) {
    bytes_ -= bytes_of(pending.newest);
    lists_.erase(found);
    return;
  }
  pending.queued = true;
  if (report.delivered) {
    ready_.push_back({user, std::nullopt});
  } else {
    postpone({user, std::nullopt}, pending.failures++);
  }
}

void KafkaPublisher::settle_letter(std::uint64_t sequence, const Delivery& report, Delivered& delivered,
                                   WriteBatch& batch) {
  const auto found = letters_.find(sequence);
  if (!report.delivered) {
    postpone({UserId(), sequence}, found->second.failures++);
    return;
  }
  ++delivered.dead_letters;
  batch.erase(Table::kDeadLetters, key_u64(sequence));
  bytes_ -= bytes_of(found->second.letter);
  letters_.erase(found);
}

void KafkaPublisher::postpone(Ticket ticket, std::uint32_t failures) {
  const std::int64_t backoff_ms = kFirstBackoffMs << std::min(failures, kBackoffDoublings);
  later_.emplace(clock_.now() + Millis{backoff_ms}, std::move(ticket));
}

void KafkaPublisher::wake() {
  if (later_.empty()) return;
  const auto due = later_.upper_bound(clock_.now());
  for (auto it = later_.begin(); it != due; ++it) ready_.push_back(std::move(it->second));
  later_.erase(later_.begin(), due);
}

}  // namespace

Status put_undelivered_anew(const Store& store, std::uint64_t version, WriteBatch& batch) {
  MILLRACE_ASSIGN_OR_RETURN(std::vector<RecommendationList> lists, DeliveryMarks().read(store));
  for (RecommendationList& list : lists) list.version = version;
  put_lists(lists, batch);
  return Ok{};
}

std::unique_ptr<Publisher> make_publisher(const PublisherOptions& options, Producer& producer, const Names& names,
                                          const Clock& clock, std::function<bool()> may_send) {
  return std::make_unique<KafkaPublisher>(options, producer, names, clock, std::move(may_send));
}

}  // namespace millrace
