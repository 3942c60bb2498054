#pragma once
// Sampler: what new codes are drawn from where that is not the prior.

#include <latent/core/json.hpp>
#include <latent/core/rng.hpp>
#include <latent/nn/module.hpp>

#include <memory>
#include <span>
#include <string_view>

namespace latent {

/// A distribution over codes that is fitted to those of a trained model. It has no part in the model's bound: it is
/// drawn from, and nothing else.
class Sampler : public nn::Module {
 public:
  /// (n, D) codes. @throws std::invalid_argument for n < 0
  virtual Tensor sample(int64_t n, Rng& rng) const = 0;
  /// {"name": "flow", ...}
  virtual Json config() const = 0;
};

/// Builds one from its config; it is of no use before it is fitted, or its tensors are filled from a file.
/// @param config  {"name": "flow", "hidden": 384, "layers": 3, "steps": 20}, {"name": "mixture", "components": 50} or
///                {"name": "vamp", "components": 500}
/// @param max_elements  that its tensors may have together
/// @throws std::invalid_argument for an unknown name (with the nearest valid one) or settings out of range
std::unique_ptr<Sampler> make_sampler(const Json& config, int64_t latent_dim, Rng& rng, int64_t max_elements);
/// Elements of the tensors that make_sampler() would give one of this config. @throws std::invalid_argument as it does
double num_sampler_elements(const Json& config, int64_t latent_dim);
/// "flow", "mixture", "vamp"
std::span<const std::string_view> sampler_names();

}  // namespace latent
