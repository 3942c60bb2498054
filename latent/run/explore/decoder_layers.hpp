#pragma once
// A decoder as a list of plain steps, for whoever computes it without this library: a page that was exported.

#include <latent/core/json.hpp>
#include <latent/core/tensor.hpp>
#include <latent/run/run.hpp>

#include <string>
#include <utility>
#include <vector>

namespace latent {

struct DecoderLayers {
  /// [{"op": "linear"}, {"op": "activation", "name": "relu"}, ...] in the order of computing; null where there are
  /// none. {"op": "sum", "branches": [[...], ...]} gives its input to lists of steps and adds their results; an empty
  /// list hands the input on.
  Json ops = {};
  /// "decoder.K.weight", ... of step K, "decoder.K.B.J.weight" of step J in branch B of step K; f32.
  std::vector<std::pair<std::string, Tensor>> tensors = {};
  std::string missing = {};  ///< what there are no steps for: "network 'wave'"; empty where there are steps
};

/// From a code (D) to what people see of it: pixels (C, H, W) of a picture, 0 black and 1 white, or values in the units
/// of the data.
/// @param pictures  whether samples are looked at as pictures
/// @return without steps where the model is no autoencoder or GAN of fully connected, convolutional and residual
/// layers,
///         or has a likelihood or units that are not a function of each value by itself
DecoderLayers decoder_layers(const Run& run, bool pictures);

}  // namespace latent
