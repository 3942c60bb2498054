#include <latent/probability/point_posterior.hpp>

#include <latent/autograd/shaping.hpp>
#include <latent/core/detail/json_fields.hpp>

#include <algorithm>

namespace latent {

std::unique_ptr<Posterior> PointPosterior::make(const Json& config, const SlotContext& context) {
  const JsonFields no_options("posterior", *config, {"name"});
  return std::make_unique<PointPosterior>(context.features, context.latent_dim, context.rng);
}

PointPosterior::PointPosterior(int64_t features, int64_t latent_dim, Rng& rng)
    : head_({.in = features, .out = latent_dim}, rng) {
  add_weight("weight", head_.weight);
  add_parameter("bias", head_.bias);
}

std::unique_ptr<Distribution> PointPosterior::distribution(const Tensor& h) const {
  return std::make_unique<PointMass>(head_.forward(h, nn::Mode::eval));
}

PosteriorSample PointPosterior::sample(const Tensor& h, const Prior&, const SampleNeeds& needs, Rng&,
                                       nn::Mode mode) const {
  const int64_t K = needs.num_samples;
  LATENT_CHECK(K >= 1, "[none] num_samples must be at least 1, got {}", K);
  PosteriorSample result;
  const Tensor z = head_.forward(h, mode);  // (N, D)
  result.z = K == 1 ? z : repeat(z, K);
  return result;
}

void PointPosterior::start_from_features(std::span<const float>) {
  std::ranges::fill(head_.weight.span<float>(), 0.0F);
  std::ranges::fill(head_.bias.span<float>(), 0.0F);
  for (int64_t d = 0; d < head_.options().out; ++d) head_.weight.data<float>()[d * (head_.options().in + 1)] = 1.0F;
}

Json PointPosterior::config() const { return nlohmann::json{{"name", "none"}}; }

}  // namespace latent
