#include <latent/probability/prior_size.hpp>

#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/mixture_prior.hpp>
#include <latent/probability/vamp_prior.hpp>

namespace latent {

double num_prior_parameters(const Json& config, const Shape& data_shape, int64_t latent_dim) {
  const std::string name = name_in("prior", *config);
  const auto D = static_cast<double>(latent_dim), values = static_cast<double>(data_shape.numel());
  if (name == "mixture") return static_cast<double>(MixturePrior::components_in(config)) * (2.0 * D + 1.0);
  if (name == "vamp") return static_cast<double>(VampPrior::components_in(config)) * values;
  return 0.0;
}

}  // namespace latent
