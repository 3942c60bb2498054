#include <latent/models/input_checks.hpp>

namespace latent {

void check_batch(const char* function, const Tensor& x, const Shape& sample) {
  LATENT_CHECK(x.ndim() == sample.ndim() + 1 && x.shape().tail() == sample && x.dtype() == DType::f32,
               "[{}] data (N, ...) f32: expected samples of shape {}, got {} {}", function, sample.str(),
               x.shape().str(), name_of(x.dtype()));
}

void check_codes(const char* function, const Tensor& z, int64_t latent_dim) {
  LATENT_CHECK(z.ndim() == 2 && z.dim(1) == latent_dim && z.dtype() == DType::f32,
               "[{}] codes (N, D) f32: expected D = {}, got {} {}", function, latent_dim, z.shape().str(),
               name_of(z.dtype()));
}

}  // namespace latent
