#pragma once
// Random samples of a set.

#include <latent/core/rng.hpp>
#include <latent/data/dataset.hpp>

#include <memory>
#include <vector>

namespace latent::data {

/// `count` random samples (all, if there are not more), each class with as many as any other where it has them: classes
/// share the places evenly, and what a small class leaves goes to the others. With fewer places than classes, a random
/// choice of classes has one each. Without labels, any samples. A function of the labels, the count and the tape alone.
/// @return ascending by class, then by index
/// @throws std::invalid_argument for a negative count
std::vector<int64_t> stratified_sample(const Dataset& data, int64_t count, const Rng& rng);

/// `count` of the numbers 0 ... total - 1, drawn by the tape, ascending; all of them if there are not more.
std::vector<int64_t> subsample(int64_t total, int64_t count, Rng rng);

/// At most `most` random samples, in their order; the set itself if it has not more.
std::shared_ptr<const Dataset> at_most(std::shared_ptr<const Dataset> samples, int64_t most, const Rng& rng);

}  // namespace latent::data
