// Small vector arithmetic for whoever needs a row or two; lengths are multiples of 16.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace millrace::nn {

// Every row length and every buffer that an operation walks over is a multiple of this.
inline constexpr std::size_t kLanes = 16;

float dot(const float* a, const float* b, std::size_t n);
// y += a · x
void add_scaled(float* y, float a, const float* x, std::size_t n);
// y = a · Σ rows, each of `n` values; zero where there are none.
void scaled_sum(float* y, float a, std::span<const float* const> rows, std::size_t n);
// y += Σ_r weights_r · rows_r, rows of `n` values one after the other.
void add_weighted_rows(float* y, std::span<const float> weights, const float* rows, std::size_t n);
// x ·= a
void scale(float* x, float a, std::size_t n);
// x = e^max(x, -87); requires x ≤ 88.
void exponential(float* x, std::size_t n);

// x = ln x for each of any number of positive values, within four units in the last place.
void logarithm(std::span<float> x);

// Library versions and instruction sets that decide the bytes of results: record it with a checkpoint.
std::string engine_signature();
// Computes as `signature` says from now on, as far as this processor and these libraries can: compare afterwards.
// Before anything else of this folder is called in the process.
void adopt_engine(const std::string& signature);

}  // namespace millrace::nn
