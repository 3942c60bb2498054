#pragma once
// Facts of a training set for the slots of a model.

#include <latent/data/dataset.hpp>
#include <latent/probability/slot_context.hpp>

#include <memory>

namespace latent::data {

/// Each fact is computed when it is asked for.
/// @throws std::invalid_argument for no set, or one without samples
std::unique_ptr<DataFacts> facts_of(std::shared_ptr<const Dataset> training);

}  // namespace latent::data
