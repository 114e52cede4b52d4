// TLS and SASL on a real Apache Kafka that checks rights: SCRAM with a password from a file, PLAIN with one from the
// environment, a wrong one, and rights that are taken away. The passwords must show up nowhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "tests/integration/broker_admin.h"
#include "tests/integration/store_account.h"
#include "tests/integration/stream_fixture.h"

namespace millrace::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr milliseconds kPatience{120'000};
// Distinct texts that occur nowhere by chance.
constexpr const char* kScramPassword = "scram-Qz7pL2vX";
constexpr const char* kPlainPassword = "plain-Rk4mW9tB";
constexpr const char* kWrongPassword = "wrong-Hd6nJ3sC";
constexpr int kFirstWithScram = 0x020601ff;
constexpr const char* kPasswordVariable = "MILLRACE_TEST_KAFKA_PASSWORD";

class SecureBroker : public StreamTest {
 protected:
  bool prepare_secure() {
    secure_ = {"SECURE", "SASL_SSL", free_port(), 0};
    secure_.advertised_port = secure_.port;
    make_certificate();
    RealBrokerOptions options;
    options.listeners = {secure_};
    options.properties =
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
        "super.users=User:ANONYMOUS\nallow.everyone.if.no.acl.found=true\n"
        "ssl.keystore.type=PKCS12\nssl.keystore.password=of-the-broker\nssl.keystore.location=" +
        path("broker.p12") +
        "\nsasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512\n"
        "listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required "
        "user_plain=\"" +
        kPlainPassword +
        "\";\n"
        "listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule "
        "required;\n";
    if (!prepare(options)) return false;
    const std::string scram = std::string("SCRAM-SHA-512=[password=") + kScramPassword + "]";
    EXPECT_EQ(
        broker_->run_tool("kafka.admin.ConfigCommand", {"--bootstrap-server", bootstrap(), "--alter", "--add-config",
                                                        scram, "--entity-type", "users", "--entity-name", "scram"}),
        0);
    service_bootstrap_ = "127.0.0.1:" + std::to_string(secure_.port);
    std::ofstream(path("password")) << kScramPassword << "\n";
    return true;
  }
  // A self-signed one for 127.0.0.1, by the tool that comes with every Java runtime.
  void make_certificate() const {
    run({"keytool", "-genkeypair", "-alias", "broker", "-keyalg", "RSA", "-dname", "CN=millrace-test", "-ext",
         "SAN=ip:127.0.0.1", "-storetype", "PKCS12", "-storepass", "of-the-broker", "-keystore", path("broker.p12")});
    run({"keytool", "-exportcert", "-rfc", "-alias", "broker", "-storepass", "of-the-broker", "-keystore",
         path("broker.p12"), "-file", path("ca.pem")});
  }
  int run(const std::vector<std::string>& command) const {
    auto process = ChildProcess::start({.command = command, .log = folder_.path() / "tools.log"});
    EXPECT_TRUE(process.ok()) << process.error().message;
    return process->wait(kPatience).value_or(-1);
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::filesystem::path log() const { return folder_.path() / "millrace.log"; }

  void use(const std::string& mechanism, const std::string& user, const std::string& password) {
    extra_configuration_ = "[kafka.properties]\n\"security.protocol\" = \"SASL_SSL\"\n\"ssl.ca.location\" = \"" +
                           path("ca.pem") + "\"\n\"sasl.mechanism\" = \"" + mechanism + "\"\n\"sasl.username\" = \"" +
                           user + "\"\n\"sasl.password\" = " + password + "\n";
  }
  template <class Condition>
  void wait_until(const std::string& what, Condition condition) {
    const auto deadline = steady_clock::now() + kPatience;
    while (!condition()) {
      ASSERT_LT(steady_clock::now(), deadline) << "waiting until " << what;
      ASSERT_TRUE(service_->running()) << what << "\n" << tail(log(), 20);
      std::this_thread::sleep_for(milliseconds{100});
    }
  }
  void feed_more(std::uint64_t seed) {
    SimulatorOptions options = small_shop(800);
    options.seed = seed;
    options.users = 30;
    const auto source = simulate(options);
    sent_ += total(feed(*source, seed == 1));
  }
  // The metrics now; kept, to be searched for secrets.
  Samples look() {
    const auto text = http_get(port_, "/metrics");
    if (text.ok()) outputs_ += *text;
    return Samples::parse(text.ok() ? *text : "");
  }
  void expect_no_secret_in_anything_said() {
    const std::string program = MILLRACE_BINARY_DIR "/app/millrace";
    for (const char* command : {"print-config", "check-config"}) {
      run({program, command, path("millrace.toml")});
      run({program, command, path("millrace.toml"), "--set", "lists.length=0"});
    }
    for (const std::string key : {"kafka.properties.\"sasl.password\"", "kafka.propertees.\"sasl.password\""}) {
      run({program, "print-config", path("millrace.toml"), "--set", key + "=" + kPlainPassword});
      run({program, "print-config", path("millrace.toml"), "--set", key + "=[\"" + kPlainPassword + "\"]"});
    }
    outputs_ += read_file(log()) + read_file(folder_.path() / "tools.log");
    EXPECT_THAT(outputs_, AllOf(HasSubstr("(redacted)"), HasSubstr("millrace_records_total"), HasSubstr("running")));
    for (const char* secret : {kScramPassword, kPlainPassword, kWrongPassword}) {
      EXPECT_THAT(outputs_, Not(HasSubstr(secret)));
    }
  }

  BrokerListener secure_;
  std::uint64_t sent_ = 0;
  std::string outputs_;
};

TEST_F(SecureBroker, IsUsedWithSecretsThatShowNowhereAndRightsThatComeAndGo) {
  ::setenv(kPasswordVariable, kPlainPassword, 1);  // the service inherits it
  if (!prepare_secure()) GTEST_SKIP() << "no Apache Kafka of our own here";
  feed_more(1);

  // Debian 12's client library fails SCRAM's check by current brokers, and has to say so.
  const bool scram_works = rd_kafka_version() >= kFirstWithScram;
  use("SCRAM-SHA-512", "scram", "{ file = \"" + path("password") + "\" }");
  start_service();
  if (scram_works) {
    ASSERT_NO_FATAL_FAILURE(wait_until_settled(sent_));
    look();
    stop_service();
  } else {
    expect_end(2, "librdkafka 2.6.1");
  }

  use("PLAIN", "plain", std::string("\"${") + kPasswordVariable + "}\"");
  start_service();
  feed_more(2);
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(sent_));

  // Writing lists is forbidden: it ends and says so; what it owes is in the store, and goes out once it may.
  deny(bootstrap(), topic("recommendations"), "plain");
  feed_more(3);
  expect_end(2, "TOPIC_AUTHORIZATION_FAILED");
  allow_again(bootstrap(), topic("recommendations"), "plain");
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(sent_));
  ASSERT_NO_FATAL_FAILURE(wait_until("lists are delivered", [&] {
    return look().sum("millrace_lists_published_total") > 0.0 &&
           look().sum("millrace_queue_messages", {{"stage", "publish"}}) == 0.0;
  }));

  // Reading events is forbidden: it ends and says why, and goes on where it was once it may.
  deny(bootstrap(), topic("clicks"), "plain");
  feed_more(4);
  expect_end(2, "check the credentials and the access rights");
  allow_again(bootstrap(), topic("clicks"), "plain");
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(sent_));
  stop_service();
  EXPECT_EQ(settled_records(*open_store()), sent_);

  use("PLAIN", "plain", std::string("\"") + kWrongPassword + "\"");
  start_service();
  expect_end(2, "uthentication");
  expect_no_secret_in_anything_said();
}

}  // namespace
}  // namespace millrace::testing
