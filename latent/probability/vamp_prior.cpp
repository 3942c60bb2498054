#include <latent/probability/vamp_prior.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/gaussian.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/mixture_prior.hpp>

#include <cmath>
#include <vector>

namespace latent {

int64_t VampPrior::components_in(const Json& config) {
  const JsonFields fields("prior", *config, {"name", "components"});
  return fields.integer("components", 500, 1, 1 << 16);
}

std::unique_ptr<Prior> VampPrior::make(const Json& config, const SlotContext& context) {
  const int64_t components = components_in(config);
  const Shape shape = context.data_shape.prepend(components);
  context.check_elements("vamp", static_cast<double>(components) * static_cast<double>(context.data_shape.numel()));
  if (context.data != nullptr) return std::make_unique<VampPrior>(context.data->draw(components, context.rng));
  Tensor noise = Tensor::empty(shape);
  context.rng.uniform(noise.span<float>());
  return std::make_unique<VampPrior>(noise);
}

VampPrior::VampPrior(const Tensor& pseudo_inputs) : pseudo_inputs_(add_parameter("pseudo_inputs", pseudo_inputs)) {}

GaussianMoments VampPrior::moments() const {
  LATENT_CHECK(encode_ != nullptr, "[vamp] the prior belongs to a model: its pseudo-inputs need an encoder");
  return encode_(pseudo_inputs_);
}

Tensor VampPrior::sample(int64_t n, Rng& rng) const {
  LATENT_CHECK(n >= 0, "[vamp] number of samples must not be negative, got {}", n);
  const NoGrad no_grad;
  const auto C = static_cast<size_t>(pseudo_inputs_.dim(0));
  return sample_mixture(n, moments(), std::vector<double>(C, 1.0 / static_cast<double>(C)), rng);
}

Tensor VampPrior::log_prob(const Tensor& z) const {
  const auto [mu, logvar] = moments();
  LATENT_CHECK(z.ndim() >= 1 && z.dim(-1) == mu.dim(1), "[vamp] z (..., D): expected D = {}, got {}", mu.dim(1),
               z.shape().str());
  const int64_t C = mu.dim(0);
  const Tensor log_weights = Tensor::full({C}, -std::log(static_cast<double>(C)), z.dtype());
  return gaussian_mixture_log_prob(z, cast(mu, z.dtype()), cast(logvar, z.dtype()), log_weights);
}

Json VampPrior::config() const { return nlohmann::json{{"name", "vamp"}, {"components", pseudo_inputs_.dim(0)}}; }

}  // namespace latent
