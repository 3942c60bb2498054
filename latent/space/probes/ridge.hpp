#pragma once
// Ridge regression.

#include <latent/core/tensor.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace latent::space {

/// y = x . weight + intercept.
struct Ridge {
  std::vector<double> weight;  ///< D
  double intercept = 0.0;
  double l2 = 0.0;  ///< the strength it was fitted with

  /// One number for each row of x (N, D) f32. @throws std::invalid_argument for other shapes
  std::vector<double> predict(const Tensor& x) const;
};

/// Minimises  ||y - x weight - intercept||^2 + l2 ||weight||^2  (the intercept is free), for the strength of
/// `strengths` that predicts best: by leaving out each row in turn, exactly, from one decomposition, where the smaller
/// side of x is at most kMostExact; by conjugate gradients and a held-out fifth of the rows (drawn by `seed`) above.
/// Inputs should be standardised. The same bits with any number of threads. Source: Hoerl & Kennard 1970; Allen 1974
/// (PRESS) for leaving one out.
/// @param x (N, D) f32, finite, N >= 2   @param y N finite numbers   @param strengths  one or more, each > 0
/// @throws std::invalid_argument for anything else
Ridge fit_ridge(const Tensor& x, std::span<const double> y, std::span<const double> strengths, uint64_t seed = 0);

/// Rows or columns, whichever are fewer, up to which fit_ridge() solves by decomposition.
constexpr int64_t kMostExact = 512;

}  // namespace latent::space
