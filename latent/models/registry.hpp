#pragma once
// From JSON to a model, and the presets: named rows of slot values.

#include <latent/core/json.hpp>
#include <latent/models/latent_model.hpp>

#include <span>
#include <string_view>

namespace latent {

/// Most elements that the weights of a model may have together: 8 GB as f32.
constexpr int64_t kMaxModelElements = int64_t{1} << 31;

/// Builds a model with fresh weights from its config:
///   {"model": "vae", "data_shape": [1, 28, 28], "latent_dim": 20,
///    "network": {"name": "mlp", "hidden": [400], "activation": "relu", "normalization": "none"},
///    "posterior": {"name": "gaussian"}, "prior": {"name": "normal"},
///    "likelihood": {"name": "bernoulli"}, "objective": {"name": "elbo", "beta": 1.0}}
/// An "ae" may have "denoiser": {"name": "unet", "channels": [64, 128], "blocks": 1}, see Denoiser.
/// "model" is "vae", "ae" (posterior `none`, prior `fitted-gaussian`), "classifier" (see Classifier), "gan" (see Gan)
/// or "words" (see WordEmbedding, which has keys of its own). Left out, the posterior, prior and objective are those
/// shown; a network has its settings' defaults.
/// @param rng           of initial weights
/// @param max_elements  a config that needs more weights is refused before anything is allocated
/// @param data          what choices may start from (pseudo-inputs of a prior, the kinds of a table's columns); null
///                      where weights and settings come from a file
/// @throws std::invalid_argument with one line for unknown keys and names (with the nearest valid one), wrong types,
///         values out of range, combinations that make no sense
std::unique_ptr<LatentModel> make_model(const Json& config, Rng& rng, int64_t max_elements = kMaxModelElements,
                                        const DataFacts* data = nullptr);

/// What a config asks for, before anything is allocated.
struct ModelCosts {
  double weights = 0;      ///< elements of all weights of matrix products and convolutions, and the like
  double activations = 0;  ///< values of all layers' results for one sample, in training
};
/// @throws std::invalid_argument as make_model()
ModelCosts costs_of(const Json& config);

struct Preset {
  std::string_view name;         ///< "vae-mlp"
  std::string_view description;  ///< one line for --help
  std::string_view model;        ///< JSON text merged into the model's config (without data_shape)
  std::string_view training;     ///< JSON text with defaults of training: {"epochs": 10, "batch": 128, "lr": 0.001}
  int64_t least_steps = 0;       ///< where the epochs make fewer, an epoch takes each sample several times; 0 = never
};

/// All presets, in the order in which help lists them.
std::span<const Preset> presets();
/// @throws std::invalid_argument for an unknown name, with the nearest valid one
const Preset& preset(std::string_view name);

}  // namespace latent
