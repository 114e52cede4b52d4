#include "demo/recording.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace millrace {
namespace {

constexpr double kMoments = 900.0;
constexpr double kMib = 1 << 20;
constexpr const char* kCsvHeader =
    "seconds,records,records_per_second,lag,resident_mib,disk_mib,freshness_p50_ms,freshness_p99_ms,recall,"
    "popularity_recall,users_evicted\n";

double mib_in(const std::filesystem::path& folder) {
  double bytes = 0.0;
  std::error_code failure;  // files come and go
  for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
    const std::uintmax_t size = entry.file_size(failure);
    if (!failure) bytes += static_cast<double>(size);
  }
  return bytes / kMib;
}

RecordedMoment moment_between(const Reading& before, const Reading& now) {
  RecordedMoment moment;
  moment.seconds = now.seconds;
  moment.records = now.settled;
  moment.records_per_second =
      static_cast<double>(now.settled - before.settled) / std::max(1e-3, now.seconds - before.seconds);
  moment.lag = now.produced > now.settled ? now.produced - now.settled : 0;
  moment.freshness_p50_ms = 1e3 * quantile(before.freshness, now.freshness, 0.5);
  moment.freshness_p99_ms = 1e3 * quantile(before.freshness, now.freshness, 0.99);
  moment.recall = now.recall;
  moment.popularity_recall = now.popularity_recall;
  return moment;
}

}  // namespace

Recording::Recording(std::filesystem::path folder, std::filesystem::path state, double every)
    : folder_(std::move(folder)), state_(std::move(state)), every_(every) {}

Result<Recording> Recording::open(const std::filesystem::path& folder, const std::filesystem::path& state,
                                  double seconds) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  Recording recording(folder, state, std::max(1.0, seconds / kMoments));
  recording.csv_.open(folder / "soak.csv");
  recording.csv_ << kCsvHeader << std::flush;
  if (recording.csv_.good()) return recording;
  return stop_error(ErrorCode::kIo, "recording into " + folder.string() + ": soak.csv cannot be written there");
}

void Recording::observe(const Reading& reading, const Samples& samples) {
  if (reading.seconds - last_.seconds < every_) return;
  RecordedMoment moment = moment_between(last_, reading);
  moment.resident_mib = samples.sum("millrace_process_resident_memory_bytes") / kMib;
  moment.disk_mib = mib_in(state_);
  moment.users_evicted = samples.sum("millrace_evicted_users_total");
  csv_ << moment.seconds << ',' << moment.records << ',' << moment.records_per_second << ',' << moment.lag << ','
       << moment.resident_mib << ',' << moment.disk_mib << ',' << moment.freshness_p50_ms << ','
       << moment.freshness_p99_ms << ',' << moment.recall << ',' << moment.popularity_recall << ','
       << moment.users_evicted << '\n'
       << std::flush;
  moments_.push_back(moment);
  last_ = reading;
}

Status Recording::draw() const {
  std::ofstream picture(folder_ / "soak.svg");
  picture << draw_moments(moments_) << std::flush;
  if (picture.good()) return Ok{};
  return stop_error(ErrorCode::kIo, "drawing " + (folder_ / "soak.svg").string() + ": it cannot be written");
}

}  // namespace millrace
