// The kept inputs of every fuzz target, run once each: what was ever found stays mended.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/targets.h"

namespace millrace::fuzz {
namespace {

constexpr std::uintmax_t kCorpusBytesMax = 100 << 10;  // a target

struct Target {
  const char* name;
  void (*run)(std::string_view);
};

std::vector<std::filesystem::path> inputs_of(const std::string& target) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(MILLRACE_SOURCE_DIR "/tests/fuzz/corpus/" + target)) {
    files.push_back(entry.path());
  }
  return files;
}

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, IsHandledWithoutHarm) {
  const auto files = inputs_of(GetParam().name);
  EXPECT_GE(files.size(), 5U);
  std::uintmax_t bytes = 0;
  for (const auto& path : files) {
    SCOPED_TRACE(path.string());
    std::ifstream file(path, std::ios::binary);
    const std::string input(std::istreambuf_iterator<char>(file), {});
    bytes += input.size();
    GetParam().run(input);
    // The bounds of what is read are those of the bytes handed in, so every cut must do no harm either.
    for (std::size_t size = 0; size < input.size(); size += 1 + input.size() / 8) GetParam().run(input.substr(0, size));
  }
  EXPECT_LE(bytes, kCorpusBytesMax) << "keep it small: ./dev fuzz works on a copy";
}

INSTANTIATE_TEST_SUITE_P(Targets, Corpus,
                         testing::Values(Target{"decode", fuzz_decode}, Target{"configuration", fuzz_configuration},
                                         Target{"stored", fuzz_stored}, Target{"items", fuzz_items},
                                         Target{"http", fuzz_http}),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace millrace::fuzz
