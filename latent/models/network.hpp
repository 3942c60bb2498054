#pragma once
// Networks: the encoder and decoder that the slots of a model are put between.

#include <latent/nn/layers.hpp>

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <span>
#include <string_view>

namespace latent {

/// What a network must connect.
struct NetworkEnds {
  Shape data_shape;        ///< (D) or (C, H, W): what the encoder takes
  Shape output_shape;      ///< what the decoder gives: data_shape, its first size times Likelihood::outputs_per_value()
  int64_t latent_dim = 0;  ///< what the decoder takes
};

/// The plan of an encoder and a decoder: all sizes, no weights. Immutable.
class Network {
 public:
  virtual ~Network() = default;
  /// Width of the encoder's output.
  virtual int64_t features() const = 0;
  /// Elements of all weights of matrix products and convolutions, before anything is allocated. A double, because a
  /// damaged config may ask for more than an integer holds.
  virtual double num_weights() const = 0;
  /// (N, data_shape) -> (N, features), with fresh weights.
  virtual std::unique_ptr<nn::Layer> encoder(Rng& rng) const = 0;
  /// (N, latent_dim) -> (N, output_shape), with fresh weights; f32.
  virtual std::unique_ptr<nn::Layer> decoder(Rng& rng) const = 0;
  /// {"name": "mlp", ...} with every setting.
  virtual nlohmann::json config() const = 0;
};

/// @throws std::invalid_argument for an unknown name (with the nearest valid one), or settings that do not fit `ends`
std::unique_ptr<Network> make_network(const nlohmann::json& config, const NetworkEnds& ends);
/// "mlp", "conv"
std::span<const std::string_view> network_names();

}  // namespace latent
