// The Apache Kafka of a test: started for it, or, where MILLRACE_TEST_BOOTSTRAP names a broker, that one.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/result.h"
#include "demo/real_broker.h"

namespace millrace::testing {

// Kafka's, where ./dev setup puts them or MILLRACE_KAFKA_LIBS says.
std::filesystem::path kafka_jars();

// kNotFound: no Java or no jars here; the message names the remedy. A broker that was given is used as it is where
// `options` ask for nothing; where they do, kInvalid: the test is to be skipped.
Result<std::unique_ptr<RealBroker>> start_real_broker(const RealBrokerOptions& options = {});

// Ends the calling test where there is no broker: skipped, or failed where MILLRACE_TEST_KAFKA is "required" (as under
// ./dev test). Declares `broker`, a std::unique_ptr<RealBroker>.
#define MILLRACE_REAL_BROKER(broker)                                       \
  auto broker##_started = ::millrace::testing::start_real_broker();        \
  if (!broker##_started.ok() && !::millrace::testing::broker_required()) { \
    GTEST_SKIP() << broker##_started.error().message;                      \
  }                                                                        \
  ASSERT_TRUE(broker##_started.ok()) << broker##_started.error().message;  \
  const std::unique_ptr<::millrace::RealBroker> broker = std::move(broker##_started).value()

bool broker_required();

// A name for a topic or group that no other test uses, also on a broker that outlives the tests.
std::string unique_name(const std::string& stem);

}  // namespace millrace::testing
