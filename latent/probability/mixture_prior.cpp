#include <latent/probability/mixture_prior.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/gaussian.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/noise.hpp>

#include <algorithm>
#include <numeric>

namespace latent {

int64_t MixturePrior::components_in(const Json& config) {
  const JsonFields fields("prior", *config, {"name", "components"});
  return fields.integer("components", 20, 1, 1 << 16);
}

std::unique_ptr<Prior> MixturePrior::make(const Json& config, const SlotContext& context) {
  const int64_t components = components_in(config);
  context.check_elements("mixture", 2.0 * static_cast<double>(components) * static_cast<double>(context.latent_dim));
  return std::make_unique<MixturePrior>(components, context.latent_dim, context.rng);
}

MixturePrior::MixturePrior(int64_t components, int64_t latent_dim, Rng& rng)
    : mu_(add_parameter("mu", standard_normal({components, latent_dim}, rng))),
      logvar_(add_parameter("logvar", Tensor::zeros({components, latent_dim}))),
      logits_(add_parameter("logits", Tensor::zeros({components}))) {}

Tensor MixturePrior::sample(int64_t n, Rng& rng) const {
  LATENT_CHECK(n >= 0, "[mixture] number of samples must not be negative, got {}", n);
  const NoGrad no_grad;
  const std::vector<double> weights = exp(log_softmax(logits_)).to_vector();
  return sample_mixture(n, {mu_, logvar_}, weights, rng);
}

Tensor MixturePrior::log_prob(const Tensor& z) const {
  LATENT_CHECK(z.ndim() >= 1 && z.dim(-1) == mu_.dim(1), "[mixture] z (..., D): expected D = {}, got {}", mu_.dim(1),
               z.shape().str());
  const DType type = z.dtype();
  return gaussian_mixture_log_prob(z, cast(mu_, type), cast(logvar_, type), log_softmax(cast(logits_, type)));
}

Json MixturePrior::config() const { return nlohmann::json{{"name", "mixture"}, {"components", mu_.dim(0)}}; }

Tensor sample_mixture(int64_t n, const GaussianMoments& moments, std::span<const double> weights, Rng& rng) {
  std::vector<double> cumulative(weights.size());
  std::partial_sum(weights.begin(), weights.end(), cumulative.begin());
  std::vector<int64_t> components(static_cast<size_t>(n));
  for (int64_t& component : components) {
    const auto above = std::ranges::upper_bound(cumulative, rng.uniform() * cumulative.back());
    component = std::min<int64_t>(above - cumulative.begin(), static_cast<int64_t>(cumulative.size()) - 1);
  }
  const NoGrad no_grad;
  return reparameterize(gather_rows(moments.mu, components), gather_rows(moments.logvar, components),
                        standard_normal({n, moments.mu.dim(1)}, rng));
}

}  // namespace latent
