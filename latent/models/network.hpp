#pragma once
// Networks: the encoder and decoder that the slots of a model are put between.

#include <latent/core/json.hpp>
#include <latent/nn/layers.hpp>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace latent {

/// What a network must connect.
struct NetworkEnds {
  Shape data_shape;        ///< (D) or (C, H, W): what the encoder takes
  Shape output_shape;      ///< what the decoder gives: data_shape, its first size times Likelihood::outputs_per_value()
  int64_t latent_dim = 0;  ///< what the decoder takes
};

/// Where samples lie, as far as straight lines can say: principal components, the strongest first.
struct PrincipalAxes {
  Tensor mean;                           ///< (d) f32
  Tensor components;                     ///< (k, d) f32, orthonormal rows
  std::vector<double> variance;          ///< k, of the samples along each
  double residual_variance = 0.0;        ///< variance of each value that the components leave
  std::vector<double> code_stddev = {};  ///< k, of the code along each; empty: 1
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
  /// Values of all layers' results for one sample, encoder and decoder together, in training: what has to be kept for
  /// the way back.
  virtual double num_activations() const = 0;
  /// (N, data_shape) -> (N, features), with fresh weights.
  virtual std::unique_ptr<nn::Layer> encoder(Rng& rng) const = 0;
  /// (N, latent_dim) -> (N, output_shape), with fresh weights; f32.
  virtual std::unique_ptr<nn::Layer> decoder(Rng& rng) const = 0;
  /// {"name": "mlp", ...} with every setting.
  virtual Json config() const = 0;

  /// What a network with a linear path would have the principal axes of: (N, data_shape) -> (N, d). Undefined for
  /// others.
  virtual Tensor linear_view(const Tensor& x) const {
    static_cast<void>(x);
    return {};
  }
  /// Makes the linear path what principal component analysis computes, with codes as wide as `axes` says: the
  /// first k features are the code, and the decoder takes it back. Only for a network with a linear_view().
  /// @param axes     of linear_view(); k <= latent_dim, codes beyond k do nothing
  /// @param encoder, decoder  as this network made them
  virtual void start_from_axes(const PrincipalAxes& axes, nn::Layer& encoder, nn::Layer& decoder) const {
    static_cast<void>(axes), static_cast<void>(encoder), static_cast<void>(decoder);
  }
};

/// @throws std::invalid_argument for an unknown name (with the nearest valid one), or settings that do not fit `ends`
std::unique_ptr<Network> make_network(const Json& config, const NetworkEnds& ends);
/// "mlp", "conv", "resnet", "wave", "conv1d"
std::span<const std::string_view> network_names();

}  // namespace latent
