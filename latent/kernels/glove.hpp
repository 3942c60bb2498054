#pragma once
// Steps of GloVe's AdaGrad on pairs of words.

#include <latent/core/word_pair.hpp>

#include <cstdint>

namespace latent::kernels {

using GlovePair = WordPair;

/// A word's row: the vector up to `stride`, the sums of squares of its gradients up to 2 * stride, then the bias and
/// its sum of squares. Rows begin at 64 bytes.
struct GloveRows {
  int64_t dim = 0;
  int64_t stride = 0;  ///< floats of a vector with the zeros behind it: a multiple of 16
  float* words = nullptr;
  float* contexts = nullptr;

  static constexpr int64_t kTail = 16;  ///< floats behind the two vectors
  int64_t row() const { return 2 * stride + kTail; }
};

struct GloveSettings {
  float lr = 0.05f, x_max = 100.0f, alpha = 0.75f;
};

/// For each pair (i, j, x) in turn, with word i and context j, or the other way round if `swapped`:
///   e = <w_i, c_j> + b_i + b_j - log x,  weight = min(1, (x / x_max)^alpha),  g = lr weight e
///   w_i -= g c_j / sqrt(s_i),  s_i += (g c_j)^2 (both with the old s_i), c_j and both biases likewise.
/// Each g times a number is cut off at 100 in either direction, as in the authors' program.
/// @return sum of weight e^2 / 2, before the steps, in whole 2^-24: the same in any order
/// Source: Pennington et al. 2014, "GloVe", and its C program.
double glove_steps(const GlovePair* pairs, int64_t count, bool swapped, const GloveSettings& settings,
                   const GloveRows& rows);

}  // namespace latent::kernels
