// What observers are told between steps, and how much disk is left.
#include <filesystem>
#include <string>
#include <system_error>

#include "app/pipeline_state.h"

namespace millrace {

void Pipeline::State::watch() {
  watch_disk();
  observer.on_state(observe_state());
}

void Pipeline::State::watch_disk() {
  std::error_code error;
  const auto space = std::filesystem::space(config.service.state_directory, error);
  if (error) return;  // a store in memory
  disk_free_bytes = space.available;
  const bool low = disk_free_bytes < config.store.free_bytes_min;
  source.set_paused(Pause::kDisk, low);
  observer.on_ready(Readiness::kDisk, !low, std::to_string(disk_free_bytes) + " bytes free");
}

StateObservation Pipeline::State::observe_state() {
  StateObservation state;
  state.lag = source.lag();
  state.users = step->features().user_cache();
  state.items = step->features().item_cache();
  state.rebuilding_records = source.behind();
  state.publish_messages = outlet.backlog();
  state.publish_bytes = outlet.backlog_bytes();
  state.model_bytes = step->learner().memory_bytes();
  state.model_rows = step->learner().family_rows();
  state.consumer_statistics = source.statistics();
  state.producer_statistics = outlet.statistics();
  state.disk_free_bytes = disk_free_bytes;
  if (!table_timer.due()) return state;
  for (std::size_t i = 0; i < kTables; ++i) {
    const Table table{static_cast<std::uint8_t>(i)};
    state.table_sizes.emplace_back(table, store.size(table));
  }
  return state;
}

}  // namespace millrace
