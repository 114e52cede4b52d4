#include "features/codec_parts.h"

namespace millrace {

void put_counters(ByteWriter& out, const std::vector<double>& counters) {
  out.varint(counters.size());
  for (const double counter : counters) out.f64(counter);
}

std::vector<double> get_counters(ByteReader& in, CountReader& counts) {
  std::vector<double> counters(counts.next(sizeof(double)));
  for (double& counter : counters) counter = in.f64();
  return counters;
}

void put_weights(ByteWriter& out, const std::vector<WeightedKey>& weights) {
  out.varint(weights.size());
  std::uint32_t previous = 0;
  for (const WeightedKey& entry : weights) {
    out.varint(entry.key - previous);
    out.f32(entry.weight);
    previous = entry.key;
  }
}

std::vector<WeightedKey> get_weights(ByteReader& in, CountReader& counts) {
  std::vector<WeightedKey> weights(counts.next(1 + sizeof(float)));
  std::uint32_t previous = 0;
  for (WeightedKey& entry : weights) {
    entry.key = previous += static_cast<std::uint32_t>(in.varint());
    entry.weight = in.f32();
  }
  return weights;
}

Error undecodable(std::string_view row, std::string_view bytes, std::uint8_t newest_version) {
  const std::uint8_t version = bytes.empty() ? 0 : static_cast<std::uint8_t>(bytes.front());
  const std::string what = "reading a stored " + std::string(row) + " row: found " + std::to_string(bytes.size()) +
                           " bytes of version " + std::to_string(version) + ", expected ";
  if (version > newest_version) {
    return stop_error(ErrorCode::kInvalid, what + "a version up to " + std::to_string(newest_version) +
                                               "; run the release of millrace that wrote the state directory");
  }
  return stop_error(ErrorCode::kCorruption,
                    what + "a whole row; restore the state directory from a backup, or rebuild it");
}

}  // namespace millrace
