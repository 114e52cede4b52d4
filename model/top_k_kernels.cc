#include "model/top_k_kernels.h"

#include <bit>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/top_k_kernels.cc"
#include <hwy/foreach_target.h>  // includes this file again for each instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace millrace::top_k::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At most sixteen lanes, so that the sixteen sums of exact_dot are the same ones on every instruction set.
template <class Value>
using Lanes = hn::CappedTag<Value, 16>;

float Dot(const float* x, const float* y, std::size_t dimension) {
  const Lanes<float> d;
  const std::size_t lanes = hn::Lanes(d);
  alignas(64) float sums[16];
  for (std::size_t lane = 0; lane < 16; lane += lanes) {
    auto sum = hn::Zero(d);
    for (std::size_t j = lane; j < dimension; j += 16) {
      // Not a fused multiply-add: not every instruction set has it, and it rounds differently.
      sum = hn::Add(sum, hn::Mul(hn::LoadU(d, x + j), hn::LoadU(d, y + j)));
    }
    hn::Store(sum, d, sums + lane);
  }
  for (std::size_t half = 8; half > 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) sums[i] += sums[i + half];
  }
  return sums[0];
}

float LargestMagnitude(const float* x, std::size_t dimension) {
  const Lanes<float> d;
  auto largest = hn::Zero(d);
  for (std::size_t j = 0; j < dimension; j += hn::Lanes(d)) {
    largest = hn::Max(largest, hn::Abs(hn::LoadU(d, x + j)));
  }
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

Quantised Quantise(const float* x, std::size_t dimension, float scale, std::int8_t* quantised) {
  const Lanes<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::Rebind<std::int8_t, decltype(d)> d8;
  const auto scales = hn::Set(d, scale);
  const auto inverse = hn::Set(d, 1.0F / scale);
  const auto most = hn::Set(di, 127);
  const auto least = hn::Set(di, -127);
  auto sum = hn::Zero(di);
  auto squares = hn::Zero(d);
  for (std::size_t j = 0; j < dimension; j += hn::Lanes(d)) {
    const auto value = hn::LoadU(d, x + j);
    const auto nearest = hn::Max(least, hn::Min(most, hn::NearestInt(hn::Mul(value, inverse))));
    const auto residual = hn::Sub(value, hn::Mul(scales, hn::ConvertTo(d, nearest)));
    sum = hn::Add(sum, nearest);
    squares = hn::Add(squares, hn::Mul(residual, residual));
    hn::StoreU(hn::DemoteTo(d8, nearest), d8, quantised + j);
  }
  return {hn::GetLane(hn::SumOfLanes(di, sum)), hn::GetLane(hn::SumOfLanes(d, squares))};
}

template <class D, class Mask>
std::uint64_t Bits(D d, Mask mask) {
  std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  std::uint16_t bits = 0;
  std::memcpy(&bits, bytes, sizeof bits);
  return bits;
}

template <class Score>
std::size_t CollectAny(const Score* scores, const Score* bias, std::size_t count, Score cut, std::uint32_t first,
                       Hit<Score>* out) {
  const Lanes<Score> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto cuts = hn::Set(d, cut);
  const Hit<Score>* const begin = out;
  const auto passes = [&](std::size_t i)
                          HWY_ATTR { return hn::Gt(hn::Add(hn::LoadU(d, scores + i), hn::LoadU(d, bias + i)), cuts); };
  for (std::size_t i = 0; i < count; i += 4 * lanes) {
    const auto a = passes(i);
    const auto b = passes(i + lanes);
    const auto c = passes(i + 2 * lanes);
    const auto e = passes(i + 3 * lanes);
    if (hn::AllFalse(d, hn::Or(hn::Or(a, b), hn::Or(c, e)))) continue;
    std::uint64_t bits = Bits(d, a) | Bits(d, b) << lanes | Bits(d, c) << 2 * lanes | Bits(d, e) << 3 * lanes;
    for (; bits != 0; bits &= bits - 1) {
      const std::size_t at = i + static_cast<std::size_t>(std::countr_zero(bits));
      *out++ = {static_cast<Score>(scores[at] + bias[at]), first + static_cast<std::uint32_t>(at)};
    }
  }
  return static_cast<std::size_t>(out - begin);
}

template <class Score>
void GroupMaximaAny(const Score* scores, const Score* bias, std::size_t count, std::size_t groups, Score* maxima) {
  const Lanes<Score> d;
  for (std::size_t j = 0; j < groups; j += hn::Lanes(d)) {
    auto largest = hn::Add(hn::LoadU(d, scores + j), hn::LoadU(d, bias + j));
    for (std::size_t i = j + groups; i < count; i += groups) {
      largest = hn::Max(largest, hn::Add(hn::LoadU(d, scores + i), hn::LoadU(d, bias + i)));
    }
    hn::StoreU(largest, d, maxima + j);
  }
}

std::size_t CollectInteger(const std::int32_t* scores, const std::int32_t* bias, std::size_t count, std::int32_t cut,
                           std::uint32_t first, Hit<std::int32_t>* out) {
  return CollectAny(scores, bias, count, cut, first, out);
}
std::size_t CollectFloat(const float* scores, const float* bias, std::size_t count, float cut, std::uint32_t first,
                         Hit<float>* out) {
  return CollectAny(scores, bias, count, cut, first, out);
}
void GroupMaximaInteger(const std::int32_t* scores, const std::int32_t* bias, std::size_t count, std::size_t groups,
                        std::int32_t* maxima) {
  GroupMaximaAny(scores, bias, count, groups, maxima);
}
void GroupMaximaFloat(const float* scores, const float* bias, std::size_t count, std::size_t groups, float* maxima) {
  GroupMaximaAny(scores, bias, count, groups, maxima);
}

}  // namespace millrace::top_k::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::top_k {

