#pragma once
// Optimizer steps on one element: the plain version, used for double and as the reference of the vector code.

#include <latent/kernels/optimizer.hpp>

#include <cmath>

namespace latent::kernels {

template <class T>
void adam_element(const AdamStep& s, T grad, T& weight, T& m, T& v) {
  const T g = grad * T(s.grad_scale) + T(s.l2) * weight;
  m = T(s.beta1) * m + T(1 - s.beta1) * g;
  v = T(s.beta2) * v + T(1 - s.beta2) * g * g;
  const T denominator = std::sqrt(v) / T(s.sqrt_correction2) + T(s.eps);
  weight = weight * T(s.keep) - T(s.step_size) * (m / denominator);
}

template <class T>
void sgd_element(const SgdStep& s, T grad, T& weight, T& m) {
  const T g = grad * T(s.grad_scale) + T(s.l2) * weight;
  m = T(s.momentum) * m + g;
  weight -= T(s.lr) * m;
}

}  // namespace latent::kernels
