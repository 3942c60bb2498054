#include <latent/autograd/gaussian.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/node.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/kernels/gaussian.hpp>

#include <cmath>
#include <numbers>

namespace latent {

namespace {
const double kHalfLog2Pi = 0.5 * std::log(2.0 * std::numbers::pi);

void check_pair(const char* name, const Tensor& mu, const Tensor& logvar) {
  LATENT_CHECK(mu.shape() == logvar.shape(), "[{}] mu and logvar of one shape expected, got {} and {}", name,
               mu.shape().str(), logvar.shape().str());
}
}  // namespace

Tensor gaussian_kl(const Tensor& mu, const Tensor& logvar) {
  check_pair("gaussian_kl", mu, logvar);
  return affine(sub(add(square(mu), exp(logvar)), logvar), 0.5, -0.5);
}

Tensor reparameterize(const Tensor& mu, const Tensor& logvar, const Tensor& eps) {
  check_pair("reparameterize", mu, logvar);
  // Products with eps first, because it may have K as a first dimension that mu and logvar lack.
  const Tensor sigma = exp(affine(logvar, 0.5));
  if (eps.shape() == mu.shape()) return add(mul(sigma, eps), mu);
  LATENT_CHECK(eps.ndim() == mu.ndim() + 1 && eps.shape().tail() == mu.shape(),
               "[reparameterize] eps {} or (K, ...) expected, got {}", mu.shape().str(), eps.shape().str());
  const int64_t K = eps.dim(0);
  return add(mul(repeat(sigma, K), eps), repeat(mu, K));
}

GaussianSample gaussian_sample(const Tensor& stats, const Tensor& eps) {
  LATENT_CHECK(eps.ndim() == 2 && stats.shape() == (Shape{eps.dim(0), 2 * eps.dim(1)}) && stats.dtype() == eps.dtype(),
               "[gaussian_sample] stats (N, 2 D) and eps (N, D) expected, got {} and {}", stats.shape().str(),
               eps.shape().str());
  const int64_t N = eps.dim(0), D = eps.dim(1);
  GaussianSample sample{Tensor::empty(eps.shape(), eps.dtype()), Tensor::empty(eps.shape(), eps.dtype())};
  detail::with_float_type("gaussian_sample", stats.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::gaussian_sample(N, D, stats.data<T>(), eps.data<T>(), sample.z.data<T>(), sample.kl.data<T>());
  });
  if (should_record({&stats})) {
    record("gaussian_sample", {&sample.z, &sample.kl}, {&stats},
           [N, D, stats = stats.detach(), eps = eps.detach()](std::span<const Tensor> grads) {
             Tensor dstats = Tensor::empty(stats.shape(), stats.dtype());
             const Tensor dz = grads[0].defined() ? detail::in_type(grads[0], stats.dtype()) : Tensor();
             const Tensor dkl = grads[1].defined() ? detail::in_type(grads[1], stats.dtype()) : Tensor();
             detail::with_float_type("gaussian_sample", stats.dtype(), [&](auto* t) {
               using T = std::remove_pointer_t<decltype(t)>;
               kernels::gaussian_sample_backward(N, D, stats.data<T>(), eps.data<T>(),
                                                 dz.defined() ? dz.data<T>() : nullptr,
                                                 dkl.defined() ? dkl.data<T>() : nullptr, dstats.data<T>());
             });
             return Gradients{dstats};
           });
  }
  return sample;
}

Tensor gaussian_log_prob(const Tensor& z, const Tensor& mu, const Tensor& logvar) {
  check_pair("gaussian_log_prob", mu, logvar);
  // -0.5 * (log 2 pi + logvar + (z - mu)^2 exp(-logvar))
  const Tensor scaled = mul(square(sub(z, mu)), exp(neg(logvar)));
  return sum_last(affine(add(scaled, logvar), -0.5, -kHalfLog2Pi));
}

Tensor standard_normal_log_prob(const Tensor& z) { return sum_last(affine(square(z), -0.5, -kHalfLog2Pi)); }

}  // namespace latent
