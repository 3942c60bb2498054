#pragma once
// What the objectives with importance weights share.

#include <latent/probability/slots.hpp>

namespace latent {

/// K of the importance-weighted objectives where nothing is said.
constexpr int64_t kUsualImportanceSamples = 5;

/// log w = log p(x|z) + log p(z) - log q(z|x) at each sample: (K, N), or (N) with K = 1.
Tensor importance_log_weights(const ObjectiveInputs& inputs);

/// loss = -log 1/K sum_k w_k, and beside it reconstruction and KL averaged over the samples.
/// @param log_w  (K, N), or (N)
ObjectiveTerms importance_weighted_terms(const ObjectiveInputs& inputs, const Tensor& log_w);

/// @throws std::invalid_argument naming the objective, for a posterior without density
void check_has_density(const char* objective, const Posterior& posterior);

/// (K, N) -> (N), the mean over samples; (N) as it is.
Tensor mean_over_samples(const Tensor& term);

}  // namespace latent
