#pragma once
// Inference that gives the same bits on every x86-64 processor.

#include <latent/kernels/exact.hpp>
#include <latent/nn/layers.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace latent::compression {

/// Rows of kernels::exact::kLanes floats: one value of that many images.
using Rows = std::vector<float>;

/// The layers of an encoder or a decoder, taken apart into products over patches and functions of single values, and
/// computed by kernels::exact: the same bits at any vector width and on any processor, a few percent slower than a
/// library's. Immutable; run() is safe from many threads, each with its own buffers.
class ExactNetwork {
 public:
  /// What a thread computes in.
  struct Buffers {
    Rows a, b;
  };

  /// @param layers  as networks make them: Linear, Conv2d, ConvTranspose2d, BatchNorm, GroupNorm, activations and moves
  /// @param input   the shape of one sample
  /// @throws std::invalid_argument for a layer of another kind
  ExactNetwork(const nn::Layer& layers, const Shape& input);
  /// Appends (outputs, inputs) weights and a bias: the head of a posterior.
  void push_linear(const Tensor& weight, const Tensor& bias);

  int64_t inputs() const { return inputs_; }
  int64_t outputs() const { return shape_.numel(); }

  /// @param x  inputs() rows
  /// @return outputs() rows, in `buffers`
  const float* run(const float* x, Buffers& buffers) const;

 private:
  // One product for each place of the image, with shared weights.
  struct Products {
    std::vector<kernels::exact::Tap> taps;
    std::vector<size_t> begin;  // of each place's taps; one more than there are places
    std::vector<float> weight;  // (kernel places * inputs, outputs)
    std::vector<float> bias;
    int64_t outputs = 0;
  };
  /// Bias and weights of a convolution. @param place_of  where the weight of each number goes
  template <class Layer, class PlaceOf>
  static Products products_by_places(const Layer& layer, int64_t outputs, PlaceOf place_of);
  struct Step {
    enum class Kind : uint8_t { products, activation, scale_shift, group_norm, move } kind = Kind::activation;
    Products products;
    Activation activation = Activation::none;
    std::vector<float> scale, shift;  // per channel; weight and bias of a group normalisation
    int64_t groups = 1;
    std::vector<int64_t> from;  // move: row r of the result is row from[r]
    int64_t rows = 0;           // of the result
  };

  void push(const nn::Layer& layer);
  void push_conv(const nn::Conv2d& layer);
  void push_transpose(const nn::ConvTranspose2d& layer);
  void push_activation(Activation activation);
  void push_batch_norm(const nn::BatchNorm& layer);
  void push_group_norm(const nn::GroupNorm& layer);
  void push_move(const Shape& result, const std::function<int64_t(int64_t)>& from);
  void push_products(Products products, const Shape& result);

  std::vector<Step> steps_;
  Shape shape_;  // of one sample after the last step: (D), (C, H, W) or, between convolutions, (H, W, C)
  int64_t inputs_ = 0, widest_ = 0;
};

}  // namespace latent::compression
