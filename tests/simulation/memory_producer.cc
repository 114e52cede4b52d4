#include <algorithm>
#include <utility>

#include "tests/simulation/memory_broker.h"

namespace millrace::testing {
namespace {

constexpr double kReported = 0.6;  // of what is in flight, each time somebody asks
constexpr double kWritten = 0.5;   // of what is in flight, without a report yet

class MemoryProducer final : public Producer {
 public:
  explicit MemoryProducer(MemoryBroker& broker)
      : broker_(broker), world_(broker.world()), capacity_(world_.between(1, 40)), life_(world_.life()) {}
  // What is on its way may arrive or not.
  ~MemoryProducer() override { write_some(kWritten); }
  MemoryProducer(const MemoryProducer&) = delete;
  MemoryProducer& operator=(const MemoryProducer&) = delete;

  Status produce(const Message& message) override {
    world_.crash_here();
    if (dead()) return Ok{};
    if (in_flight_.size() >= capacity_) return Error{ErrorCode::kUnavailable, Disposition::kRetry, "queue full"};
    if (auto error = world_.error_here("produce", {Disposition::kRestartClient})) return *std::move(error);
    if (broker_.on_produce) broker_.on_produce(message);
    in_flight_.push_back({message, false});
    return Ok{};
  }
  std::vector<Delivery> deliveries(std::chrono::milliseconds timeout) override;
  Status flush(std::chrono::milliseconds) override { return Ok{}; }
  std::size_t in_flight() const override { return in_flight_.size(); }
  std::string statistics() const override { return ""; }
  std::optional<Error> fatal() const override { return fatal_; }

 private:
  struct Sent {
    Message message;
    bool written = false;
  };
  bool dead() const { return life_ != world_.life(); }
  void write(Sent& sent) {
    if (!std::exchange(sent.written, true)) broker_.write(sent.message);
  }
  void write_some(double share) {
    for (Sent& sent : in_flight_) {
      if (world_.chance(share)) write(sent);
    }
  }
  Delivery report(Sent& sent);

  MemoryBroker& broker_;
  World& world_;
  std::size_t capacity_;
  std::uint64_t life_;
  std::vector<Sent> in_flight_;
  std::optional<Error> fatal_;
};

std::vector<Delivery> MemoryProducer::deliveries(std::chrono::milliseconds timeout) {
  world_.crash_here();
  std::vector<Delivery> reports;
  if (dead()) return reports;
  write_some(kWritten);
  for (std::size_t left = in_flight_.size(); left > 0; --left) {
    if (!world_.chance(kReported)) continue;
    const auto at = in_flight_.begin() + static_cast<std::ptrdiff_t>(world_.random.below(in_flight_.size()));
    reports.push_back(report(*at));
    in_flight_.erase(at);
  }
  if (world_.chance(world_.hazards.error / 4)) {
    fatal_ = Error{ErrorCode::kFatal, Disposition::kRestartClient, std::string(kInjected) + "keep producing"};
  }
  world_.sleep(timeout);
  return reports;
}

// One that is reported as failed may have been written all the same.
Delivery MemoryProducer::report(Sent& sent) {
  Delivery delivery;
  delivery.token = sent.message.token;
  delivery.delivered = !world_.chance(world_.hazards.failed_delivery);
  if (delivery.delivered || world_.chance(0.5)) write(sent);
  if (!delivery.delivered) delivery.error = std::string(kInjected) + "deliver";
  delivery.at = world_.now();
  return delivery;
}

}  // namespace

std::unique_ptr<Producer> make_memory_producer(MemoryBroker& broker) {
  return std::make_unique<MemoryProducer>(broker);
}

}  // namespace millrace::testing
