#include "model/rank_ahead.h"

#include <algorithm>
#include <utility>

namespace millrace {

std::vector<ScoredItem> RankAhead::take(std::size_t at) {
  const bool spent = at >= begin_ + lists_.size();
  const bool changed = version_ && version_ != family_.rank_version();
  if (spent || changed) {
    // Where the family keeps changing (a catalogue seen for the first time), little is thrown away.
    chunk_ = changed ? std::max<std::size_t>(1, (at - begin_) / 2) : std::min(kMostAhead, 2 * chunk_);
    begin_ = at;
    lists_ = family_.rank(requests_.subspan(at, std::min(chunk_, requests_.size() - at)), k_);
    version_ = family_.rank_version();
  }
  return std::move(lists_[at - begin_]);
}

}  // namespace millrace
