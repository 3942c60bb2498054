#pragma once
// A causal network pixel by pixel, as decoding and sampling need it.

#include <latent/nn/causal_network.hpp>

#include <functional>
#include <vector>

namespace latent::nn {

/// Computes CausalNetwork for kernels::exact::kLanes images at once, one place after the other in the order of rows:
/// each hidden value is computed once and kept, so that an image costs what forward() costs. The same bits at any
/// vector width (kernels/exact.hpp). Copies the weights; immutable, safe from many threads, each with its own Buffers.
class CausalRunner {
 public:
  /// Images of a group: kernels::exact::kLanes.
  static constexpr int64_t kImages = 16;
  struct Buffers {
    std::vector<float> hidden;  // (layers + 1, H W hidden) rows
    std::vector<float> outputs;
  };

  /// @param H, W  size of the images
  CausalRunner(const CausalNetwork& network, int64_t H, int64_t W);

  /// The outputs for a place, C outputs_per_value rows, before what link() adds. Places must come in order.
  /// @param features  (H W F) rows, channels last   @param x  (H W C) rows; those before the place are read
  float* outputs(int64_t place, const float* features, const float* x, Buffers& buffers) const;
  /// Adds what the channels before `channel` of the same place say of it, once they are known.
  /// @return its outputs_per_value rows
  float* link(int64_t place, int64_t channel, const float* x, Buffers& buffers) const;

  /// Chooses the values of a pixel's channel for a group of images, from its outputs.
  /// @param image    the first of the group's images
  /// @param value    the value's number in (C, H, W)
  /// @param outputs  outputs_per_value rows   @param x  one row, to be written
  using Choose = std::function<void(int64_t image, int64_t value, const float* outputs, float* x)>;
  /// New images, value after value, each chosen once all before it are there. Groups of images go on at the same time.
  /// @param features  (N, F, H, W) f32   @return (N, C, H, W) f32
  Tensor generate(const Tensor& features, const Choose& choose) const;

  const CausalNetwork::Options& options() const { return options_; }
  int64_t places() const { return H_ * W_; }

 private:
  CausalNetwork::Options options_;
  int64_t H_, W_;
  // Weights by kernel place and input, then output: (k k in, out).
  std::vector<float> context_, features_, features_bias_, output_, output_bias_, skip_;
  std::vector<std::vector<float>> layers_, layer_biases_;
  std::vector<std::vector<float>> links_;  // one for each channel: (C, outputs_per_value)
};

}  // namespace latent::nn
