#pragma once
// What the networks have in common: normalised layers, and an entrance that takes no number.

#include <latent/nn/layers.hpp>

#include <memory>
#include <string_view>

namespace latent {

enum class Normalization : uint8_t { none, batch, group };
/// "none", "batch" or "group". @throws std::invalid_argument for others, with the nearest valid one
Normalization normalization_from(std::string_view name);
std::string_view name_of(Normalization normalization);

/// How every hidden layer of a network goes on after its product.
struct HiddenStyle {
  Activation activation = Activation::relu;
  Normalization normalization = Normalization::none;
  double dropout = 0.0;  ///< probability with which a value is left out in training
  /// The activation that the product itself should apply: fused with it unless a normalisation comes between.
  Activation fused() const { return normalization == Normalization::none ? activation : Activation::none; }
};

/// Groups of channels for group normalisation: the largest divisor of `channels` up to 8 that leaves at least 4
/// channels in a group (a group of one value for each sample would be normalised to nothing).
int64_t group_count(int64_t channels);
/// Results that a hidden layer keeps for the way back, for each of its values.
double results_per_value(const HiddenStyle& style);
/// Pushes what follows a product: normalisation and activation, unless fused() has already done both, and dropout.
void push_rest(nn::Sequential& layers, const HiddenStyle& style, int64_t channels);
/// Pushes a hidden fully connected layer. @param style  normalised over the batch or over groups of its outputs
void push_hidden(nn::Sequential& layers, int64_t in, int64_t out, const HiddenStyle& style, Rng& rng);

/// Layers in a row behind an entrance without weights. The entrance takes no number, so that the first layer with
/// weights is "0" for images and tables alike.
class EncoderStack : public nn::Sequential {
 public:
  explicit EncoderStack(std::unique_ptr<nn::Layer> entrance) : entrance_(std::move(entrance)) {}
  Tensor forward(const Tensor& x, const nn::Context& context) const override {
    return nn::Sequential::forward(entrance_->forward(x, context), context);
  }
  const nn::Layer& entrance() const { return *entrance_; }

 private:
  std::unique_ptr<nn::Layer> entrance_;
};

/// (N, H, W, C) -> (N, h, w, C), the upper left part.
class Crop : public nn::Layer {
 public:
  Crop(int64_t h, int64_t w) : h_(h), w_(w) {}
  Tensor forward(const Tensor& x, const nn::Context& context) const override;
  int64_t h() const { return h_; }
  int64_t w() const { return w_; }

 private:
  int64_t h_, w_;
};

}  // namespace latent
