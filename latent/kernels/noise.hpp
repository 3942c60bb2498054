#pragma once
// Noise from a tape. What is put on one sample runs on one thread: callers share samples out among threads.

#include <latent/core/dtype.hpp>
#include <latent/core/rng.hpp>

namespace latent::kernels {

/// x[i] = clamp(x[i] + sigma * n[i], low, high), with the numbers n that Rng(tape).normal() draws, up to rounding.
void add_normal(const Rng::State& tape, float sigma, float low, float high, float* x, int64_t n);

/// With the numbers u that Rng(tape).uniform() draws: x[i] = 0 where u[i] < zeros; 1 where zeros <= u[i] < zeros +
/// ones.
void strike(const Rng::State& tape, float zeros, float ones, float* x, int64_t n);

/// y[i] = 0 where u[i] < p, else x[i] / (1 - p), with the numbers u that Rng(tape).uniform() draws; in parallel, with
/// the same draws whatever the number of threads. With dy for x it is its own way back.
/// @param T  float, double or bfloat16
template <class T>
void dropout(const Rng::State& tape, double p, const T* x, T* y, int64_t n);

}  // namespace latent::kernels
