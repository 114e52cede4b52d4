// What is kept of one item, table `items`, and its bytes (docs/formats.md, "item"). A plain value; item_update.h
// changes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "features/bucket_window.h"

namespace millrace {

struct ItemState {
  Millis first_seen;               // event time of the oldest event
  Millis last_seen;                // and of the newest
  std::uint64_t interactions = 0;  // ever, returns not counted
  std::uint64_t clicks = 0;
  std::uint64_t purchases = 0;  // less returns
  double rating_sum = 0.0;
  double relative_rating_sum = 0.0;  // each rating less its user's mean before it; a user's first counts 0
  std::uint64_t rating_count = 0;
  float price = 0.0F;         // the catalogue's where it names one, else the newest event's; 0: unknown
  bool price_listed = false;  // it is the catalogue's
  Millis price_time;          // of the event it came from
  Millis reference;           // of the decayed counters (decay.h)
  std::vector<double> kinds;  // decayed counter by KindIndex, stored form; missing at the end: 0
  BucketWindow<12, 300'000> hour;
  BucketWindow<24, 3'600'000> day;
  BucketWindow<7, 86'400'000> week;
  std::vector<std::uint32_t>
      categories;  // category_hash() of the content's categories, sorted, at most kMaxItemCategories

  // Purchases per click; 0 without clicks.
  float conversion() const {
    return clicks == 0 ? 0.0F : static_cast<float>(static_cast<double>(purchases) / static_cast<double>(clicks));
  }
  float mean_rating() const {
    return rating_count == 0 ? 0.0F : static_cast<float>(rating_sum / static_cast<double>(rating_count));
  }
  float mean_relative_rating() const {
    return rating_count == 0 ? 0.0F : static_cast<float>(relative_rating_sum / static_cast<double>(rating_count));
  }
  std::size_t memory_bytes() const;
  bool operator==(const ItemState&) const = default;
};

inline constexpr std::size_t kMaxItemCategories = 8;

// FNV-1a of the name, folded to 32 bits.
std::uint32_t category_hash(std::string_view category);

std::string encode_item(const ItemState& item);
// kCorruption for bytes that encode_item() cannot have written.
Result<ItemState> decode_item(std::string_view bytes);

}  // namespace millrace
