#pragma once
// One step of an optimizer over all parameters at once, and the passes over weights and gradients around it.

#include <latent/core/dtype.hpp>

#include <cstdint>
#include <span>

namespace latent::kernels {

/// One parameter tensor and what belongs to it; all arrays have `size` elements.
struct UpdatedTensor {
  DType type = DType::f32;       ///< f32 or f64: of weight, first and second
  DType grad_type = DType::f32;  ///< f32 or bf16 beside an f32 weight, f64 beside an f64 weight
  void* weight = nullptr;
  const void* grad = nullptr;
  void* first = nullptr;          ///< Adam's m, or SGD's momentum
  void* second = nullptr;         ///< Adam's v; not used by sgd_step
  bfloat16* bf16_copy = nullptr;  ///< receives the new weight, rounded to nearest even; may be null
  int64_t size = 0;
};

/// g = grad * grad_scale + l2 * w;  w *= keep;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
/// w -= step_size * m / (sqrt(v) / sqrt_correction2 + eps)
struct AdamStep {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double step_size = 0.0;         ///< lr / (1 - beta1^t)
  double sqrt_correction2 = 1.0;  ///< sqrt(1 - beta2^t)
  double grad_scale = 1.0;
  double l2 = 0.0;
  double keep = 1.0;  ///< 1 - lr * weight_decay where the decay is decoupled
};
void adam_step(std::span<const UpdatedTensor> tensors, const AdamStep& step);

/// g = grad * grad_scale + l2 * w;  m = momentum m + g;  w -= lr m
struct SgdStep {
  double lr = 0.0, momentum = 0.0, grad_scale = 1.0, l2 = 0.0;
};
void sgd_step(std::span<const UpdatedTensor> tensors, const SgdStep& step);

struct ReadTensor {
  DType type = DType::f32;  ///< f32, bf16 or f64
  const void* data = nullptr;
  int64_t size = 0;
};
/// Sum of the squares of all elements, in double and in a fixed order, whatever the number of threads.
/// Not finite if and only if an element is not (squares of f32 and bf16 do not overflow a double).
double sum_of_squares(std::span<const ReadTensor> tensors);

/// average[i] += rate * (value[i] - average[i]). @param type f32 or f64, for both
void move_towards(void* average, const void* value, int64_t size, double rate, DType type);

}  // namespace latent::kernels
