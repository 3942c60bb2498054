#pragma once
// The layers of the measured models, and the matrix products and convolutions of a training step on them.

#include <latent/core/tensor.hpp>
#include <latent/kernels/conv.hpp>

#include <functional>
#include <string>
#include <vector>

namespace latent::bench {

struct Layer {
  enum class Kind : uint8_t { linear, conv, conv_transpose };
  Kind kind = Kind::linear;
  int64_t in = 0, out = 0;  ///< sizes of a linear layer
  kernels::Conv conv;       ///< the convolution of other layers; N is the batch's business
  Activation activation = Activation::relu;
  bool ends_in_f32 = false;  ///< also where products are bf16: mu and logvar, and the logits

  int64_t num_weights() const;
  int64_t num_biases() const;
};

struct Model {
  std::string name;
  int64_t batch = 0;
  std::vector<Layer> encoder, decoder;  ///< the encoder ends with mu and logvar together
};

/// 784 - hidden - latent, and back.
Model mlp(std::string name, int64_t batch, const std::vector<int64_t>& hidden, int64_t latent_dim);
/// Convolutions 4x4 of stride 2 over images (image_channels, side, side), 256 hidden, 20 latent dimensions, and back.
Model convolutional(std::string name, int64_t batch, int64_t image_channels, int64_t side,
                    const std::vector<int64_t>& channels);
/// The measured configurations, by the names that bench/peers/pytorch_vae.py gives them.
std::vector<Model> models();

/// One product or convolution on buffers of its own.
struct Product {
  std::string name;
  double operations = 0.0;  ///< multiplications and additions
  /// How it can be done: as the library does it, and with weights packed ahead of time where there are weights. The
  /// fastest counts.
  std::vector<std::function<void()>> ways;
};

/// Forward products of some layers, in order. @param compute  f32 or bf16
std::vector<Product> forward_products(const std::vector<Layer>& layers, int64_t batch, DType compute);
/// All products of a training step, forward then backward, of the sizes that latent/autograd/linear.cpp and conv.cpp
/// call them with: a layer reads what the last one wrote, and the first one needs no gradient of its input.
std::vector<Product> step_products(const Model& model, DType compute);

}  // namespace latent::bench
