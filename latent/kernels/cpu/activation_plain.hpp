#pragma once
// Activations and their derivatives on one number: the plain version.

#include <latent/core/activation.hpp>

#include <cmath>
#include <numbers>

namespace latent::kernels {

template <class T>
T activation_value(Activation activation, T x) {
  switch (activation) {
    case Activation::none: return x;
    case Activation::relu: return x > T(0) ? x : (std::isnan(x) ? x : T(0));
    case Activation::leaky_relu: return x > T(0) ? x : T(kLeakyReluSlope) * x;
    case Activation::elu: return x > T(0) ? x : std::expm1(x);
    case Activation::gelu: return T(0.5) * x * (T(1) + std::erf(x / std::numbers::sqrt2_v<T>));
    case Activation::silu: return x / (T(1) + std::exp(-x));
    case Activation::tanh: return std::tanh(x);
    case Activation::sigmoid: return T(1) / (T(1) + std::exp(-x));
  }
  return x;
}

/// The derivative from the result y, for activations with derivative_from_result().
template <class T>
T activation_slope_from_result(Activation activation, T y) {
  switch (activation) {
    case Activation::relu: return y > T(0) ? T(1) : T(0);
    case Activation::leaky_relu: return y > T(0) ? T(1) : T(kLeakyReluSlope);
    case Activation::elu: return y > T(0) ? T(1) : y + T(1);
    case Activation::tanh: return T(1) - y * y;
    case Activation::sigmoid: return y * (T(1) - y);
    default: return T(1);
  }
}

/// The derivative from the input x.
template <class T>
T activation_slope_from_input(Activation activation, T x) {
  switch (activation) {
    case Activation::gelu: {
      const T density = std::exp(T(-0.5) * x * x) * T(0.5) * std::numbers::inv_sqrtpi_v<T> * std::numbers::sqrt2_v<T>;
      return T(0.5) * (T(1) + std::erf(x / std::numbers::sqrt2_v<T>)) + x * density;
    }
    case Activation::silu: {
      const T s = T(1) / (T(1) + std::exp(-x));
      return s * (T(1) + x * (T(1) - s));
    }
    default: return activation_slope_from_result(activation, activation_value(activation, x));
  }
}

}  // namespace latent::kernels
