#include "features/neighbours.h"

#include <algorithm>

#include "core/bytes.h"
#include "features/codec_parts.h"

namespace millrace {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

double NeighbourRow::advance(Millis time, Millis half_life) {
  if (weights.empty()) reference = newest = time;
  newest = std::max(newest, time);
  const double growth = decay_growth(time, reference, half_life);
  if (growth <= kRebaseGrowth) return growth;
  scale_weights(weights, 1.0 / growth);
  reference = time;
  return 1.0;
}

std::vector<Neighbour> ranked_neighbours(const NeighbourRow& row, Millis half_life) {
  const double growth = decay_growth(row.newest, row.reference, half_life);
  std::vector<Neighbour> ranked;
  ranked.reserve(row.weights.size());
  for (const WeightedKey& entry : row.weights) {
    ranked.push_back({ItemIndex{entry.key}, static_cast<float>(static_cast<double>(entry.weight) / growth)});
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.weight > b.weight; });
  return ranked;
}

std::string neighbour_key(NeighbourKey key) {
  std::string bytes = key_u32(raw(key.item));
  bytes.push_back(static_cast<char>(key.relation));
  return bytes;
}

std::string encode_neighbours(const NeighbourRow& row) {
  ByteWriter out;
  out.reserve(24 + 7 * row.weights.size());
  out.u8(kVersion);
  out.zigzag(row.reference.count);
  put_time(out, row.newest, row.reference);
  put_weights(out, row.weights);
  return out.take();
}

Result<NeighbourRow> decode_neighbours(std::string_view bytes) {
  ByteReader in(bytes);
  CountReader counts(in);
  NeighbourRow row;
  if (in.u8() != kVersion) return undecodable("neighbours", bytes, kVersion);
  row.reference = {in.zigzag()};
  row.newest = get_time(in, row.reference);
  row.weights = get_weights(in, counts);
  if (!counts.done()) return undecodable("neighbours", bytes, kVersion);
  return row;
}

}  // namespace millrace
