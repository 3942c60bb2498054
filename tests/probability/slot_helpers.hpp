#pragma once
// What the tests of slots share: choices made for a small model.

#include <latent/core/detail/json_value.hpp>
#include <latent/probability/slots.hpp>

#include <memory>

namespace latent::test {

/// A context without data for codes of two dimensions.
inline SlotContext slot_context(Rng& rng, int64_t features = 4, int64_t latent_dim = 2) {
  return {.data_shape = {}, .features = features, .latent_dim = latent_dim, .rng = rng};
}

inline std::unique_ptr<Likelihood> likelihood(const nlohmann::json& config, const Shape& data_shape = {}) {
  Rng rng(0);
  return make_likelihood(config, {.data_shape = data_shape, .rng = rng});
}
inline std::unique_ptr<Prior> prior(const nlohmann::json& config, int64_t latent_dim = 2) {
  Rng rng(0);
  return make_prior(config, slot_context(rng, 0, latent_dim));
}
inline std::unique_ptr<Posterior> posterior(const nlohmann::json& config, int64_t features = 4,
                                            int64_t latent_dim = 2) {
  Rng rng(0);
  return make_posterior(config, slot_context(rng, features, latent_dim));
}
inline std::unique_ptr<Objective> objective(const nlohmann::json& config) {
  Rng rng(0);
  return make_objective(config, slot_context(rng));
}

}  // namespace latent::test
