// A number, then one stored value of that kind; or kTables, then rows (a table, the sizes of key and value, key, value)
// that are read as a start and `millrace verify` read them.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/state_checks.h"
#include "app/step.h"
#include "app/step_record.h"
#include "app/verify_report.h"
#include "app/verify_tables.h"
#include "core/bytes.h"
#include "core/check.h"
#include "features/catalogue_codec.h"
#include "features/item_state.h"
#include "features/neighbours.h"
#include "features/user_queue.h"
#include "features/user_state.h"
#include "ingest/partition_ledger.h"
#include "model/example_log.h"
#include "model/model_rows.h"
#include "publish/dead_letter.h"
#include "publish/delivery_marks.h"
#include "publish/publisher.h"
#include "store/format.h"
#include "store/memory_store.h"
#include "tests/fuzz/targets.h"

namespace millrace::fuzz {
namespace {

constexpr unsigned char kTablesMode = 255;
constexpr std::uint64_t kItemsMax = 1U << 16;
constexpr std::uint64_t kNumber = 7;  // of rows whose key is one

// What decodes encodes to bytes that decode to the same; what does not says that the bytes are damaged or too new.
template <class Decode, class Encode>
void check_codec(std::string_view bytes, const Decode& decode, const Encode& encode) {
  const auto row = decode(bytes);
  if (!row.ok()) {
    const ErrorCode code = row.error().code;
    MILLRACE_CHECK(code == ErrorCode::kCorruption || code == ErrorCode::kInvalid);
    return;
  }
  const std::string written = encode(*row);
  const auto again = decode(written);
  MILLRACE_CHECK(again.ok());
  MILLRACE_CHECK(encode(*again) == written);
}

using Check = std::function<void(std::string_view)>;

std::vector<Check> codecs() {
  const UserId user("u");
  return {
      [](auto in) { check_codec(in, decode_user, encode_user); },
      [](auto in) { check_codec(in, decode_item, encode_item); },
      [](auto in) { check_codec(in, decode_neighbours, encode_neighbours); },
      [](auto in) { check_codec(in, decode_content, encode_content); },
      [](auto in) {
        check_codec(
            in, [](auto bytes) { return decode_example(kNumber, bytes); }, encode_example);
      },
      [](auto in) { check_codec(in, decode_item_facts, encode_item_facts); },
      [](auto in) {
        check_codec(
            in, [](auto b) { return decode_step_record(kNumber, b); }, encode_step_record);
      },
      [user](auto in) {
        check_codec(
            in, [&](auto bytes) { return decode_list(user, bytes); }, encode_list);
      },
      [](auto in) {
        check_codec(
            in, [](auto bytes) { return decode_mark(mark_key(kNumber, 0), bytes); }, encode_mark);
      },
      [](auto in) {
        check_codec(
            in, [](auto b) { return decode_dead_letter(kNumber, b); }, encode_dead_letter);
      },
      [](auto in) { check_codec(in, decode_partition, encode_partition); },
      [](auto in) {
        const Status format = check_store_format(in, "state");
        MILLRACE_CHECK(format.ok() || !format.error().message.empty());
      },
      [](auto in) { check_codec(in, decode_queued_user, encode_queued_user); },
      [](auto in) {
        const std::string key = partition_key(TopicIndex{0}, PartitionIndex{0}) + key_u64(kNumber);
        check_codec(
            in, [&](auto bytes) { return decode_seen_ids(key, bytes); }, encode_seen_ids);
      },
  };
}

Config small_config() {
  Config config;
  config.model.encoder.dimension = 16;
  config.model.encoder.negatives = 16;
  config.model.encoder.token_buckets = 16;
  config.model.factors.dimension = 16;
  config.store.example_capacity = 64;
  return config;
}

// The model keeps what it knows of items by number, so a row of a made-up item asks for as much memory as the number
// says, and so does the count of known items.
bool asks_for_much(Table table, std::string_view key, std::string_view value) {
  if (table != Table::kModel) return false;
  const std::size_t owner = key.find('\0');
  const std::size_t name = owner == std::string_view::npos ? owner : key.find('\0', owner + 1);
  if (name == std::string_view::npos) return false;
  const std::string_view number = key.substr(name + 1);
  if (number == "state") {
    ByteReader in(value.substr(std::min<std::size_t>(1, value.size())));
    return in.varint() > kItemsMax || in.varint() > kItemsMax || in.varint() > kItemsMax;
  }
  return read_key(number, 0, static_cast<int>(std::min<std::size_t>(number.size(), 8))) > kItemsMax;
}

WriteBatch rows_of(std::string_view rest) {
  WriteBatch batch;
  while (!rest.empty()) {
    const Table table{static_cast<std::uint8_t>(take_byte(rest) % kTables)};
    const std::size_t key_bytes = take_byte(rest);
    const std::size_t low = take_byte(rest);
    const std::size_t value_bytes = low + 256U * take_byte(rest);
    const std::string key(rest.substr(0, key_bytes));
    rest.remove_prefix(key.size());
    const std::string value(rest.substr(0, value_bytes));
    rest.remove_prefix(value.size());
    if (!asks_for_much(table, key, value)) batch.put(table, key, value);
  }
  return batch;
}

void read_tables(std::string_view rows) {
  static const auto* config = new Config(small_config());
  const auto store = make_memory_store();
  MILLRACE_CHECK(store->commit(rows_of(rows)).ok());
  VerifyReport report;
  verify_tables(*config, *store, report, [](std::uint64_t) {});
  if (report.problems() > 0) return;
  // What verify accepts, a start accepts.
  MILLRACE_CHECK(check_state(*store).ok());
  MILLRACE_CHECK(Step::open(step_options(*config), *store).ok());
  const auto ingest = make_ingest(config->ingest, *store);
  const std::vector<std::pair<TopicIndex, PartitionIndex>> first{{TopicIndex{0}, PartitionIndex{0}}};
  MILLRACE_CHECK(ingest->assign(first).ok());
}

}  // namespace

void fuzz_stored(std::string_view input) {
  static const auto* checks = new std::vector<Check>(codecs());
  const unsigned char number = take_byte(input);
  if (number == kTablesMode) return read_tables(input);
  (*checks)[number % checks->size()](input);
}

}  // namespace millrace::fuzz
