#pragma once
// Gradients of gradients' norms, as penalties on critics need them.

#include <latent/core/tensor.hpp>

#include <functional>

namespace latent {

struct GradientNormOptions {
  /// How far from x the critic is looked at, as a part of max(1, ||x_n||); 0: a fifth of the cube root of the type's
  /// epsilon (0.001 in f32, 1.2e-6 in f64), where the two errors below were measured to be equal: 1e-4 and 1e-10 of the
  /// gradient.
  double step = 0.0;
};

/// ||d critic(x_n) / d x_n||^2 for each sample, with gradients to the critic's parameters, from which penalties are
/// made:
///   R1, R2       0.5 gamma mean(squared_gradient_norm(critic, x))            x: data, or generated samples
///   WGAN-GP      lambda mean(square(sqrt(squared_gradient_norm(critic, x) + 1e-12) - 1))    x: between both
/// The value is exact. Its gradient is a Hessian-vector product along g_n = d critic(x_n) / d x_n, by central
/// differences with h_n = step max(1, ||x_n||):
///   d ||g_n||^2 / d theta = 2 ||g_n|| d/d theta [critic(x_n + h_n g_n / ||g_n||) - critic(x_n - h_n g_n / ||g_n||)] /
///   (2 h_n)
/// Error: O(h^2) for smooth critics and O(h) where a kink (relu) lies within h, plus rounding, which is O(epsilon / h)
/// of d critic / d theta. It costs three passes through the critic and back; no operation needs a second derivative.
/// @param critic  (N, ...) -> (N), each sample by itself (no batch normalisation). It is called three times and must be
///                the same function each time: in eval mode, or with copies of one tape. Its products must be f32 or
///                f64: of bf16, rounding would leave nothing of the difference
/// @param x       (N, ...) f32 or f64; takes no gradient
/// @return (N), of the type of x
/// @throws std::invalid_argument for another type or result, a negative step, or where nothing is recorded (NoGrad)
/// Source: Mescheder, Geiger & Nowozin 2018, arXiv:1801.04406 (R1, R2); Gulrajani et al. 2017, arXiv:1704.00028
/// (WGAN-GP); products by differences: Pearlmutter 1994, "Fast exact multiplication by the Hessian", section 2.
Tensor squared_gradient_norm(const std::function<Tensor(const Tensor&)>& critic, const Tensor& x,
                             const GradientNormOptions& options = {});

}  // namespace latent
