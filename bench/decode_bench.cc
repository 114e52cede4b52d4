// Records into events, beside simdjson alone on the same bytes: parsing without looking at anything.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "bench/report.h"
#include "bench/timing.h"
#include "bench/workload.h"
#include "ingest/event_decoder.h"

namespace millrace::bench {
namespace {

constexpr std::size_t kRecords = 10'000;

std::vector<Record> records() {
  Workload workload;
  std::vector<Record> all;
  for (const Event& event : workload.take(kRecords)) {
    Record record;
    record.position = event.position;
    record.timestamp = event.record_time;
    record.key = event.user.bytes;
    record.value = event_json(event);
    all.push_back(std::move(record));
  }
  return all;
}

IngestOptions options() {
  IngestOptions options;
  options.topics.resize(1);
  options.topics[0].name = "clicks";
  options.kinds = workload_kinds();
  return options;
}

class ParseAlone {
 public:
  explicit ParseAlone(const std::vector<Record>& records) {
    for (const Record& record : records) documents_.emplace_back(*record.value);
  }
  // Returns how many documents were refused.
  std::size_t run() {
    std::size_t refused = 0;
    for (const simdjson::padded_string& document : documents_) {
      if (parser_.parse(document).error() != simdjson::SUCCESS) ++refused;
    }
    return refused;
  }

 private:
  std::vector<simdjson::padded_string> documents_;
  simdjson::dom::parser parser_;
};

std::size_t decode_all(EventDecoder& decoder, const std::vector<Record>& records) {
  std::size_t refused = 0;
  for (const Record& record : records) {
    const DecodedEvent decoded = decoder.decode(record);
    if (!std::holds_alternative<Event>(decoded.result)) ++refused;
  }
  return refused;
}

void decode_over_simdjson(benchmark::State& state) {
  const std::vector<Record> all = records();
  const IngestOptions ingest = options();
  EventDecoder decoder(ingest);
  ParseAlone alone(all);
  double decode = 0.0;
  double parse = 0.0;
  std::size_t refused = 0;
  for ([[maybe_unused]] auto _ : state) {
    const double begin = thread_seconds();
    refused += decode_all(decoder, all);
    const double middle = thread_seconds();
    refused += alone.run();
    decode += middle - begin;
    parse += thread_seconds() - middle;
  }
  if (refused > 0) return state.SkipWithError("a good record was refused");
  const double events = static_cast<double>(state.iterations()) * kRecords;
  add_pair(state, "decode_over_simdjson", decode / parse,
           {{"decode_ns", decode / events * 1e9}, {"simdjson_ns", parse / events * 1e9}});
}
BENCHMARK(decode_over_simdjson)->Iterations(20)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace millrace::bench
