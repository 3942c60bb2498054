#pragma once
// A decoder as a list of plain steps, for whoever computes it without this library: a page that was exported.

#include <latent/core/tensor.hpp>
#include <latent/run/run.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace latent {

struct DecoderLayers {
  /// [{"op": "linear"}, {"op": "activation", "name": "relu"}, ...] in the order of computing; null where there are
  /// none. docs/http-api.md lists the steps.
  nlohmann::json ops = nullptr;
  std::vector<std::pair<std::string, Tensor>> tensors = {};  ///< "decoder.K.weight", ... of step K, f32
};

/// From a code (D) to what people see of it: pixels (C, H, W) in [0, 1], or values in units of the data.
/// @return without steps where the model is no autoencoder of fully connected and convolutional layers, or has a
///         likelihood or units that are not a function of each value by itself
DecoderLayers decoder_layers(const Run& run);

}  // namespace latent
