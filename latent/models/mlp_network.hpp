#pragma once
// Network `mlp`: fully connected layers.

#include <latent/models/network.hpp>
#include <latent/models/network_parts.hpp>

#include <vector>

namespace latent {

/// Encoder: data -> hidden[0] -> ... -> hidden[n-1]; decoder: code -> hidden[n-1] -> ... -> hidden[0] -> data. Images
/// are flattened as (C, H, W). Without hidden layers the encoder hands on the data itself and the decoder is linear.
class MlpNetwork : public Network {
 public:
  struct Options {
    std::vector<int64_t> hidden = {400};
    HiddenStyle style;
  };
  /// @param config {"name": "mlp", "hidden": [400], "activation": "relu", "normalization": "none", "dropout": 0.0}
  static std::unique_ptr<Network> make(const Json& config, const NetworkEnds& ends);
  MlpNetwork(Options options, const NetworkEnds& ends) : options_(std::move(options)), ends_(ends) {}

  int64_t features() const override;
  double num_weights() const override;
  double num_activations() const override;
  std::unique_ptr<nn::Layer> encoder(Rng& rng) const override;
  std::unique_ptr<nn::Layer> decoder(Rng& rng) const override;
  Json config() const override;

 private:
  Options options_;
  NetworkEnds ends_;
};

}  // namespace latent
