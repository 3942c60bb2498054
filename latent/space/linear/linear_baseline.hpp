#pragma once
// What reconstructs samples without a network: the mean of the training data, and its principal components.

#include <latent/data/corrupt.hpp>
#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/space/linear/pca.hpp>
#include <latent/training/reconstruction_fit.hpp>

#include <optional>

namespace latent::space {

struct LinearBaseline {
  Tensor mean;             ///< (P) f32
  std::optional<Pca> pca;  ///< none where codes have as many dimensions as samples have values, or of one sample
  int64_t samples = 0;     ///< that they were fitted to
};

/// Fits mean and PCA to at most 10,000 samples and 2^25 values of a set, evenly spread over it.
/// @param dims  components wanted, at least 1: as many as codes have dimensions
/// @throws std::invalid_argument for an empty set or dims < 1
LinearBaseline fit_linear_baseline(const data::Dataset& train, int64_t dims, uint64_t seed = 0);

struct FitOptions {
  data::Corruption corruption = {};  ///< damage done to what encoder and PCA see; errors are of the clean samples
  int64_t batch = 256;
  uint64_t seed = 0;                ///< seed of that damage
  int64_t most_samples = 10'000;    ///< at least 1
};

/// Squared errors of a model and of a baseline on at most options.most_samples samples of a set, evenly spread over it.
/// @return nothing for a model without encoder or decoder, or without means that compare
/// @throws std::invalid_argument for samples of another shape, or an empty set
std::optional<ReconstructionFit> measure_fit(const LatentModel& model, const data::Dataset& data,
                                             const LinearBaseline& baseline, const FitOptions& options = {});

}  // namespace latent::space
