// The one boundary to prometheus-cpp: series of the declared metrics, and their text. Thread-safe. metrics.h is what
// the rest of the program uses; nothing else calls this.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "metrics/catalogue.h"

namespace millrace {

using Labels = std::map<std::string, std::string>;

class Registry {
 public:
  // Declares all_metrics(); those without labels show at once, with 0.
  Registry();
  ~Registry();

  // Each requires a metric of the type it is for, and exactly the labels that its description names.
  void add(Metric counter, const Labels& labels, double amount);
  // Follows a total that somebody else counts from 0; a total that went down was started anew.
  void follow(Metric counter, const Labels& labels, double total);
  void set(Metric gauge, const Labels& labels, double value);
  // These series and no others: what is not named any more disappears.
  void replace(Metric gauge, const std::vector<std::pair<Labels, double>>& series);
  void observe(Metric histogram, const Labels& labels, double value);

  // The Prometheus text format, version 0.0.4.
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace
