#pragma once
// A linear path beside the rest of a network: what principal components say, and what is learned on top.

#include <latent/models/network.hpp>

#include <memory>
#include <string>

namespace latent {

/// [linear(x) | rest(x)], or rest(x) alone. Its weights are named "linear." and "conv.".
std::unique_ptr<nn::Layer> encoder_beside_linear(std::unique_ptr<nn::Layer> linear, std::unique_ptr<nn::Layer> rest);
/// linear(z) + rest(z), or rest(z) alone.
class DecoderBesideLinear : public nn::Layer {
 public:
  /// @param linear  may be null
  DecoderBesideLinear(std::unique_ptr<nn::Layer> linear, std::unique_ptr<nn::Layer> rest);
  Tensor forward(const Tensor& z, const nn::Context& context) const override;
  const nn::Layer* linear() const { return linear_.get(); }
  const nn::Layer& rest() const { return *rest_; }

 private:
  std::unique_ptr<nn::Layer> linear_, rest_;
};
std::unique_ptr<nn::Layer> decoder_beside_linear(std::unique_ptr<nn::Layer> linear, std::unique_ptr<nn::Layer> rest);

/// What Network::start_from_axes() promises, for the two layers of a linear path.
/// @param encoder, decoder  with the layers' names, without ".weight" and ".bias"
struct LinearNames {
  std::string encoder, decoder;
};
void start_linear_path(const PrincipalAxes& axes, int64_t latent_dim, const LinearNames& names, nn::Layer& encoder,
                       nn::Layer& decoder);

}  // namespace latent
