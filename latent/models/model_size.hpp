#pragma once
// How large a model will be, before anything is allocated, and networks that keep within a budget.

#include <latent/core/json.hpp>

#include <cstdint>
#include <string>

namespace latent {

/// What a model takes to be trained.
struct ModelSize {
  double weights = 0;  ///< elements of all weights
  double memory = 0;   ///< bytes, estimated: weights, gradients, moments and the copies that going back needs, and the
                       ///< layers' results for one batch; without the data set
};
/// @param config  as for make_model()   @param batch  samples in a step of training
/// @throws std::invalid_argument as make_model()
ModelSize size_of_model(const Json& config, int64_t batch);

/// What nobody has to ask for.
struct SizeBudget {
  double weights = 20e6;
  double memory = 2e9;  ///< bytes
  bool holds(const ModelSize& size) const { return size.weights <= weights && size.memory <= memory; }
};

/// Which settings may be changed to keep within a budget: those that the user has left to the program.
struct Adjustable {
  bool network = true;
  bool batch = true;
};

struct FittedModel {
  Json config;
  int64_t batch = 0;
  ModelSize size;
  std::string changes;  ///< what was changed, in words, or empty: "channels 32,64,128 in place of 32,64"
};
/// The same config and batch where they keep within the budget; if not, a network that does: more levels, so that the
/// last one is smaller, for convolutions; a narrower hidden layer, for fully connected ones; then a smaller batch.
/// What may not be changed, or does not suffice, stays too large.
/// @throws std::invalid_argument as make_model()
FittedModel fit_to_budget(const Json& config, int64_t batch, const Adjustable& adjustable,
                          const SizeBudget& budget = {});

}  // namespace latent
