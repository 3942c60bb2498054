#pragma once
// New samples from codes: draws from p(x|z), or its means.

#include <latent/run/run.hpp>

#include <string_view>

namespace latent {

/// Whether samples of this run are drawn where nothing is said: where a mean would be no sample (rows of a table, whole
/// 8-bit values). Means elsewhere (pictures), whose noise would only hide what they show.
bool draws_samples(const Run& run);

/// (N, D) codes -> (N, ...) model values: draws from p(x|z), or its means. The noise has a tape of its own, so that
/// codes of a seed are the same with and without it. Drawn rows of tables have values as the training had them:
/// with_training_values(). @throws as decode_all()
Tensor generate(const Run& run, const Tensor& codes, bool draw, uint64_t seed);

/// (n, D) codes from a prior N(0, I), each value drawn again while it is farther from 0 than `most`.
/// Source: Brock et al. 2019, arXiv:1809.11096, section 3.1 (the truncation trick).
/// @param most  above 0   @throws UsageError for a model with another prior
Tensor truncated_codes(const Run& run, int64_t n, double most, Rng& rng);

/// Whether p(x|z) adds noise to a mean, so that drawing and not drawing are two things; a generator adds none.
bool has_noise(const Run& run);

/// How samples were made of codes, for people: "drawn from p(x|z)", of tables whose run knows the values of its columns
/// "drawn from p(x|z), columns spread as in training", "means of p(x|z)" or "made by the generator".
std::string_view making_of(const Run& run, bool drawn);

/// What a picture calls generated samples: means vary less than data does. @param whole  whether they are no means
inline std::string_view generated_name(bool whole) { return whole ? "generated" : "generated (means)"; }

}  // namespace latent
