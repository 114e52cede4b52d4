// The ranker's row: docs/formats.md, "learner: ranker".
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/hash.h"
#include "model/ranker/ranker.h"
#include "model/ranker/stored_columns.h"

namespace millrace {
namespace {

constexpr std::uint8_t kFormat = 4;
constexpr std::uint8_t kFormatOfFingerprints = 3;
constexpr std::uint8_t kFormatBeforeHeads = 2;
// Before format 4: rows of weights by candidate column, with padding, the family that has come since, and the columns
// that have gone, each after the one that it stood behind.
constexpr std::size_t kPaddedRows = 48;
constexpr std::string_view kAddedFamily = "content.";
constexpr std::array<std::array<std::string_view, 2>, 2> kGoneAfter{
    {{"encoder.near_third", "encoder.near_second"}, {"memory.before_second", "memory.later_second"}}};

constexpr std::size_t kHidden = NetworkShape::kHidden;
constexpr std::size_t kRows = kHidden + 1;  // hidden units and the linear part
constexpr std::size_t kMostColumns = 4096;  // of a row that is not damaged

using Names = std::vector<std::string>;

std::uint64_t fingerprint(const Names& columns, const Names& event_columns) {
  std::string names;
  for (const auto* some : {&columns, &event_columns}) {
    for (const std::string& name : *some) names += name + '\n';
    names += '\n';
  }
  return fnv1a(names);
}

void write_names(const Names& names, ByteWriter& out) {
  out.varint(names.size());
  for (const std::string& name : names) out.string(name);
}

Names read_names(ByteReader& in) {
  Names names(std::min<std::uint64_t>(in.varint(), kMostColumns));
  for (std::string& name : names) name = in.string();
  return names;
}

// The columns that these were when rows had no names.
Names before_names(Names names) {
  std::erase_if(names, [](const std::string& name) { return name.starts_with(kAddedFamily); });
  for (const auto& [gone, before] : kGoneAfter) {
    const auto at = std::find(names.begin(), names.end(), before);
    if (at != names.end()) names.emplace(at + 1, gone);
  }
  return names;
}

struct StoredNetwork {
  StoredColumns features, event;  // the constant 1 among the event's
  std::size_t rows = kRows;

  std::size_t size() const { return rows * features.padded() + kHidden * event.padded() + kHidden; }
};

// One set of weights, by the columns of now; those that the row does not know are zero.
void read_weights(ByteReader& in, const StoredNetwork& stored, const NetworkShape& shape, std::span<float> weights) {
  std::vector<float> was(stored.size());
  in.floats(was);
  std::fill(weights.begin(), weights.end(), 0.0F);
  for (std::size_t row = 0; row < kRows; ++row) {
    stored.features.place(was.data() + row * stored.features.padded(), weights.data() + row * shape.features);
  }
  const float* event = was.data() + stored.rows * stored.features.padded();
  for (std::size_t h = 0; h < kHidden; ++h) {
    stored.event.place(event + h * stored.event.padded(), weights.data() + shape.event_begin() + h * shape.event);
  }
  std::copy_n(event + kHidden * stored.event.padded(), kHidden, weights.data() + shape.output_begin());
}

Status other_columns(std::uint8_t format) {
  return stop_error(ErrorCode::kCorruption,
                    "restoring the ranker: the stored one (format " + std::to_string(format) +
                        ") ranks by columns that this version does not know; run the version and the model.families "
                        "that wrote it, or start with a fresh state directory");
}

}  // namespace

std::string Ranker::encode() const {
  ByteWriter out;
  out.u8(kFormat);
  write_names(columns_, out);
  write_names(event_columns_, out);
  out.varint(updates_);
  out.varint(learnt_);
  features_.encode(out);
  event_.encode(out);
  for (const auto* values : {&weights_, &averaged_, &first_moment_, &second_moment_}) out.floats(*values);
  purchase_.encode(out);
  return out.take();
}

Status Ranker::decode(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  std::size_t rows = kRows;
  Names columns = columns_;
  Names event_columns = event_columns_;
  if (format == kFormat) {
    columns = read_names(in);
    event_columns = read_names(in);
  } else if (format == kFormatOfFingerprints || format == kFormatBeforeHeads) {
    rows = kPaddedRows;
    columns = before_names(columns);
    if (in.u64() != fingerprint(columns, event_columns)) return other_columns(format);
  } else {
    return other_columns(format);
  }
  StoredNetwork stored{StoredColumns(columns, columns_), StoredColumns(event_columns, event_columns_), rows};
  updates_ = in.varint();
  learnt_ = in.varint();
  features_.decode(in, stored.features);
  event_.decode(in, stored.event);
  stored.event.add_constant();
  for (auto* values : {&weights_, &averaged_, &first_moment_, &second_moment_}) {
    read_weights(in, stored, network_.shape(), *values);
  }
  if (format != kFormatBeforeHeads) purchase_.decode(in, stored.features, stored.event);
  if (!in.done())
    return stop_error(ErrorCode::kCorruption, "restoring the ranker: the stored row has the wrong length");
  return Ok{};
}

}  // namespace millrace
