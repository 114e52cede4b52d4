#include "model/nn/dropout.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/nn/dropout.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include "model/nn/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace millrace::nn::HWY_NAMESPACE {

void Dropout(ConstMatrix x, const std::uint8_t* noise, DropoutRate rate, Matrix y) {
  const Floats d;
  const hn::RebindToSigned<Floats> di;
  const hn::Rebind<std::uint8_t, Floats> db;
  const auto threshold = hn::Set(di, rate.threshold);
  const Vector scale = hn::Set(d, rate.scale());
  for (std::size_t i = 0; i < x.size(); i += hn::Lanes(d)) {
    const auto bytes = hn::PromoteTo(di, hn::LoadU(db, noise + i));
    const auto dropped = hn::RebindMask(d, hn::Lt(bytes, threshold));
    hn::StoreU(hn::IfThenZeroElse(dropped, hn::Mul(hn::LoadU(d, x.data + i), scale)), d, y.data + i);
  }
}

}  // namespace millrace::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::nn {

HWY_EXPORT(Dropout);

void fill_noise(Random& random, std::span<std::uint8_t> noise) {
  for (std::size_t i = 0; i + 8 <= noise.size(); i += 8) {
    const std::uint64_t bits = random.next();
    std::memcpy(noise.data() + i, &bits, sizeof bits);
  }
}

void dropout(ConstMatrix x, std::span<const std::uint8_t> noise, DropoutRate rate, Matrix y) {
  HWY_DYNAMIC_DISPATCH(Dropout)(x, noise.data(), rate, y);
}

}  // namespace millrace::nn
#endif
