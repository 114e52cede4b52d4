// One embedded broker for a whole test program, and short ways to write and read.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "kafka/client.h"

namespace millrace {

using std::chrono::milliseconds;

inline EmbeddedBroker& broker() {
  static const std::unique_ptr<EmbeddedBroker> kBroker = [] {
    auto started = start_embedded_broker();
    EXPECT_TRUE(started.ok());
    return std::move(*started);
  }();
  return *kBroker;
}

inline std::unique_ptr<Producer> make_producer(milliseconds delivery_timeout = milliseconds(20'000)) {
  ProducerOptions options;
  options.bootstrap_servers = broker().bootstrap_servers();
  options.delivery_timeout = delivery_timeout;
  options.statistics_interval = milliseconds(200);
  auto producer = open_producer(options);
  EXPECT_TRUE(producer.ok());
  return std::move(*producer);
}

// Produces and waits for every report.
inline std::vector<Delivery> deliver(Producer& producer, const std::vector<Message>& messages) {
  for (const Message& message : messages) EXPECT_TRUE(producer.produce(message).ok());
  std::vector<Delivery> reports;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (reports.size() < messages.size() && std::chrono::steady_clock::now() < deadline) {
    for (Delivery& report : producer.deliveries(milliseconds(100))) reports.push_back(std::move(report));
  }
  EXPECT_EQ(reports.size(), messages.size());
  return reports;
}

inline void fill(const std::string& topic, int records) {
  const auto producer = make_producer();
  std::vector<Message> messages;
  for (int i = 0; i < records; ++i) {
    Message message;
    message.topic = topic;
    message.key = "user-" + std::to_string(i);
    message.value = "value-" + std::to_string(i);
    messages.push_back(std::move(message));
  }
  deliver(*producer, messages);
}

// Polls until `count` records came or 20 s have passed.
template <class Source>
std::vector<Record> read(Source& source, std::size_t count) {
  std::vector<Record> records;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (records.size() < count && std::chrono::steady_clock::now() < deadline) {
    auto polled = source.poll(count - records.size(), milliseconds(100));
    if (!polled.ok()) {
      ADD_FAILURE() << polled.error().message;
      break;
    }
    for (Record& record : *polled) records.push_back(std::move(record));
  }
  return records;
}

}  // namespace millrace
