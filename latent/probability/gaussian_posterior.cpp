#include <latent/probability/gaussian_posterior.hpp>

#include <latent/autograd/estimators.hpp>
#include <latent/autograd/gaussian.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/noise.hpp>

#include <algorithm>

namespace latent {

namespace {

// Of each dimension. Where the prior has scales, it is that of the code in their units.
Tensor kl_from(const Tensor& mu, const Tensor& logvar, const Prior& prior) {
  const Tensor scales = prior.scales();
  if (!scales.defined()) return gaussian_kl(mu, logvar);
  const Tensor s = scales.to(mu.dtype());
  return gaussian_kl(mu / s, sub(logvar, affine(log(s), 2.0, 0.0)));
}

}  // namespace

std::unique_ptr<Posterior> GaussianPosterior::make(const Json& config, const SlotContext& context) {
  const JsonFields no_options("posterior", *config, {"name"});
  return std::make_unique<GaussianPosterior>(context.features, context.latent_dim, context.rng);
}

GaussianPosterior::GaussianPosterior(int64_t features, int64_t latent_dim, Rng& rng)
    : latent_dim_(latent_dim), head_({.in = features, .out = 2 * latent_dim}, rng) {
  add_weight("weight", head_.weight);
  add_parameter("bias", head_.bias);
}

GaussianMoments GaussianPosterior::split(const Tensor& stats) const {
  return {columns(stats, 0, latent_dim_), columns(stats, latent_dim_, 2 * latent_dim_)};
}

GaussianMoments GaussianPosterior::moments(const Tensor& h) const { return split(head_.forward(h, nn::Mode::eval)); }

std::unique_ptr<Distribution> GaussianPosterior::distribution(const Tensor& h) const {
  auto [mu, logvar] = moments(h);
  return std::make_unique<DiagonalGaussian>(std::move(mu), std::move(logvar));
}

PosteriorSample GaussianPosterior::sample(const Tensor& h, const Prior& prior, const SampleNeeds& needs, Rng& rng,
                                          nn::Mode mode) const {
  const int64_t K = needs.num_samples;
  LATENT_CHECK(K >= 1, "[gaussian] num_samples must be at least 1, got {}", K);
  const Tensor stats = head_.forward(h, {mode, &rng});  // (N, 2 D)
  const Shape codes{h.dim(0), latent_dim_};
  const Tensor eps = standard_normal(K == 1 ? codes : codes.prepend(K), rng);
  const bool is_standard = prior.is_standard_normal();
  PosteriorSample result;
  if (is_standard && K == 1 && !needs.log_probs && !needs.weighted_gradient) {
    GaussianSample fused = gaussian_sample(stats, eps);
    result.z = std::move(fused.z);
    result.kl_per_dim = std::move(fused.kl);
    result.kl = sum_last(result.kl_per_dim);
    if (needs.moments) result.moments = split(stats);
    return result;
  }
  result.moments = split(stats);
  const auto& [mu, logvar] = result.moments;
  result.z = reparameterize(mu, logvar, eps);  // (N, D) or (K, N, D)
  if (needs.weighted_gradient) {
    result.gradient_weights = Tensor::full(K == 1 ? Shape{h.dim(0)} : Shape{K, h.dim(0)}, 1.0);
    result.z = scale_gradient(result.z, result.gradient_weights);
  }
  if (prior.is_diagonal_normal()) {
    result.kl_per_dim = kl_from(mu, logvar, prior);
    result.kl = sum_last(result.kl_per_dim);
  }
  if (!result.kl.defined() || needs.log_probs) {
    result.log_q = needs.weighted_gradient ? gaussian_log_prob(result.z, mu.detach(), logvar.detach())
                                           : gaussian_log_prob(result.z, mu, logvar);
    result.log_prior = prior.log_prob(result.z);
  }
  if (!result.kl.defined()) result.kl = sub(result.log_q, result.log_prior);
  return result;
}

void GaussianPosterior::start_from_features(std::span<const float> logvar) {
  const int64_t D = latent_dim_, features = head_.options().in;
  std::ranges::fill(head_.weight.span<float>(), 0.0F);
  std::ranges::fill(head_.bias.span<float>(), 0.0F);
  for (int64_t d = 0; d < D; ++d) head_.weight.data<float>()[d * features + d] = 1.0F;
  std::ranges::copy(logvar, head_.bias.data<float>() + D);
}

Json GaussianPosterior::config() const { return nlohmann::json{{"name", "gaussian"}}; }

}  // namespace latent
