// A measure over the stream: means of consecutive stretches of events, for plots.
#pragma once

#include <cstdint>
#include <vector>

namespace millrace {

struct TimelinePoint {
  std::uint64_t events = 0;  // of the stream, at the middle of the stretch
  double mean = 0.0;
  double standard_error = 0.0;  // trials taken as independent
};

class Timeline {
 public:
  // `stretch`: events a point; 0: nothing is kept.
  explicit Timeline(std::uint64_t stretch = 0) : stretch_(stretch) {}
  // `event`: how many events were met before the trial.
  void add(std::uint64_t event, double value);
  std::vector<TimelinePoint> points() const;  // stretches without trials are left out

 private:
  struct Sum {
    double count = 0.0;
    double total = 0.0;
    double squares = 0.0;
  };
  std::uint64_t stretch_;
  std::vector<Sum> sums_;
};

}  // namespace millrace
