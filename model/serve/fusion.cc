#include "model/serve/fusion.h"

#include <algorithm>
#include <vector>

#include "model/serve/trial.h"

namespace millrace {
namespace {

struct Voice {
  RankedItem item;
  double gain = 0.0;
};

bool by_item_then_gain(const Voice& a, const Voice& b) {
  if (a.item.item != b.item.item) return a.item.item < b.item.item;
  return a.gain != b.gain ? a.gain > b.gain : a.item.learner < b.item.learner;
}

std::vector<Voice> voices_of(std::span<const Ranking> lists, std::span<const double> weights) {
  std::vector<Voice> voices;
  for (std::size_t learner = 0; learner < lists.size(); ++learner) {
    for (std::size_t place = 0; place < lists[learner].size(); ++place) {
      RankedItem item = lists[learner][place];
      item.learner = static_cast<std::uint8_t>(learner);
      voices.push_back({item, weights[learner] * gain_of(static_cast<Place>(place))});
    }
  }
  return voices;
}

}  // namespace

Ranking fuse(std::span<const Ranking> lists, std::span<const double> weights, std::size_t k) {
  std::vector<Voice> voices = voices_of(lists, weights);
  std::sort(voices.begin(), voices.end(), by_item_then_gain);
  Ranking fused;
  double sum = 0.0;
  for (std::size_t i = 0; i < voices.size(); ++i) {
    if (i == 0 || voices[i].item.item != voices[i - 1].item.item) {
      fused.push_back(voices[i].item);
      sum = 0.0;
    }
    sum += voices[i].gain;
    fused.back().score = static_cast<float>(sum);
  }
  std::stable_sort(fused.begin(), fused.end(),
                   [](const RankedItem& a, const RankedItem& b) { return a.score > b.score; });
  if (fused.size() > k) fused.resize(k);
  return fused;
}

}  // namespace millrace
