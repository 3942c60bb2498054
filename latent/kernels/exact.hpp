#pragma once
// Arithmetic that gives the same bits on every x86-64 processor, at every vector width and number of threads, for what
// has to be computed again elsewhere exactly: the probabilities of an entropy coder.
//
// Every result is a fixed sequence of IEEE additions, multiplications, divisions and square roots, each rounded: no
// fused multiply-add (the sources are compiled with -ffp-contract=off), no library function, and sums in one order.
// Vectors hold the same value of several images, so that their width cannot change the order of any sum.

#include <latent/core/activation.hpp>

#include <cstdint>
#include <span>

namespace latent::kernels::exact {

/// Images that are computed together. A "row" below is one value of each of them: kLanes floats.
constexpr int64_t kLanes = 16;

/// `count` neighbouring input rows, and as many rows of weights.
struct Tap {
  int64_t row = 0;
  int64_t weight = 0;
  int64_t count = 0;
};

/// y[o] = bias[o] + sum over taps t and i < t.count, in this order, of weight[t.weight + i][o] * x[t.row + i].
/// Linear layers, convolutions at one place of the image, and their transposes are all of this form.
struct Product {
  std::span<const Tap> taps;
  const float* weight = nullptr;  ///< (rows, outputs)
  const float* bias = nullptr;    ///< (outputs), or null: the sum starts from what y holds
  int64_t outputs = 0;
};
/// @param x  rows   @param y  p.outputs rows
void product(const Product& p, const float* x, float* y);

/// y = activation(y) for `rows` rows.
void activate(Activation activation, float* y, int64_t rows);
/// y[r] = y[r] * scale[r % channels] + shift[r % channels]
void scale_shift(const float* scale, const float* shift, int64_t channels, float* y, int64_t rows);
/// a += b
void add(const float* b, float* a, int64_t rows);

/// Group normalisation over `rows` rows whose channel is r % channels.
struct GroupNormalization {
  int64_t groups = 1, channels = 1;
  const float* weight = nullptr;
  const float* bias = nullptr;
  float eps = 1e-5f;
};
void normalize_groups(const GroupNormalization& g, float* y, int64_t rows);

/// Probabilities are whole parts of 2^kProbabilityBits.
constexpr int kProbabilityBits = 22;

/// ones[i] = the share of "1" in Bernoulli(sigmoid(logits[i])), from 1 to 2^kProbabilityBits - 1.
void bernoulli_shares(const float* logits, int64_t rows, int32_t* ones);

/// Mixtures of K logistic distributions over the levels 0 ... 255 (see kernels/mixture.hpp). The parameters are
/// 3 K rows: logits, means, logarithms of scales. prepare turns them into weights, means, inverse scales, in place.
void mixture_prepare(int64_t K, float* params);
/// cumulative[lane] = the share of the levels below level[lane], which lies in [0, 256]: strictly rising with the
/// level, from 0 to 2^kProbabilityBits.
void mixture_cumulative(int64_t K, const float* prepared, const int32_t* level, int32_t* cumulative);
/// The level whose interval holds slot[lane], with that interval: cumulative(level) = start <= slot < end.
struct LevelIntervals {
  int32_t level[kLanes], start[kLanes], end[kLanes];
};
void mixture_find(int64_t K, const float* prepared, const int32_t* slot, LevelIntervals& found);

}  // namespace latent::kernels::exact
