#include "bench/report.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace millrace::bench {
namespace {

struct Ratio {
  std::string name;
  std::vector<double> values;
  std::vector<std::pair<std::string, std::vector<double>>> parts;
};

std::vector<Ratio>& ratios() {
  static std::vector<Ratio> all;
  return all;
}

template <class Named>
auto find_or_add(std::vector<Named>& all, const std::string& name, auto get) {
  auto found = std::find_if(all.begin(), all.end(), [&](const Named& one) { return get(one) == name; });
  if (found != all.end()) return found;
  all.emplace_back();
  return all.end() - 1;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void number(Writer& writer, const std::string& name, double value) {
  writer.Key(name.c_str());
  writer.Double(value);
}

void write_ratio(Writer& writer, const Ratio& ratio) {
  writer.Key(ratio.name.c_str());
  writer.StartObject();
  number(writer, "value", median(ratio.values));
  number(writer, "least", *std::min_element(ratio.values.begin(), ratio.values.end()));
  number(writer, "most", *std::max_element(ratio.values.begin(), ratio.values.end()));
  writer.Key("pairs");
  writer.Uint64(ratio.values.size());
  writer.Key("parts");
  writer.StartObject();
  for (const auto& [name, values] : ratio.parts) number(writer, name, median(values));
  writer.EndObject();
  writer.EndObject();
}

}  // namespace

void add_pair(benchmark::State& state, const std::string& name, double value, const Parts& parts) {
  Ratio& ratio = *find_or_add(ratios(), name, [](const Ratio& one) { return one.name; });
  ratio.name = name;
  ratio.values.push_back(value);
  state.counters[name] = value;
  for (const auto& [part, measured] : parts) {
    auto& entry = *find_or_add(ratio.parts, part, [](const auto& one) { return one.first; });
    entry.first = part;
    entry.second.push_back(measured);
    state.counters[part] = measured;
  }
}

void print_ratios() {
  if (ratios().empty()) return;
  std::printf("\n%-32s %10s %10s %10s %6s\n", "ratio", "median", "least", "most", "pairs");
  for (const Ratio& ratio : ratios()) {
    std::printf("%-32s %10.4f %10.4f %10.4f %6zu\n", ratio.name.c_str(), median(ratio.values),
                *std::min_element(ratio.values.begin(), ratio.values.end()),
                *std::max_element(ratio.values.begin(), ratio.values.end()), ratio.values.size());
    for (const auto& [name, values] : ratio.parts) std::printf("    %-38s %12.2f\n", name.c_str(), median(values));
  }
}

bool write_ratios(const std::string& path) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.SetMaxDecimalPlaces(6);
  writer.StartObject();
  for (const Ratio& ratio : ratios()) write_ratio(writer, ratio);
  writer.EndObject();
  std::ofstream file(path);
  file << buffer.GetString() << '\n';
  file.close();
  return file.good();
}

}  // namespace millrace::bench
