#include "tests/flood/flood.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "app/config.h"
#include "app/step.h"
#include "features/user_queue.h"
#include "features/user_state.h"
#include "metrics/process.h"
#include "publish/publisher.h"
#include "store/memory_store.h"

namespace millrace::testing {
namespace {

constexpr std::uint64_t kRegulars = 500;
constexpr std::uint64_t kCatalogue = 200;  // items that the regulars choose from
constexpr std::uint64_t kWarmUp = 4 * kRegulars;
constexpr std::uint64_t kRecordsPerRegular = 20;  // one in so many is of a regular
constexpr std::uint64_t kRecordsPerStep = 2'048;
constexpr std::int64_t kFirstTime = 1'700'000'000'000;
constexpr std::int64_t kPause = 10;
constexpr std::uint64_t kMoments = 100;
constexpr Effort kLeast{.replays = 0, .ranked_examples = 8, .depth_percent = 25};

// Record `number` of the stream; the flood begins when every regular and every item of theirs is known.
class Stream {
 public:
  explicit Stream(const FloodOptions& options) : options_(options) {}

  bool is_of_a_regular(std::uint64_t number) const { return number < kWarmUp || number % kRecordsPerRegular == 0; }
  Record record(std::uint64_t number) {
    const auto at = static_cast<std::int64_t>(number);
    const bool regular = is_of_a_regular(number);
    const std::string user =
        regular ? "regular-" + std::to_string(number * 7919 / (number < kWarmUp ? 1 : kRecordsPerRegular) % kRegulars)
                : "once-" + std::to_string(flooded_++);
    const std::string time = std::to_string(kFirstTime + kPause * at);
    return {{TopicIndex{0}, PartitionIndex{0}, Offset{at}},
            Millis{kFirstTime + kPause * at},
            user,
            R"({"user_id":")" + user + R"(","item_id":")" + item(number, regular) +
                R"(","event_type":"click","event_time":)" + time + "}",
            {}};
  }
  std::uint64_t flooded() const { return flooded_; }
  bool over() const { return flooded_ >= options_.users; }

 private:
  std::string item(std::uint64_t number, bool regular) {
    const std::uint64_t due = options_.items * flooded_ / options_.users;
    if (!regular && due > items_) return "once-" + std::to_string(items_++);
    return "item-" + std::to_string(number % kCatalogue);
  }
  const FloodOptions& options_;
  std::uint64_t flooded_ = 0;
  std::uint64_t items_ = 0;
};

Config config_of(const FloodOptions& options) {
  Config config;
  config.features.max_users = options.max_users;
  config.features.max_items = options.max_items;
  config.features.user_cache_bytes = config.features.item_cache_bytes = options.cache_bytes;
  config.store.block_cache_bytes = config.store.write_buffer_bytes = options.cache_bytes;
  config.store.example_capacity = 10 * options.max_users;
  config.model.encoder.dimension = 16;
  config.model.encoder.negatives = 64;
  config.model.encoder.token_buckets = 1'024;
  config.model.encoder.max_rows = options.max_items;
  config.model.factors.dimension = 16;
  config.model.factors.max_users = options.max_users;
  config.model.memory.max_sessions = options.max_users;
  return config;
}

// Decoding, the step and its commit, as the service puts them together.
class Service {
 public:
  static Result<std::unique_ptr<Service>> open(const Config& config, Store& store) {
    auto service = std::unique_ptr<Service>(new Service(config, store));
    MILLRACE_ASSIGN_OR_RETURN(service->step_, Step::open(step_options(config), store));
    const std::vector<std::pair<TopicIndex, PartitionIndex>> first{{TopicIndex{0}, PartitionIndex{0}}};
    MILLRACE_RETURN_IF_ERROR(service->ingest_->assign(first));
    service->ingest_->start_at(TopicIndex{0}, PartitionIndex{0}, Offset{0});
    return service;
  }

