#pragma once
// Figures of a trained model on a whole set.

#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/training/term_means.hpp>

#include <optional>
#include <vector>

namespace latent {

/// Means of the model's terms over a whole set, in eval mode. Depends on `seed` (of the posterior samples) and `batch`,
/// not on the number of threads.
Metrics evaluate_terms(const LatentModel& model, const data::Dataset& data, int64_t batch, uint64_t seed,
                       std::vector<double>* kl_per_dim = nullptr);

struct Evaluation {
  Metrics terms;                   ///< reconstruction, kl, elbo: nats per sample, one posterior sample each
  double bits_per_dim = 0.0;       ///< -elbo / (numel * ln 2); 0 for a model without elbo
  std::vector<double> kl_per_dim;  ///< nats, mean over samples
  int64_t active_units = 0;        ///< dimensions whose posterior mean has a variance over samples above 0.01
  std::optional<double> nll;       ///< -IWAE bound with `importance_samples` samples, nats per sample
  int64_t importance_samples = 0;
  int64_t samples = 0;
};
struct EvaluationOptions {
  int64_t importance_samples = 0;  ///< K of the bound; 0 leaves nll out
  int64_t batch = 256;
  uint64_t seed = 0;
};
/// @throws std::invalid_argument for an empty set, samples of another shape, K < 0, or K > 0 for a model without
/// likelihood Source of active_units and nll: Burda et al. 2016, arXiv:1509.00519.
Evaluation evaluate(const LatentModel& model, const data::Dataset& data, const EvaluationOptions& options = {});

/// Posterior means of a whole set. (N, D)
/// @throws std::invalid_argument if the model has no encoder, or samples have another shape
Tensor encode_all(const LatentModel& model, const data::Dataset& data, int64_t batch = 256);

}  // namespace latent
