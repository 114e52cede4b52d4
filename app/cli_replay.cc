// `millrace replay`: a file through the step into a state directory, without a broker.
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "app/cli_commands.h"
#include "app/cli_input.h"
#include "app/pipeline_versions.h"
#include "app/progress.h"
#include "app/step.h"
#include "ingest/file_source.h"
#include "store/rocks_store.h"

namespace millrace {
namespace {

struct Replayed {
  std::uint64_t events = 0;
  std::uint64_t steps = 0;
  std::uint64_t lists = 0;
};

class Replayer {
 public:
  static Result<Replayer> open(const Config& config, Store& store) {
    WriteBatch batch;
    MILLRACE_ASSIGN_OR_RETURN(Versions versions, Versions::open(store, batch));
    versions.raise(0, 0, system_clock().now(), batch);
    MILLRACE_RETURN_IF_ERROR(store.commit(batch));
    StepOptions options = step_options(config);
    options.version_base = versions.base();
    MILLRACE_ASSIGN_OR_RETURN(auto step, Step::open(options, store));
    if (step->last_step() > 0) {
      return stop_error(ErrorCode::kInvalid, "replaying into " + config.service.state_directory + ": it holds " +
                                                 std::to_string(step->last_step()) +
                                                 " steps, expected an empty state directory; name another with "
                                                 "--set service.state_directory=PATH");
    }
    return Replayer(config, store, std::move(step));
  }

  Status run(FileSource& source, Progress& progress) {
    while (true) {
      MILLRACE_ASSIGN_OR_RETURN(auto event, source.next());
      if (event) events_.push_back(std::move(*event));
      if (events_.size() == config_.step.records_max || (!event && !events_.empty())) {
        MILLRACE_RETURN_IF_ERROR(apply());
        progress.update(source.bytes_read(),
                        std::to_string(done_.events) + " events, " + std::to_string(done_.lists) + " lists");
      }
      if (!event) return Ok{};
    }
  }

  const Replayed& done() const { return done_; }

 private:
  Replayer(const Config& config, Store& store, std::unique_ptr<Step> step)
      : config_(config), store_(store), step_(std::move(step)) {}

  Status apply() {
    StepInput input;
    input.step = ++done_.steps;
    done_.events += events_.size();
    input.events = std::exchange(events_, {});
    input.effort = {config_.effort.replays_max, config_.effort.ranked_examples};
    WriteBatch batch;
    MILLRACE_ASSIGN_OR_RETURN(const StepOutput output, step_->run(input, batch));
    done_.lists += output.lists.size();
    return store_.commit(batch);
  }

  const Config& config_;
  Store& store_;
  std::unique_ptr<Step> step_;
  std::vector<Event> events_;
  Replayed done_;
};

}  // namespace

Status run_replay(const ReplayCommand& command, const Config& config) {
  MILLRACE_ASSIGN_OR_RETURN(const FileOptions file, file_options(command.input, config));
  MILLRACE_ASSIGN_OR_RETURN(const auto source, open_file_source(file));
  MILLRACE_ASSIGN_OR_RETURN(const auto store, open_rocks_store(rocks_options(config, false)));
  MILLRACE_ASSIGN_OR_RETURN(Replayer replayer, Replayer::open(config, *store));
  {
    Progress progress(!command.quiet, "replay", source->bytes_total());
    MILLRACE_RETURN_IF_ERROR(replayer.run(*source, progress));
  }
  const Replayed& done = replayer.done();
  std::printf("%llu events in %llu steps, %llu lists, in %s\n", static_cast<unsigned long long>(done.events),
              static_cast<unsigned long long>(done.steps), static_cast<unsigned long long>(done.lists),
              config.service.state_directory.c_str());
  return Ok{};
}

}  // namespace millrace
