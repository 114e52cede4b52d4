// The stream that the benchmarks share: users and items drawn by Zipf's law (the share of rank r is proportional to
// r^-s), clicks with some purchases and ratings, an event a second of event time. The first events touch every item
// once, so that the whole catalogue is known. Seeded: the same events everywhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/catalogue.h"
#include "core/event.h"
#include "core/random.h"

namespace millrace::bench {

class ZipfLaw {
 public:
  // Requires size > 0.
  ZipfLaw(std::size_t size, double exponent);
  std::size_t draw(Random& random) const;
  double share(std::size_t rank) const;
  std::size_t size() const { return cumulative_.size(); }

 private:
  std::vector<double> cumulative_;
};

// Of `draws` negatives, half of them uniform and half as frequent as the items are: so many distinct ones, on average.
std::size_t distinct_negatives(const ZipfLaw& items, std::size_t draws);

struct WorkloadOptions {
  std::size_t users = 100'000;
  std::size_t items = 10'000;
  double user_exponent = 0.8;
  double item_exponent = 1.0;
  std::uint64_t seed = 1;
};

KindTable workload_kinds();

class Workload {
 public:
  explicit Workload(const WorkloadOptions& options = {});
  Event next();
  std::vector<Event> take(std::size_t count);
  // The next event, but of that user.
  Event next_of(std::size_t user);
  // Titles of four words, one of forty categories.
  std::vector<CatalogueChange> catalogue() const;
  const ZipfLaw& items() const { return item_law_; }

 private:
  Random random_;
  ZipfLaw user_law_;
  ZipfLaw item_law_;
  std::uint64_t sent_ = 0;
};

// As a shop would send them.
std::string event_json(const Event& event);
std::string item_json(const ItemContent& content);

}  // namespace millrace::bench
