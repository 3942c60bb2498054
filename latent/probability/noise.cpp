#include <latent/probability/noise.hpp>

namespace latent {

Tensor standard_normal(const Shape& shape, Rng& rng, DType dtype) {
  LATENT_CHECK(dtype == DType::f32 || dtype == DType::f64, "[standard_normal] f32 or f64, got {}", name_of(dtype));
  Tensor eps = Tensor::empty(shape, dtype);
  if (dtype == DType::f32) {
    rng.normal(eps.span<float>());
  } else {
    rng.normal(eps.span<double>());
  }
  return eps;
}

}  // namespace latent
