#pragma once
// Operations on each element. Inputs are f32 or f64, all of one type; results have the inputs' type.

#include <latent/core/activation.hpp>
#include <latent/core/tensor.hpp>

namespace latent {

/// a + b, a - b, a * b, a / b. `b` has the shape of `a`, or is broadcast against it: a scalar (), a trailing part of
/// its shape ((D) against (N, D)), or one value per row ((N, 1) against (N, D)).
/// @throws std::invalid_argument for other shapes or mixed types
Tensor add(const Tensor& a, const Tensor& b);
Tensor sub(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Tensor& b);
Tensor div(const Tensor& a, const Tensor& b);

/// x * factor + offset
Tensor affine(const Tensor& x, double factor, double offset = 0.0);

Tensor neg(const Tensor& x);
Tensor exp(const Tensor& x);
/// Natural logarithm.
Tensor log(const Tensor& x);
Tensor square(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor abs(const Tensor& x);
Tensor sigmoid(const Tensor& x);
/// log(1 + e^x), without overflow.
Tensor softplus(const Tensor& x);
/// max(x, low): the gradient is zero where low is taken.
Tensor clamp_min(const Tensor& x, double low);
/// x limited to [low, high]: the gradient is zero outside.
Tensor clamp(const Tensor& x, double low, double high);

/// The activation of each element; f32, f64 or bf16.
Tensor activate(const Tensor& x, Activation activation);

/// x converted to another floating type; the gradient comes back in the type of x.
Tensor cast(const Tensor& x, DType dtype);

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator-(const Tensor& x) { return neg(x); }
inline Tensor operator*(double factor, const Tensor& x) { return affine(x, factor); }
inline Tensor operator+(const Tensor& x, double offset) { return affine(x, 1.0, offset); }
inline Tensor operator-(const Tensor& x, double offset) { return affine(x, 1.0, -offset); }

}  // namespace latent
