#pragma once
// Cleaning data by a model: by its skip connections where it has them, or there through the encoder and back through
// the decoder.

#include <latent/models/latent_model.hpp>

namespace latent {

struct DenoiseOptions {
  int64_t num_samples = 0;  ///< draws of the code whose decoded means are averaged; 0 decodes the mean of the code
  uint64_t seed = 0;        ///< seed of those draws
  int64_t batch = 256;      ///< samples computed at once; the draws depend on it
};

/// What the model takes for the clean version of each sample: LatentModel::clean(), which without skip connections is
/// the mean of p(x|z) at the mean of q(z|x), or the average of such means over draws of z from q(z|x).
/// @param x  (N, ...) f32, as the model takes it   @return (N, ...) f32
/// @throws std::invalid_argument if the model has no encoder or no decoder, for samples of another shape, num_samples <
///         0 or batch < 1, and for num_samples > 0 where the posterior is a point
Tensor denoise(const LatentModel& model, const Tensor& x, const DenoiseOptions& options = {});

}  // namespace latent