HWY_EXPORT(Dot);
HWY_EXPORT(LargestMagnitude);
HWY_EXPORT(Quantise);
HWY_EXPORT(CollectInteger);
HWY_EXPORT(CollectFloat);
HWY_EXPORT(GroupMaximaInteger);
HWY_EXPORT(GroupMaximaFloat);

float dot(const float* x, const float* y, std::size_t dimension) { return HWY_DYNAMIC_DISPATCH(Dot)(x, y, dimension); }

float largest_magnitude(const float* x, std::size_t dimension) {
  return HWY_DYNAMIC_DISPATCH(LargestMagnitude)(x, dimension);
}

Quantised quantise(const float* x, std::size_t dimension, float scale, std::int8_t* quantised) {
  return HWY_DYNAMIC_DISPATCH(Quantise)(x, dimension, scale, quantised);
}

std::size_t collect(const std::int32_t* scores, const std::int32_t* bias, std::size_t count, std::int32_t cut,
                    std::uint32_t first, Hit<std::int32_t>* out) {
  return HWY_DYNAMIC_DISPATCH(CollectInteger)(scores, bias, count, cut, first, out);
}
std::size_t collect(const float* scores, const float* bias, std::size_t count, float cut, std::uint32_t first,
                    Hit<float>* out) {
  return HWY_DYNAMIC_DISPATCH(CollectFloat)(scores, bias, count, cut, first, out);
}

void group_maxima(const std::int32_t* scores, const std::int32_t* bias, std::size_t count, std::size_t groups,
                  std::int32_t* maxima) {
  HWY_DYNAMIC_DISPATCH(GroupMaximaInteger)(scores, bias, count, groups, maxima);
}
void group_maxima(const float* scores, const float* bias, std::size_t count, std::size_t groups, float* maxima) {
  HWY_DYNAMIC_DISPATCH(GroupMaximaFloat)(scores, bias, count, groups, maxima);
}

}  // namespace millrace::top_k
#endif  // HWY_ONCE
