#include <latent/autograd/gaussian.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/linear.hpp>
#include <latent/autograd/node.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/kernels/gaussian.hpp>

#include <cmath>
#include <numbers>
#include <utility>

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

Tensor pairwise_gaussian_log_prob(const Tensor& z, const Tensor& mu, const Tensor& logvar) {
  check_pair("pairwise_gaussian_log_prob", mu, logvar);
  LATENT_CHECK(z.ndim() == 2 && mu.ndim() == 2 && z.dim(1) == mu.dim(1) && z.dtype() == mu.dtype() &&
                   z.dtype() == logvar.dtype(),
               "[pairwise_gaussian_log_prob] z (N, D) and mu (M, D) of one type expected, got {} {} and {} {}",
               z.shape().str(), name_of(z.dtype()), mu.shape().str(), name_of(mu.dtype()));
  const int64_t M = mu.dim(0), N = z.dim(0), D = z.dim(1);
  Tensor y = Tensor::empty({M, N, D}, z.dtype());
  detail::with_float_type("pairwise_gaussian_log_prob", z.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::pairwise_gaussian_log_prob<T>({M, N, D, std::as_const(z).data<T>(), mu.data<T>(), logvar.data<T>()},
                                           y.data<T>());
  });
  if (should_record({&z, &mu, &logvar})) {
    record("pairwise_gaussian_log_prob", {&y}, {&z, &mu, &logvar},
           [M, N, D, z = z.detach(), mu = mu.detach(), logvar = logvar.detach()](std::span<const Tensor> grads) {
             const Tensor dy = detail::in_type(grads[0], z.dtype());
             Tensor dz = Tensor::empty(z.shape(), z.dtype()), dmu = Tensor::empty(mu.shape(), z.dtype()),
                    dlogvar = Tensor::empty(mu.shape(), z.dtype());
             detail::with_float_type("pairwise_gaussian_log_prob", z.dtype(), [&](auto* t) {
               using T = std::remove_pointer_t<decltype(t)>;
               kernels::pairwise_gaussian_log_prob_backward<T>({M, N, D, z.data<T>(), mu.data<T>(), logvar.data<T>()},
                                                               dy.data<T>(), dz.data<T>(), dmu.data<T>(),
                                                               dlogvar.data<T>());
             });
             return Gradients{dz, dmu, dlogvar};
           });
  }
  return y;
}

Tensor gaussian_mixture_log_prob(const Tensor& z, const Tensor& mu, const Tensor& logvar, const Tensor& log_weights) {
  check_pair("gaussian_mixture_log_prob", mu, logvar);
  LATENT_CHECK(z.ndim() >= 1 && mu.ndim() == 2 && z.dim(-1) == mu.dim(1) && log_weights.shape() == Shape{mu.dim(0)},
               "[gaussian_mixture_log_prob] z (..., D), mu (C, D) and log_weights (C) expected, got {}, {} and {}",
               z.shape().str(), mu.shape().str(), log_weights.shape().str());
  const int64_t C = mu.dim(0), D = mu.dim(1), rows = D == 0 ? 0 : z.numel() / D;
  const Shape batch(z.shape().sizes().first(static_cast<size_t>(z.ndim() - 1)));
  const Tensor x = reshape(z, {rows, D});
  // -0.5 sum_d (z - mu)^2 / var, multiplied out: (C, D) x (D, rows)
  const Tensor precision = exp(neg(logvar)), weighted_mu = mul(mu, precision);
  const auto product = [&](const Tensor& a, const Tensor& b) {
    return linear(a, b, Tensor(), Activation::none, z.dtype());
  };
  const Tensor squares = product(affine(precision, -0.5), square(x)), cross = product(weighted_mu, x);
  // What does not depend on z, one number for each component.
  const Tensor of_mu = sum_last(add(mul(mu, weighted_mu), logvar));
  const Tensor offset = add(affine(of_mu, -0.5, -kHalfLog2Pi * static_cast<double>(D)), log_weights);
  const Tensor joint = add(add(squares, cross), reshape(offset, {C, 1}));  // (C, rows)
  return reshape(logsumexp_first(joint), batch);
}

Tensor standard_normal_log_prob(const Tensor& z) { return sum_last(affine(square(z), -0.5, -kHalfLog2Pi)); }

}  // namespace latent
