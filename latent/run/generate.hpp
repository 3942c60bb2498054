#pragma once
// New samples from codes: draws from p(x|z), or its means.

#include <latent/run/run.hpp>

#include <string_view>

namespace latent {

/// Whether samples of this run are drawn where nothing is said: where a mean would be no sample (rows of a table, whole
/// 8-bit values). Means elsewhere (pictures), whose noise would only hide what they show.
bool draws_samples(const Run& run);

/// (N, D) codes -> (N, ...) model values: draws from p(x|z), or its means. The noise has a tape of its own, so that
/// codes of a seed are the same with and without it. @throws as decode_all()
Tensor generate(const Run& run, const Tensor& codes, bool draw, uint64_t seed);

/// What a picture calls generated samples: means vary less than data does.
inline std::string_view generated_name(bool drawn) { return drawn ? "generated" : "generated (means)"; }

}  // namespace latent
