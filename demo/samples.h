// What a service shows on /metrics, read back: a snapshot of its samples, sums over labels, and quantiles of
// histograms.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace millrace {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Samples {
 public:
  // Lines of the Prometheus text format; those it cannot read are left out.
  static Samples parse(std::string_view text);

  // Sum over all samples of the metric whose labels include `labels`; 0 where there is none.
  double sum(const std::string& metric, const Labels& labels = {}) const;

  // Cumulative buckets of a histogram by upper bound, summed over labels.
  std::map<double, double> buckets(const std::string& histogram) const;

 private:
  struct Sample {
    std::map<std::string, std::string> labels;
    double value = 0.0;
  };
  std::map<std::string, std::vector<Sample>, std::less<>> metrics_;
};

// The quantile of what was observed between two snapshots of a histogram, linear within a bucket; nothing observed: 0.
// Above the last finite bound that bound.
double quantile(const std::map<double, double>& earlier, const std::map<double, double>& later, double q);

// GET http://127.0.0.1:port/path. kUnavailable where nothing answers within two seconds, or not with 200.
Result<std::string> http_get(int port, const std::string& path);

}  // namespace millrace
