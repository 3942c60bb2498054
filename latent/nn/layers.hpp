#pragma once
// The layers that networks are made of. Names, arguments and initial weights are PyTorch's.

#include <latent/autograd/conv.hpp>
#include <latent/autograd/linear.hpp>
#include <latent/nn/module.hpp>

namespace latent::nn {

/// What a layer hands on when its weights have bf16 copies: bf16 to the next layer, or f32 (the last one of a network).
enum class Output : uint8_t { compute_type, f32 };

/// The type of a layer's result: what the next layer computes in, unless the layer was told to end in f32.
DType result_type(const Tensor& weight, Output output);

/// PyTorch's start for weights and biases of linear and convolutional layers: uniform on +-1/sqrt(fan_in).
Tensor uniform_start(const Shape& shape, int64_t fan_in, Rng& rng);

/// (N, in) -> (N, out): activation(x weight^T + bias). Weight and bias start uniform on +-1/sqrt(in), as in PyTorch.
class Linear : public Layer {
 public:
  struct Options {
    int64_t in = 0;
    int64_t out = 0;
    Activation activation = Activation::none;
    Output output = Output::f32;
  };
  Linear(const Options& options, Rng& rng);
  Tensor forward(const Tensor& x, const Context& context) const override;
  const Options& options() const { return options_; }

  Tensor weight;  ///< (out, in)
  Tensor bias;    ///< (out)

 private:
  Options options_;
};

/// (N, H, W, in) -> (N, H', W', out), channels last; see conv2d().
class Conv2d : public Layer {
 public:
  struct Options {
    int64_t in = 0;
    int64_t out = 0;
    int64_t kernel = 3;
    ConvOptions conv = {};
    Activation activation = Activation::none;
    Output output = Output::f32;
  };
  Conv2d(const Options& options, Rng& rng);
  Tensor forward(const Tensor& x, const Context& context) const override;
  const Options& options() const { return options_; }

  Tensor weight;  ///< (out, in, kernel, kernel)
  Tensor bias;    ///< (out)

 private:
  Options options_;
};

/// (N, H, W, in) -> (N, H', W', out), channels last; see conv_transpose2d().
class ConvTranspose2d : public Layer {
 public:
  using Options = Conv2d::Options;
  ConvTranspose2d(const Options& options, Rng& rng);
  Tensor forward(const Tensor& x, const Context& context) const override;
  const Options& options() const { return options_; }

  Tensor weight;  ///< (in, out, kernel, kernel)
  Tensor bias;    ///< (out)

 private:
  Options options_;
};

/// Batch normalisation of the last dimension (channels), for (N, C) and (N, H, W, C).
class BatchNorm : public Layer {
 public:
  explicit BatchNorm(int64_t channels);
  Tensor forward(const Tensor& x, const Context& context) const override;

  Tensor weight, bias;               ///< (C)
  Tensor running_mean, running_var;  ///< (C), buffers
};

/// Group normalisation of the last dimension (channels).
class GroupNorm : public Layer {
 public:
  GroupNorm(int64_t groups, int64_t channels);
  Tensor forward(const Tensor& x, const Context& context) const override;
  int64_t groups() const { return groups_; }

  Tensor weight, bias;  ///< (C)

 private:
  int64_t groups_;
};

class ActivationLayer : public Layer {
 public:
  explicit ActivationLayer(Activation activation) : activation_(activation) {}
  Tensor forward(const Tensor& x, const Context& context) const override;
  Activation activation() const { return activation_; }

 private:
  Activation activation_;
};

/// (N, C, H, W) -> (N, H, W, C), or (N, C, L) -> (N, L, C): the entrance of a convolutional network.
class ToChannelsLast : public Layer {
 public:
  Tensor forward(const Tensor& x, const Context& context) const override;
};

/// (N, H, W, C) -> (N, C, H, W), or (N, L, C) -> (N, C, L): its exit.
class ToChannelsFirst : public Layer {
 public:
  Tensor forward(const Tensor& x, const Context& context) const override;
};

/// (N, ...) -> (N, the rest in one dimension).
class Flatten : public Layer {
 public:
  Tensor forward(const Tensor& x, const Context& context) const override;
};

/// (N, numel) -> (N, ...).
class Unflatten : public Layer {
 public:
  explicit Unflatten(Shape sample_shape) : sample_shape_(sample_shape) {}
  Tensor forward(const Tensor& x, const Context& context) const override;
  const Shape& sample_shape() const { return sample_shape_; }

 private:
  Shape sample_shape_;
};

/// One layer after the other; children are named "0", "1", ... in the order of push().
class Sequential : public Layer {
 public:
  Sequential& push(std::unique_ptr<Layer> layer);
  Tensor forward(const Tensor& x, const Context& context) const override;
  size_t size() const { return layers_.size(); }
  const std::vector<std::unique_ptr<Layer>>& layers() const { return layers_; }

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
};

}  // namespace latent::nn