  Status run(std::span<const Record> records) {
    StepInput input;
    input.step = step_->last_step() + 1;
    input.effort = kLeast;
    input.events = ingest_->ingest(records, false).events;
    input.reflects = {{TopicIndex{0}, PartitionIndex{0}, Offset{raw(records.back().position.offset) + 1}}};
    WriteBatch batch;
    MILLRACE_ASSIGN_OR_RETURN(const StepOutput output, step_->run(input, batch));
    ingest_->flush(batch);
    MILLRACE_RETURN_IF_ERROR(store_.commit(batch));
    for (const RecommendationList& list : output.lists) {
      if (list.user.bytes.starts_with("regular-")) newest_lists_[list.user.bytes] = list.step;
    }
    gone_ += output.users_gone;
    unknown_ += output.items_unknown;
    return Ok{};
  }

  Features& features() { return step_->features(); }
  std::uint64_t gone() const { return gone_; }
  std::uint64_t unknown() const { return unknown_; }
  const std::map<std::string, std::uint64_t>& newest_lists() const { return newest_lists_; }  // step by regular

 private:
  Service(const Config& config, Store& store) : store_(store), ingest_(make_ingest(config.ingest, store)) {}
  Store& store_;
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<Step> step_;
  std::map<std::string, std::uint64_t> newest_lists_;
  std::uint64_t gone_ = 0;
  std::uint64_t unknown_ = 0;
};

std::uint64_t bytes_in(const std::string& directory) {
  std::uint64_t bytes = 0;
  std::error_code failure;  // files come and go
  for (const auto& entry : std::filesystem::directory_iterator(directory, failure)) {
    const std::uint64_t size = entry.file_size(failure);
    if (!failure) bytes += size;
  }
  return bytes;
}

// The bytes of the row, with sessions numbered within the user: across users they are numbered in order of arrival.
Result<std::string> comparable(std::string_view row) {
  MILLRACE_ASSIGN_OR_RETURN(UserState user, decode_user(row));
  std::map<std::uint64_t, std::uint64_t> numbers;
  for (const std::uint64_t session : user.sessions) numbers.emplace(session, 0);
  numbers.emplace(user.session, 0);
  std::uint64_t next = 1;
  for (auto& [session, number] : numbers) number = next++;
  for (std::uint64_t& session : user.sessions) session = numbers[session];
  user.session = numbers[user.session];
  return encode_user(user);
}

class Comparison {
 public:
  Comparison(const FloodOptions& options, const Store& flooded, const Store& quiet, FloodReport& report)
      : options_(options), flooded_(flooded), quiet_(quiet), report_(report) {}

  Status run(const Service& service) {
    MILLRACE_RETURN_IF_ERROR(users_stay());
    MILLRACE_RETURN_IF_ERROR(lists_stay(service));
    return counts_add_up(service);
  }

 private:
  void expect(bool holds, const std::string& otherwise) {
    if (!holds) report_.findings.push_back(otherwise);
  }

  Status users_stay() {
    for (std::uint64_t i = 0; i < kRegulars; ++i) {
      const std::string user = "regular-" + std::to_string(i);
      MILLRACE_ASSIGN_OR_RETURN(const auto found, flooded_.get(Table::kUsers, user));
      MILLRACE_ASSIGN_OR_RETURN(const auto expected, quiet_.get(Table::kUsers, user));
      expect(found.has_value(), user + " was forgotten");
      if (!found || !expected) continue;
      MILLRACE_ASSIGN_OR_RETURN(const std::string with, comparable(*found));
      MILLRACE_ASSIGN_OR_RETURN(const std::string without, comparable(*expected));
      expect(with == without, user + " is not what it is without the flood");
      ++report_.regulars;
    }
    return Ok{};
  }

  Status lists_stay(const Service& service) {
    expect(service.newest_lists().size() == kRegulars, "not every regular got a list");
    for (const auto& [user, step] : service.newest_lists()) {
      MILLRACE_ASSIGN_OR_RETURN(const auto row, flooded_.get(Table::kLists, user));
      expect(row.has_value(), user + " has no list");
      if (!row) continue;
      MILLRACE_ASSIGN_OR_RETURN(const RecommendationList list, decode_list(UserId(user), *row));
      expect(list.step == step && !list.items.empty(), user + " does not have its newest list");
    }
    return Ok{};
  }

