#pragma once
// Figures of a trained model on a whole set.

#include <latent/data/corrupt.hpp>
#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/training/term_means.hpp>

#include <optional>
#include <vector>

namespace latent {

/// Means of the model's terms over a whole set, in eval mode. Depends on `seed` (of the posterior samples and of
/// damage) and `batch`, not on the number of threads.
/// @param corruption  of what the encoder sees; the terms are about the clean samples. A sample's damage depends on the
///                    seed and its number alone
/// @throws std::invalid_argument as evaluate()
Metrics evaluate_terms(const LatentModel& model, const data::Dataset& data, int64_t batch, uint64_t seed,
                       std::vector<double>* kl_per_dim = nullptr, const data::Corruption& corruption = {});

struct Evaluation {
  /// reconstruction, kl, elbo: nats per sample, one posterior sample each. With damaged inputs: of the clean samples,
  /// with codes of the damaged ones; any distribution of codes makes the elbo a bound on log p of the clean sample.
  Metrics terms;
  /// -elbo / (numel * ln 2), where the elbo bounds the probability of discrete samples: levels, or values that are all
  /// 0 or 1. A density has no bits.
  std::optional<double> bits_per_dim;
  bool is_binary = false;          ///< whether all values of the set are 0 or 1
  std::vector<double> kl_per_dim;  ///< nats, mean over samples
  int64_t active_units = 0;  ///< dimensions whose posterior mean has a variance over samples above 0.01 of the prior's
  /// For a model with codebooks: exp of the entropy of the use of their entries over the set, mean over the codebooks.
  /// As large as a codebook where all entries serve alike, 1 where one serves for all.
  std::optional<double> perplexity;
  std::optional<double> nll;  ///< -IWAE bound with `importance_samples` samples, nats per sample
  int64_t importance_samples = 0;
  int64_t samples = 0;
};
struct EvaluationOptions {
  int64_t importance_samples = 0;  ///< K of the bound; 0 leaves nll out
  int64_t batch = 256;
  uint64_t seed = 0;
  data::Corruption corruption =
      {};  ///< damage done to what the encoder sees for the terms; all else is about clean samples
};
/// @throws std::invalid_argument for an empty set, samples of another shape, K < 0, K > 0 for a model without
///         likelihood, or damage that does not fit the data
/// Source of active_units and nll: Burda et al. 2016, arXiv:1509.00519; of the elbo with damaged inputs: Im et al.
/// 2017, arXiv:1511.06406.
Evaluation evaluate(const LatentModel& model, const data::Dataset& data, const EvaluationOptions& options = {});

/// Posterior means of a whole set. (N, D)
/// @throws std::invalid_argument if the model has no encoder, or samples have another shape
Tensor encode_all(const LatentModel& model, const data::Dataset& data, int64_t batch = 256);

}  // namespace latent
