#pragma once
// New codes like those that a model gives to samples of a class.

#include <latent/run/run.hpp>

#include <string>
#include <vector>

namespace latent {

struct ClassCodes {
  Tensor codes;                 ///< (classes * count, D), class after class
  std::vector<int64_t> labels;  ///< one number of samples.class_names() for each
};

/// `count` codes for each of the classes: draws from a Gaussian with full covariance (diagonal above 1,024 dimensions),
/// fitted to draws of q(z|x) of all samples of the class, so that a class of few samples is no obstacle.
/// @param samples  with labels: the training part   @param classes  their names between commas, or "all"
/// @throws UsageError for samples without labels, unknown names, and a class without samples
ClassCodes codes_of_classes(const Run& run, const data::Dataset& samples, const std::string& classes, int64_t count,
                            uint64_t seed);

}  // namespace latent