  Result<std::uint64_t> rows(Table table) const {
    std::uint64_t count = 0;
    MILLRACE_RETURN_IF_ERROR(flooded_.scan(table, "", "", [&](auto, auto) { return ++count > 0; }));
    return count;
  }

  Status counts_add_up(const Service& service) {
    MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t users, rows(Table::kUsers));
    MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t places, rows(Table::kUserQueue));
    MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t lists, rows(Table::kLists));
    MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t items, rows(Table::kItems));
    const std::uint64_t came = kRegulars + options_.users;
    expect(users + service.gone() == came, std::to_string(came) + " users came, " + std::to_string(users) +
                                               " are known and " + std::to_string(service.gone()) + " were evicted");
    expect(users <= options_.max_users, std::to_string(users) + " users are known");
    expect(places == users, std::to_string(places) + " places for " + std::to_string(users) + " users");
    expect(lists == users, std::to_string(lists) + " lists for " + std::to_string(users) + " users");
    const std::uint64_t items_came = kCatalogue + options_.items;
    expect(items == std::min(items_came, options_.max_items), std::to_string(items) + " items are known");
    expect(items + service.unknown() == items_came, std::to_string(service.unknown()) + " events of unknown items");
    return Ok{};
  }

  const FloodOptions& options_;
  const Store& flooded_;
  const Store& quiet_;
  FloodReport& report_;
};

class Flood {
 public:
  explicit Flood(const FloodOptions& options) : options_(options), config_(config_of(options)) {}

  // One run after the other, so that the quiet one, in memory, is no part of what the flood takes.
  Result<FloodReport> run(const std::function<void(const FloodMoment&)>& progress) {
    config_.service.state_directory = options_.directory;
    MILLRACE_ASSIGN_OR_RETURN(const auto store, open_rocks_store(rocks_options(config_, false)));
    MILLRACE_ASSIGN_OR_RETURN(const auto service, Service::open(config_, *store));
    MILLRACE_RETURN_IF_ERROR(
        run_steps(*service, true, [&](const Stream& stream) { observe(stream, *service, progress); }));
    const auto quiet_store = make_memory_store();
    MILLRACE_ASSIGN_OR_RETURN(const auto quiet, Service::open(config_, *quiet_store));
    MILLRACE_RETURN_IF_ERROR(run_steps(*quiet, false, [](const Stream&) {}));
    MILLRACE_RETURN_IF_ERROR(Comparison(options_, *store, *quiet_store, report_).run(*service));
    return std::move(report_);
  }

 private:
  // Steps that end at the same records of the stream, whether `flooded` or of the regulars alone.
  Status run_steps(Service& service, bool flooded, const std::function<void(const Stream&)>& after_step) const {
    Stream stream(options_);
    for (std::uint64_t number = 0; !stream.over();) {
      std::vector<Record> records;
      const std::uint64_t end = number < kWarmUp ? number + kWarmUp : number + kRecordsPerStep;
      for (; number < end && !stream.over(); ++number) {
        Record record = stream.record(number);
        if (flooded || stream.is_of_a_regular(number)) records.push_back(std::move(record));
      }
      if (!records.empty()) MILLRACE_RETURN_IF_ERROR(service.run(records));
      after_step(stream);
    }
    return Ok{};
  }

  void observe(const Stream& stream, Service& service, const std::function<void(const FloodMoment&)>& progress) {
    const std::uint64_t due = (report_.moments.size() + 1) * options_.users / kMoments;
    if (stream.flooded() < due) return;
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin_;
    report_.moments.push_back({stream.flooded(), passed.count(), measure_process().resident_bytes,
                               bytes_in(options_.directory), service.features().user_count(),
                               service.features().item_count(), service.gone(), service.unknown()});
    progress(report_.moments.back());
  }

  FloodOptions options_;
  Config config_;
  FloodReport report_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

Result<FloodReport> run_flood(const FloodOptions& options, const std::function<void(const FloodMoment&)>& progress) {
  return Flood(options).run(progress);
}

}  // namespace millrace::testing
