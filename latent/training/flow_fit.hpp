#pragma once
// Training of a FlowSampler on codes.

#include <latent/probability/flow_sampler.hpp>

#include <functional>

namespace latent {

struct FlowFitOptions {
  int64_t updates = 6000;
  int64_t batch = 512;   ///< codes of one update
  double lr = 1e-3;      ///< of Adam; falls to zero along a cosine
  double decay = 0.999;  ///< of the average of the weights, which is what is kept
  uint64_t seed = 0;
};

/// Standardises, and teaches the velocity on codes mu + stddev eps, drawn anew whenever they are taken; each is taken
/// about as often as any other. The same bits for any caller with the same seed and number of threads.
/// @param mu, stddev (N, D) f32: posteriors of the training data, stddev 0 where codes are points
/// @param goes_on  asked after each update with the number of those done; false ends it
/// @return the mean loss of the last tenth of the updates: FlowSampler::loss()
/// @throws Interrupted if it was ended; std::invalid_argument for other shapes, no codes or values that are not finite
double fit_flow(FlowSampler& sampler, const Tensor& mu, const Tensor& stddev, const FlowFitOptions& options,
                const std::function<bool(int64_t done)>& goes_on = {});

}  // namespace latent
