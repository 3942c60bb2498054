#include <latent/probability/gaussian_posterior.hpp>

#include <latent/autograd/gaussian.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/json_fields.hpp>
#include <latent/probability/noise.hpp>

#include <algorithm>

namespace latent {

std::unique_ptr<Posterior> GaussianPosterior::make(const nlohmann::json& config, int64_t features, int64_t latent_dim,
                                                   Rng& rng) {
  const JsonFields no_options("posterior", config, {"name"});
  return std::make_unique<GaussianPosterior>(features, latent_dim, rng);
}

GaussianPosterior::GaussianPosterior(int64_t features, int64_t latent_dim, Rng& rng)
    : latent_dim_(latent_dim), head_({.in = features, .out = 2 * latent_dim}, rng) {
  add_weight("weight", head_.weight);
  add_parameter("bias", head_.bias);
}

std::unique_ptr<Distribution> GaussianPosterior::distribution(const Tensor& h) const {
  const Tensor stats = head_.forward(h, nn::Mode::eval);  // (N, 2 D)
  return std::make_unique<DiagonalGaussian>(columns(stats, 0, latent_dim_),
                                            columns(stats, latent_dim_, 2 * latent_dim_));
}

PosteriorSample GaussianPosterior::sample(const Tensor& h, const Prior& prior, int64_t num_samples, Rng& rng,
                                          nn::Mode mode) const {
  LATENT_CHECK(num_samples >= 1, "[gaussian] num_samples must be at least 1, got {}", num_samples);
  const Tensor stats = head_.forward(h, mode);  // (N, 2 D)
  const Shape codes{h.dim(0), latent_dim_};
  const Tensor eps = standard_normal(num_samples == 1 ? codes : codes.prepend(num_samples), rng);
  PosteriorSample result;
  if (prior.is_standard_normal() && num_samples == 1) {
    GaussianSample fused = gaussian_sample(stats, eps);
    result.z = std::move(fused.z);
    result.kl_per_dim = std::move(fused.kl);
    result.kl = sum_last(result.kl_per_dim);
    return result;
  }
  const Tensor mu = columns(stats, 0, latent_dim_);
  const Tensor logvar = columns(stats, latent_dim_, 2 * latent_dim_);
  result.z = reparameterize(mu, logvar, eps);  // (N, D) or (K, N, D)
  if (prior.is_standard_normal()) {
    result.kl_per_dim = gaussian_kl(mu, logvar);
    result.kl = sum_last(result.kl_per_dim);
  } else {
    result.kl = sub(gaussian_log_prob(result.z, mu, logvar), prior.log_prob(result.z));
  }
  return result;
}

void GaussianPosterior::start_from_features(std::span<const float> logvar) {
  const int64_t D = latent_dim_, features = head_.options().in;
  std::ranges::fill(head_.weight.span<float>(), 0.0F);
  std::ranges::fill(head_.bias.span<float>(), 0.0F);
  for (int64_t d = 0; d < D; ++d) head_.weight.data<float>()[d * features + d] = 1.0F;
  std::ranges::copy(logvar, head_.bias.data<float>() + D);
}

nlohmann::json GaussianPosterior::config() const { return {{"name", "gaussian"}}; }

}  // namespace latent
