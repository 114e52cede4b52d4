// The service loop: Kafka → ingest → step → store → publish → Kafka, in one thread, which others help to make lists.
//
// Each turn takes the records that are there, runs one step over them, commits everything the step changed in one write
// batch (offsets, undelivered lists and dead letters included), and only then publishes. Offsets go to the consumer
// group afterwards; they show the lag and reveal a rewound store, the store's own offsets are what counts. Killed
// anywhere, the next start goes on after the last commit and publishes what was not delivered.
#pragma once

#include <atomic>
#include <memory>

#include "app/config.h"
#include "app/pipeline_observer.h"
#include "app/step.h"
#include "core/result.h"
#include "core/time.h"
#include "kafka/client.h"
#include "store/store.h"

namespace millrace {

class Pipeline {
 public:
  // Loads the state and learns again what the model's last checkpoint lacks; talks to no broker yet. All but
  // `config` must outlive the result.
  static Result<std::unique_ptr<Pipeline>> open(const Config& config, Store& store, PipelineObserver& observer,
                                                const Clock& clock = system_clock(),
                                                KafkaClients& kafka = rdkafka_clients());
  ~Pipeline();

  // Runs until `stop` is set, then finishes the step, publishes within the shutdown deadline, commits and leaves the
  // group. A broker that does not answer is waited for. Errors: kGap where records would be lost; kInvalid and
  // kNotFound for topics that do not fit; kCorruption, kNoSpace and kIo from the store. After an error the object can
  // only be destroyed.
  Status run(const std::atomic<bool>& stop);

  Step& step();

 private:
  struct State;
  explicit Pipeline(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millrace
