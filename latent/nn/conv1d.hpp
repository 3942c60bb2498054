#pragma once
// Convolutions along one dimension as layers; see latent/autograd/conv1d.hpp.

#include <latent/autograd/conv1d.hpp>
#include <latent/nn/layers.hpp>

namespace latent::nn {

/// (N, L, in) -> (N, L', out), channels last; see conv1d(). Weight and bias start as PyTorch's.
class Conv1d : public Layer {
 public:
  struct Options {
    int64_t in = 0;
    int64_t out = 0;
    int64_t kernel = 3;
    Conv1dOptions conv = {};
    Activation activation = Activation::none;
    Output output = Output::f32;
  };
  Conv1d(const Options& options, Rng& rng);
  Tensor forward(const Tensor& x, const Context& context) const override;
  const Options& options() const { return options_; }

  Tensor weight;  ///< (out, in, 1, kernel)
  Tensor bias;    ///< (out)

 private:
  Options options_;
};

/// (N, L, in) -> (N, L', out), channels last; see conv_transpose1d().
class ConvTranspose1d : public Layer {
 public:
  using Options = Conv1d::Options;
  ConvTranspose1d(const Options& options, Rng& rng);
  Tensor forward(const Tensor& x, const Context& context) const override;
  const Options& options() const { return options_; }

  Tensor weight;  ///< (in, out, 1, kernel)
  Tensor bias;    ///< (out)

 private:
  Options options_;
};

}  // namespace latent::nn
