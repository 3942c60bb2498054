#pragma once
// The plain version of glove.hpp.

#include <latent/kernels/glove.hpp>

#include <algorithm>
#include <cmath>

namespace latent::kernels {

constexpr double kGloveLossUnit = 0x1p-24;
constexpr double kGloveCut = 100.0;

/// One step, for either precision. Rows as GloveRows has them.
/// @return weight e^2 / 2
template <class T>
double glove_step_plain(int64_t dim, int64_t stride, T count, T lr, T x_max, T alpha, T* word, T* context) {
  const int64_t bias = 2 * stride;
  T error = word[bias] + context[bias] - std::log(count);
  for (int64_t d = 0; d < dim; ++d) error += word[d] * context[d];
  const T weight = std::min(T(1), std::pow(count / x_max, alpha)), g = lr * weight * error;
  const auto step = [&](T gradient, T* value, T* square) {
    const T cut = std::clamp(gradient, T(-kGloveCut), T(kGloveCut));
    *value -= cut / std::sqrt(*square);
    *square += cut * cut;
  };
  for (int64_t d = 0; d < dim; ++d) {
    const T of_word = g * context[d], of_context = g * word[d];
    step(of_word, word + d, word + stride + d);
    step(of_context, context + d, context + stride + d);
  }
  step(g, word + bias, word + bias + 1);
  step(g, context + bias, context + bias + 1);
  return 0.5 * static_cast<double>(weight) * static_cast<double>(error) * static_cast<double>(error);
}

}  // namespace latent::kernels
