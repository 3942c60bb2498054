#pragma once
// What a trained model says of each sample of a set, one number or row for each.

#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>

#include <vector>

namespace latent {

struct SampleTerms {
  Tensor x;      ///< (N, P) f32, the samples in model values
  Tensor codes;  ///< (N, D) f32, posterior means; undefined for a model without encoder
  Tensor x_hat;  ///< (N, P) f32, the mean of p(x|z) at the posterior mean; undefined without encoder or decoder
  /// Nats for each sample, or empty: -log p(x|z) at the posterior mean (encoder and decoder),
  std::vector<double> reconstruction;
  std::vector<double> neg_elbo;  ///< -ELBO, the mean over draws of the code (a likelihood),
  std::vector<double> nll;       ///< minus the importance-weighted bound (a likelihood, importance_samples > 0).
};

struct SampleTermsOptions {
  int64_t draws = 4;               ///< draws of the code for -ELBO, >= 1
  int64_t importance_samples = 0;  ///< K of the bound; 0 leaves nll out
  int64_t batch = 256;
  uint64_t seed = 0;  ///< draws depend on it, on `batch` and on the sample's place in the set alone
};

/// Samples [begin, end) of a set.
/// @throws std::invalid_argument for samples of another shape, an empty or wrong range, options out of range
SampleTerms sample_terms(const LatentModel& model, const data::Dataset& data, int64_t begin, int64_t end,
                         const SampleTermsOptions& options = {});

}  // namespace latent
