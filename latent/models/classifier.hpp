#pragma once
// Classifier: trained on labels; its code is the last hidden layer.

#include <latent/core/json.hpp>
#include <latent/models/latent_model.hpp>

#include <memory>
#include <span>

namespace latent {

/// What a config of "classifier" asks for: all sizes, and no weights.
struct ClassifierPlan {
  Shape data_shape;
  int64_t latent_dim = 128;  ///< width of the last hidden layer
  int64_t classes = 0;
  double label_smoothing = 0.0;  ///< share of a target that all classes have alike
  double dropout = 0.0;          ///< share of the last hidden layer's values left out at random in training
  int64_t features = 0;          ///< what the body hands to the last hidden layer
  double body_weights = 0.0, body_activations = 0.0;
  std::function<std::unique_ptr<nn::Layer>(Rng&)> make_body;
  std::function<Json()> network_config;

  /// @throws std::invalid_argument as make_model()
  static ClassifierPlan from(const Json& config);
  double num_weights() const;
  double num_activations() const;
};

/// x (N, ...) -> body -> code (N, D) = relu(hidden) -> logits (N, classes). No decoder, no likelihood of x.
/// Tensors: "body.*", "hidden.*", "head.*".
class Classifier : public LatentModel {
 public:
  /// @param config {"model": "classifier", "data_shape": [1, 28, 28], "latent_dim": 128, "classes": 10,
  ///                "network": {"name": "cnn", ...} or {"name": "mlp", "hidden": [512], ...},
  ///                "label_smoothing": 0.1, "dropout": 0.3}
  static std::unique_ptr<LatentModel> make(const Json& config, Rng& rng, int64_t max_elements, const DataFacts* data);
  Classifier(ClassifierPlan plan, Rng& rng);

  std::string kind() const override { return "classifier"; }
  Shape data_shape() const override { return plan_.data_shape; }
  int64_t latent_dim() const override { return plan_.latent_dim; }
  int64_t classes() const { return plan_.classes; }
  bool has_decoder() const override { return false; }

  /// The last hidden layer: (N, D), without noise.
  std::unique_ptr<Distribution> encode(const Tensor& x) const override;
  Tensor features(const Tensor& x) const override;
  std::unique_ptr<Distribution> encode_from(const Tensor& features) const override;
  /// Codes (N, D) -> (N, classes), what the softmax is taken of. @throws std::invalid_argument for other shapes
  Tensor logits(const Tensor& z) const;
  /// Codes (N, D) -> (N, classes) probabilities.
  Tensor probabilities(const Tensor& z) const;

  /// loss: cross-entropy with smoothed labels (Szegedy et al. 2016, arXiv:1512.00567), nats; "cross_entropy" is the
  /// one with the labels as they are, "accuracy" 1 where the most probable class is the label. A sample without a
  /// label (-1) adds nothing to the loss, and to the terms as if it were no better than chance.
  /// @throws std::invalid_argument for a batch without labels, or with others than the model's
  LossTerms loss(const Batch& batch, const StepContext& context) const override;
  LossTerms loss_from(const Tensor& features, const Batch& batch, Rng& rng) const override;

  Json config() const override;

 private:
  LossTerms loss_of(const Tensor& z, const Batch& batch, const nn::Context& context) const;

  ClassifierPlan plan_;
  std::unique_ptr<nn::Layer> body_;
  nn::Linear hidden_, head_;
};

}  // namespace latent
