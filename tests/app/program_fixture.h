// The program whole, but for main(): commands on a state directory of the test's own, and what they say.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "app/cli.h"
#include "tests/temporary_directory.h"

namespace millrace {

class ProgramTest : public ::testing::Test {
 protected:
  struct Outcome {
    int exit = 0;
    std::string output;
    std::string error;
  };

  Outcome run(std::vector<std::string> arguments) const {
    const std::vector<std::string> small{"--set", "service.state_directory=" + state().string(), "--set",
                                         "model.encoder.dimension=16"};
    arguments.insert(arguments.end(), small.begin(), small.end());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    Outcome outcome;
    outcome.exit = run_command_line(arguments);
    std::fflush(stdout);
    outcome.output = ::testing::internal::GetCapturedStdout();
    outcome.error = ::testing::internal::GetCapturedStderr();
    return outcome;
  }
  std::filesystem::path state() const { return folder_ / "state"; }
  std::string file(const std::string& text) const {
    const std::filesystem::path path = folder_ / "events.csv";
    std::ofstream(path) << text;
    return path.string();
  }

  TemporaryDirectory directory_;
  std::filesystem::path folder_ = directory_.path();
};

inline constexpr const char* kEvents =
    "user_id,item_id,event_time,event_type,value,price\n"
    "ann,mug,1700000000000,click,,\n"
    "ann,cup,1700000001000,purchase,,4.5\n"
    "bob,mug,1700000002000,rating,4,\n"
    "bob,pot,1700000003000,click,,\n";

}  // namespace millrace
