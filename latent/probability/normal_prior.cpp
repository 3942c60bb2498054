#include <latent/probability/normal_prior.hpp>

#include <latent/autograd/gaussian.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/noise.hpp>

namespace latent {

std::unique_ptr<Prior> NormalPrior::make(const Json& config, const SlotContext& context) {
  const JsonFields no_options("prior", *config, {"name"});
  return std::make_unique<NormalPrior>(context.latent_dim);
}

Tensor NormalPrior::sample(int64_t n, Rng& rng) const {
  LATENT_CHECK(n >= 0, "[normal] number of samples must not be negative, got {}", n);
  return standard_normal({n, latent_dim_}, rng);
}

Tensor NormalPrior::log_prob(const Tensor& z) const {
  LATENT_CHECK(z.ndim() >= 1 && z.dim(-1) == latent_dim_, "[normal] z (..., D): expected D = {}, got {}", latent_dim_,
               z.shape().str());
  return standard_normal_log_prob(z);
}

Json NormalPrior::config() const { return nlohmann::json{{"name", "normal"}}; }

}  // namespace latent
