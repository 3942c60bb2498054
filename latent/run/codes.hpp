#pragma once
// Whole sets through a model: samples to codes, codes to samples, in batches.

#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>

#include <string_view>

namespace latent {

/// What tools look at: codes, or the samples' own values.
enum class SampleSpace : uint8_t { latent, data };
/// "latent" or "data". @throws std::invalid_argument for others, with the nearest
SampleSpace sample_space_from(std::string_view name);

/// The samples as rows, as the model sees them. (N, P) f32
Tensor values_of(const data::Dataset& samples);

/// Means of q(z|x), or one draw of each, and standard deviations.
struct Codes {
  Tensor z;       ///< (N, D) f32
  Tensor stddev;  ///< (N, D) f32
};
enum class Draw : uint8_t { mean, sample };

/// @param seed  of the draws   @throws std::runtime_error if a code is not finite: the model overflows on this data
Codes encode_samples(const LatentModel& model, const data::Dataset& samples, Draw draw, uint64_t seed);

/// Means of p(x|z). @param codes (N, D) @return (N, ...) f32 in model values
/// @throws std::runtime_error if a value is not finite
Tensor decode_all(const LatentModel& model, const Tensor& codes);
/// One draw from p(x|z) for each code: what the data would look like, with its noise. @throws as decode_all()
Tensor draw_all(const LatentModel& model, const Tensor& codes, Rng& rng);

}  // namespace latent
