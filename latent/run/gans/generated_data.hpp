#pragma once
// Generated samples as data, with the labels that a classifier gives them.

#include <latent/run/run_data.hpp>

namespace latent {

/// Samples of a model, and the codes that they were made of.
struct GeneratedData {
  RunData data;  ///< n samples in model values; with labels where a classifier gave them
  Tensor codes;  ///< (n, D)
};
/// @param classifier  run whose classes become labels; null for none. It must take samples as the model makes them
/// @throws UsageError for a model without decoder, a classifier that is none, or samples that do not fit it
GeneratedData generated_data(const Run& run, int64_t n, uint64_t seed, const Run* classifier);

}  // namespace latent
