#pragma once
// Which model would be trained on a source, in the words of its options.

#include <latent/core/json.hpp>
#include <latent/data/dataset.hpp>
#include <latent/run/training/train_options.hpp>

#include <string>

namespace latent {

struct SuggestedModel {
  TrainOptions options;   ///< without which training would refuse this data
  Json config;            ///< model_config()
  std::string preset;
  bool is_plain = true;  ///< whether it is what training takes without any option
};

/// What training takes where nothing is said, or else with the options that this data needs.
/// @param low, high  the range of the training samples' model values   @throws as model_config()
SuggestedModel suggested_model(const data::Source& source, double low, double high);

}  // namespace latent
