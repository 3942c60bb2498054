#pragma once
// By what a set of data is known to be the same: its model values, and their order.

#include <latent/data/dataset.hpp>

#include <cstdint>

namespace latent::data {

/// How many samples fingerprint() may look at without a wait: all of them up to 8 GiB of model values, or up to 1 GiB
/// if they are read from a mapped file; of larger sets as many as that is, spread evenly.
int64_t samples_to_fingerprint(const Dataset& samples);

/// XXH64 of the model values of `count` samples, spread evenly, in their order: each block's hash is the seed of the
/// next, so that a changed value and two samples in another order are both noticed.
/// @param count  in [0, samples.size()]; all samples if it is their number
/// @throws as Dataset::gather()
uint64_t fingerprint(const Dataset& samples, int64_t count);

}  // namespace latent::data
