#pragma once
// From the type that an array stores to code for that type.

#include <latent/core/tensor.hpp>

#include <type_traits>

namespace latent::data {

/// Calls f with a null pointer of the stored element type and returns what it returns.
/// @throws std::invalid_argument for bf16, which no data format stores
template <class F>
auto with_stored_type(DType dtype, F f) {
  switch (dtype) {
    case DType::u8: return f(static_cast<const uint8_t*>(nullptr));
    case DType::i32: return f(static_cast<const int32_t*>(nullptr));
    case DType::i64: return f(static_cast<const int64_t*>(nullptr));
    case DType::f32: return f(static_cast<const float*>(nullptr));
    case DType::f64: return f(static_cast<const double*>(nullptr));
    case DType::bf16: break;
  }
  detail::throw_invalid_argument("[data] arrays of bf16 are not data");
}

/// The element type behind the pointer that with_stored_type() passes.
template <class Pointer>
using Stored = std::remove_const_t<std::remove_pointer_t<Pointer>>;

}  // namespace latent::data
