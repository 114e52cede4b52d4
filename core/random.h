// Seeded random numbers with the same bytes on every platform: xoshiro256++ (Blackman and Vigna, 2019) seeded by
// splitmix64. A step derives its generator from (seed, step, purpose), so that recovery draws the same numbers.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace millrace {

__extension__ using Uint128 = unsigned __int128;  // beyond ISO C++, in both compilers

constexpr std::uint64_t splitmix64(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

class Random {
 public:
  explicit constexpr Random(std::uint64_t seed, std::uint64_t step = 0, std::uint64_t purpose = 0) {
    std::uint64_t mix = seed;
    mix = splitmix64(mix) ^ step;
    mix = splitmix64(mix) ^ purpose;
    for (auto& word : state_) word = splitmix64(mix);
  }

  constexpr std::uint64_t next() {
    const std::uint64_t result = rotate_left(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate_left(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound); requires bound > 0. Lemire's multiply-shift; its bias is below bound / 2^64.
  constexpr std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Uint128>(next()) * bound) >> 64);
  }
  // Uniform in [0, 1).
  constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  // Standard normal (Box–Muller, one value a call).
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }
  // Exponential with mean 1.
  double exponential() { return -std::log(1.0 - uniform()); }

 private:
  static constexpr std::uint64_t rotate_left(std::uint64_t x, int bits) { return (x << bits) | (x >> (64 - bits)); }
  std::uint64_t state_[4]{};
};

}  // namespace millrace
