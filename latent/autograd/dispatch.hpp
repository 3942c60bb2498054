#pragma once
// Helpers for authors of operations: from a tensor's type to a template argument, and checks that all of them make.

#include <latent/core/tensor.hpp>

#include <algorithm>

namespace latent::detail {

/// Calls f(T*) with T = float or double. @throws std::invalid_argument for other types, naming the operation
template <class F>
auto with_float_type(const char* operation, DType dtype, const F& f) {
  LATENT_CHECK(dtype == DType::f32 || dtype == DType::f64, "[{}] f32 or f64 expected, got {}", operation,
               name_of(dtype));
  if (dtype == DType::f32) return f(static_cast<float*>(nullptr));
  return f(static_cast<double*>(nullptr));
}

/// The same with bfloat16 as a third choice.
template <class F>
auto with_any_float_type(const char* operation, DType dtype, const F& f) {
  if (dtype == DType::bf16) return f(static_cast<bfloat16*>(nullptr));
  return with_float_type(operation, dtype, f);
}

/// Whether every element of `gradient` is `expected`, so that one made in the forward pass can be used as it is.
template <class T>
bool all_equal(const Tensor& gradient, double expected) {
  return std::ranges::all_of(gradient.span<T>(), [e = static_cast<T>(expected)](T g) { return g == e; });
}

/// `gradient` in the type of the tensor it belongs to.
Tensor in_type(const Tensor& gradient, DType dtype);

}  // namespace latent::detail
