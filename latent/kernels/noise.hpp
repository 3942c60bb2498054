#pragma once
// Noise from a tape, put on one sample: callers share samples out among threads.

#include <latent/core/rng.hpp>

namespace latent::kernels {

/// x[i] = clamp(x[i] + sigma * n[i], low, high), with the numbers n that Rng(tape).normal() draws, up to rounding.
void add_normal(const Rng::State& tape, float sigma, float low, float high, float* x, int64_t n);

/// With the numbers u that Rng(tape).uniform() draws: x[i] = 0 where u[i] < zeros; 1 where zeros <= u[i] < zeros +
/// ones.
void strike(const Rng::State& tape, float zeros, float ones, float* x, int64_t n);

}  // namespace latent::kernels
