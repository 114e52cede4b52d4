// The settings that `millrace tune` searches, and what each may be.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct SpaceRange {
  double min = 0.0;
  double max = 0.0;
  bool logarithmic = false;
  bool whole = false;  // whole numbers alone
};

// A setting and what it may be: one of `values`, TOML each, or any of a range.
struct SpaceKey {
  std::string key;  // "model.encoder.dimension"
  std::vector<std::string> values;
  std::optional<SpaceRange> range;
};

}  // namespace millrace
