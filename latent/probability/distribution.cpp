#include <latent/probability/distribution.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/gaussian.hpp>
#include <latent/autograd/likelihood.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/probability/noise.hpp>

#include <cmath>
#include <numbers>
#include <utility>

namespace latent {

namespace {

void check_parameters(const char* name, const Tensor& t) {
  LATENT_CHECK(t.ndim() >= 1 && (t.dtype() == DType::f32 || t.dtype() == DType::f64),
               "[{}] parameters (N, ...) of f32 or f64, got {} {}", name, t.shape().str(), name_of(t.dtype()));
}

void check_num_samples(const char* name, int64_t num_samples) {
  LATENT_CHECK(num_samples >= 1, "[{}] num_samples must be at least 1, got {}", name, num_samples);
}

// Whether `value` is (K, N, ...) beside parameters (N, ...); (N, ...) itself is the other possibility.
bool has_sample_dimension(const char* name, const Tensor& value, const Shape& parameters) {
  const bool stacked = value.ndim() == parameters.ndim() + 1 && value.shape().tail() == parameters;
  LATENT_CHECK(stacked || value.shape() == parameters, "[{}] value: expected {} or (K, ...) of it, got {}", name,
               parameters.str(), value.shape().str());
  return stacked;
}

// (N, ...) -> (N, M), also for N = 0.
Shape as_rows(const Shape& shape) { return {shape[0], shape.tail().numel()}; }

// log_prob of a likelihood `nll(parameters, value) -> (N)` that knows one value for each row.
template <class Nll>
Tensor log_prob_by(const char* name, const Tensor& parameters, const Tensor& value, const Nll& nll) {
  if (!has_sample_dimension(name, value, parameters.shape())) return neg(nll(parameters, value));
  const int64_t K = value.dim(0), N = value.dim(1);
  const Shape rows = as_rows(parameters.shape()).tail().prepend(K * N);
  return reshape(neg(nll(reshape(repeat(parameters, K), rows), reshape(value, rows))), {K, N});
}

// K draws for each element of `parameters` by `draw(parameter, uniform)`, uniform in the open interval (0, 1).
template <class T, class Draw>
Tensor draw_each(const Tensor& parameters, int64_t K, Rng& rng, const Draw& draw) {
  Tensor result = Tensor::empty(parameters.shape().prepend(K), parameters.dtype());
  Tensor uniform = Tensor::empty(result.shape());
  rng.uniform(uniform.span<float>());
  const std::span<const T> from = parameters.span<T>();
  const std::span<const float> u = std::as_const(uniform).span<float>();
  const std::span<T> to = result.span<T>();
  // The middles of the 2^24 steps of [0, 1): never 0 or 1.
  for (size_t i = 0; i < to.size(); ++i)
    to[i] = static_cast<T>(draw(double{from[i % from.size()]}, double{u[i]} + 0x1p-25));
  return result;
}

template <class Draw>
Tensor draw_each(const Tensor& parameters, int64_t K, Rng& rng, const Draw& draw) {
  return parameters.dtype() == DType::f64 ? draw_each<double>(parameters, K, rng, draw)
                                          : draw_each<float>(parameters, K, rng, draw);
}

}  // namespace

DiagonalGaussian::DiagonalGaussian(Tensor mu, Tensor logvar) : mu_(std::move(mu)), logvar_(std::move(logvar)) {
  check_parameters("gaussian", mu_);
  LATENT_CHECK(mu_.shape() == logvar_.shape() && mu_.dtype() == logvar_.dtype(),
               "[gaussian] mu and logvar of one shape and type, got {} {} and {} {}", mu_.shape().str(),
               name_of(mu_.dtype()), logvar_.shape().str(), name_of(logvar_.dtype()));
}

Tensor DiagonalGaussian::stddev() const { return exp(affine(logvar_, 0.5)); }

Tensor DiagonalGaussian::sample(Rng& rng, int64_t num_samples) const {
  check_num_samples("gaussian", num_samples);
  const Shape rows = as_rows(mu_.shape());
  const Tensor eps = standard_normal(rows.prepend(num_samples), rng, mu_.dtype());
  const Tensor z = reparameterize(reshape(mu_, rows), reshape(logvar_, rows), eps);
  return reshape(z, mu_.shape().prepend(num_samples));
}

Tensor DiagonalGaussian::log_prob(const Tensor& value) const {
  const bool stacked = has_sample_dimension("gaussian", value, mu_.shape());
  const Shape rows = as_rows(mu_.shape());
  return gaussian_log_prob(reshape(value, stacked ? rows.prepend(value.dim(0)) : rows), reshape(mu_, rows),
                           reshape(logvar_, rows));
}

Bernoulli::Bernoulli(Tensor logits) : logits_(std::move(logits)) { check_parameters("bernoulli", logits_); }

Tensor Bernoulli::mean() const { return sigmoid(logits_); }

Tensor Bernoulli::stddev() const {
  // p (1 - p) with 1 - p = sigmoid(-logits), which does not cancel.
  return sqrt(mul(sigmoid(logits_), sigmoid(neg(logits_))));
}

Tensor Bernoulli::sample(Rng& rng, int64_t num_samples) const {
  check_num_samples("bernoulli", num_samples);
  return draw_each(mean(), num_samples, rng, [](double p, double u) { return u < p ? 1.0 : 0.0; });
}

Tensor Bernoulli::log_prob(const Tensor& value) const {
  return log_prob_by("bernoulli", logits_, value,
                     [](const Tensor& logits, const Tensor& x) { return bernoulli_nll(logits, x); });
}

Laplace::Laplace(Tensor mu, double scale) : mu_(std::move(mu)), scale_(scale) {
  check_parameters("laplace", mu_);
  LATENT_CHECK(scale > 0 && std::isfinite(scale), "[laplace] scale must be positive, got {}", scale);
}

Tensor Laplace::stddev() const { return Tensor::full(mu_.shape(), std::numbers::sqrt2 * scale_, mu_.dtype()); }

Tensor Laplace::sample(Rng& rng, int64_t num_samples) const {
  check_num_samples("laplace", num_samples);
  // The inverse of the distribution function.
  return draw_each(mu_, num_samples, rng, [this](double mu, double u) {
    return u < 0.5 ? mu + scale_ * std::log(2.0 * u) : mu - scale_ * std::log(2.0 * (1.0 - u));
  });
}

Tensor Laplace::log_prob(const Tensor& value) const {
  return log_prob_by("laplace", mu_, value,
                     [this](const Tensor& mu, const Tensor& x) { return laplace_nll(mu, x, scale_); });
}

Tensor PointMass::stddev() const { return Tensor::zeros(value_.shape(), value_.dtype()); }

Tensor PointMass::sample(Rng&, int64_t num_samples) const {
  check_num_samples("point mass", num_samples);
  return repeat(value_, num_samples);
}

Tensor PointMass::log_prob(const Tensor&) const {
  detail::throw_invalid_argument("[point mass] a single point has no density (posterior 'none' is no distribution)");
}

}  // namespace latent
