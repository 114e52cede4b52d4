#include "model/ratings/rating_profiles.h"

namespace millrace {
namespace {

constexpr double kPriorCount = 5.0;

template <class Visit>
void for_each_category(CategorySet categories, const Visit& visit) {
  for (; categories != 0; categories &= categories - 1) visit(static_cast<std::size_t>(std::countr_zero(categories)));
}

std::int64_t second_of(Millis time) { return time.count / 1000; }

}  // namespace

void CategorySums::add(CategorySet categories, float residual) {
  for_each_category(categories, [&](std::size_t c) {
    sums_[c] += residual;
    counts_[c] += 1.0F;
  });
}

float CategorySums::total(CategorySet categories, float prior) const {
  float sum = 0.0F;
  for_each_category(categories, [&](std::size_t c) { sum += sums_[c] / (counts_[c] + prior); });
  return sum;
}

void CategorySums::encode(ByteWriter& out) const {
  CategorySet met = 0;
  for (std::size_t c = 0; c < kCategoryBits; ++c) met |= CategorySet{counts_[c] > 0.0F} << c;
  out.u64(met);
  for_each_category(met, [&](std::size_t c) {
    out.f32(sums_[c]);
    out.f32(counts_[c]);
  });
}

void CategorySums::decode(ByteReader& in) {
  for_each_category(in.u64(), [&](std::size_t c) {
    sums_[c] = in.f32();
    counts_[c] = in.f32();
  });
}

bool UserProfile::in_burst(Millis now) const { return count > 0 && second_of(last) == second_of(now); }

void UserProfile::add_to_burst(Millis now, float residual) {
  if (!in_burst(now)) {
    burst = 0.0F;
    burst_count = 0;
  }
  burst += residual;
  ++burst_count;
}

void UserProfile::remember(const RatedItem& rated) {
  if (history.size() == kRatingHistory) history.erase(history.begin());
  history.push_back(rated);
}

void UserProfile::encode(ByteWriter& out) const {
  out.varint(count);
  out.f64(popularity);
  out.zigzag(first.count);
  out.zigzag(last.count);
  out.f32(burst);
  out.varint(burst_count);
  out.floats(decays);
  categories.encode(out);
  out.varint(history.size());
  for (const RatedItem& rated : history) {
    out.varint(raw(rated.item));
    out.f32(rated.over_biases);
    out.f32(rated.over_factors);
  }
}

bool UserProfile::decode(ByteReader& in) {
  count = in.varint();
  popularity = in.f64();
  first.count = in.zigzag();
  last.count = in.zigzag();
  burst = in.f32();
  burst_count = static_cast<std::uint32_t>(in.varint());
  in.floats(decays);
  categories.decode(in);
  const std::uint64_t size = in.varint();
  history.clear();
  for (std::uint64_t i = 0; i < size && in.ok(); ++i) {
    history.push_back({ItemIndex{static_cast<std::uint32_t>(in.varint())}, in.f32(), in.f32()});
  }
  return in.ok() && size <= kRatingHistory;
}

float ItemProfile::mean(float usual) const {
  return static_cast<float>((sum + kPriorCount * static_cast<double>(usual)) /
                            (static_cast<double>(count) + kPriorCount));
}

void ItemProfile::encode(ByteWriter& out) const {
  out.varint(count);
  out.f64(sum);
  out.zigzag(first.count);
  out.floats(decays);
}

bool ItemProfile::decode(ByteReader& in) {
  count = in.varint();
  sum = in.f64();
  first.count = in.zigzag();
  in.floats(decays);
  return in.ok();
}

}  // namespace millrace
