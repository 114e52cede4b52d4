// What is sent into a simulated run, and what each record means: the truth that the oracle starts from. Users, items
// and times are few and close together, so that every rule of order, age and repetition is met in a few hundred
// records.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "core/catalogue.h"
#include "tests/simulation/memory_broker.h"
#include "tests/simulation/world.h"

namespace millrace::testing {

// One record of an event topic.
struct Told {
  bool broken = false;  // no event can be read from it
  std::string kind;
  std::string user;
  std::string item;
  std::int64_t time = 0;
  std::int64_t record_time = 0;
  float value = 0.0F;
  float quantity = 1.0F;
  std::string event_id;
};

// One record of the items topic.
struct ToldItem {
  bool broken = false;
  ItemId item;
  std::optional<ItemContent> content;
};

class Stream {
 public:
  Stream(const Config& config, MemoryBroker& broker, World& world, std::uint64_t events);

  bool ended() const { return sent_ == events_; }
  // Sends one record, now and then one of the items topic too.
  void send();

  // By topic and partition, in order of offsets.
  const std::vector<Told>& told(std::size_t topic, std::int32_t partition) const {
    return told_.at({topic, partition});
  }
  const std::vector<ToldItem>& told_items() const { return told_items_; }

 private:
  Told draw(std::size_t topic);
  void send_event(std::size_t topic, const Told& told);
  void send_item();
  std::string payload_of(const Told& told) const;
  std::optional<std::string> broken_payload();
  std::int32_t partition_of(const std::string& user) const;

  const Config& config_;
  MemoryBroker& broker_;
  World& world_;
  std::uint64_t events_;
  std::uint64_t sent_ = 0;
  std::uint64_t users_;
  std::uint64_t items_;
  std::map<std::pair<std::size_t, std::int32_t>, std::vector<Told>> told_;
  std::vector<ToldItem> told_items_;
};

}  // namespace millrace::testing
