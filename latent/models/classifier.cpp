#include <latent/models/classifier.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/dropout.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/likelihood.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/denormals.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/core/names.hpp>
#include <latent/models/cnn_encoder.hpp>
#include <latent/models/detail/data_shape.hpp>
#include <latent/models/input_checks.hpp>
#include <latent/models/mlp_network.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent {

namespace {

constexpr int64_t kMostClasses = int64_t{1} << 20;

// What reads the samples, by its name.
void plan_body(const nlohmann::json& config, ClassifierPlan& plan) {
  constexpr std::array<std::string_view, 2> kBodies = {"cnn", "mlp"};
  const std::string name = name_in("network", config);
  const Shape shape = plan.data_shape;
  if (name == "cnn") {
    const CnnEncoder cnn = CnnEncoder::from(config);
    cnn.check(shape);
    plan.features = cnn.features(shape);
    plan.body_weights = cnn.num_weights(shape);
    plan.body_activations = cnn.num_activations(shape);
    plan.make_body = [cnn, shape](Rng& rng) { return cnn.make(shape, rng); };
    plan.network_config = [cnn] { return cnn.config(); };
  } else if (name == "mlp") {
    // Its encoder alone.
    const std::shared_ptr<Network> mlp =
        MlpNetwork::make(config, {.data_shape = shape, .output_shape = {1}, .latent_dim = 1});
    plan.features = mlp->features();
    auto in = static_cast<double>(shape.numel());
    plan.body_activations = 2.0 * in;
    for (const int64_t out : mlp->config()->at("hidden").get<std::vector<int64_t>>()) {
      constexpr double kResults = 4.0;  // product, normalisation, activation, dropout
      plan.body_weights += in * static_cast<double>(out);
      plan.body_activations += kResults * static_cast<double>(out);
      in = static_cast<double>(out);
    }
    plan.make_body = [mlp](Rng& rng) { return mlp->encoder(rng); };
    plan.network_config = [mlp] { return mlp->config(); };
  } else {
    unknown_name("network of a classifier", name, kBodies);
  }
}

}  // namespace

ClassifierPlan ClassifierPlan::from(const Json& config) {
  const JsonFields fields("model", *config,
                          {"model", "data_shape", "latent_dim", "classes", "network", "label_smoothing", "dropout"});
  ClassifierPlan plan;
  plan.data_shape = data_shape_in(fields, "[D] or [C, H, W]");
  plan.latent_dim = fields.integer("latent_dim", plan.latent_dim, 1, int64_t{1} << 20);
  plan.classes = fields.integer("classes", std::nullopt, 2, kMostClasses);
  plan.label_smoothing = fields.number("label_smoothing", 0.0, 0.0, 0.9);
  plan.dropout = fields.number("dropout", 0.0, 0.0, 0.95);
  plan_body(fields.at("network"), plan);
  return plan;
}

double ClassifierPlan::num_weights() const {
  const auto D = static_cast<double>(latent_dim);
  return body_weights + D * static_cast<double>(features) + D * static_cast<double>(classes);
}

double ClassifierPlan::num_activations() const {
  return body_activations + 3.0 * static_cast<double>(latent_dim) + 4.0 * static_cast<double>(classes);
}

std::unique_ptr<LatentModel> Classifier::make(const Json& config, Rng& rng, int64_t max_elements, const DataFacts*) {
  ClassifierPlan plan = ClassifierPlan::from(config);
  LATENT_CHECK(plan.num_weights() <= static_cast<double>(max_elements),
               "[model] this config needs at least {:.0f} weights, more than the {} allowed", plan.num_weights(),
               max_elements);
  return std::make_unique<Classifier>(std::move(plan), rng);
}

Classifier::Classifier(ClassifierPlan plan, Rng& rng)
    : plan_(std::move(plan)),
      body_(plan_.make_body(rng)),
      hidden_({.in = plan_.features, .out = plan_.latent_dim, .activation = Activation::relu}, rng),
      head_({.in = plan_.latent_dim, .out = plan_.classes}, rng) {
  add_child("body", *body_);
  add_child("hidden", hidden_);
  add_child("head", head_);
}

Tensor Classifier::features(const Tensor& x) const {
  check_batch("classifier", x, data_shape());
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  return hidden_.forward(body_->forward(x, nn::Mode::eval), nn::Mode::eval);
}

std::unique_ptr<Distribution> Classifier::encode_from(const Tensor& features) const {
  return std::make_unique<PointMass>(features);
}

std::unique_ptr<Distribution> Classifier::encode(const Tensor& x) const { return encode_from(features(x)); }

Tensor Classifier::logits(const Tensor& z) const {
  check_codes("classifier", z, latent_dim());
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  return head_.forward(z, nn::Mode::eval);
}

Tensor Classifier::probabilities(const Tensor& z) const {
  const NoGrad no_grad;
  return exp(log_softmax(logits(z)));
}

LossTerms Classifier::loss(const Batch& batch, const StepContext& context) const {
  const Tensor& input = batch.input.defined() ? batch.input : batch.x;
  check_batch("classifier", input, data_shape());
  const DenormalMode denormals(Denormals::flushed);
  const nn::Context of_layers(context.mode, &context.rng);
  return loss_of(hidden_.forward(body_->forward(input, of_layers), of_layers), batch, of_layers);
}

LossTerms Classifier::loss_from(const Tensor& features, const Batch& batch, Rng& rng) const {
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  return loss_of(features, batch, nn::Context(nn::Mode::eval, &rng));
}

LossTerms Classifier::loss_of(const Tensor& z, const Batch& batch, const nn::Context& context) const {
  const int64_t N = z.dim(0), C = classes();
  LATENT_CHECK(static_cast<int64_t>(batch.labels.size()) == N, "[classifier] {} labels for {} samples",
               batch.labels.size(), N);
  std::vector<int64_t> labels = batch.labels;
  Tensor known = Tensor::empty({N});
  for (int64_t n = 0; n < N; ++n) {
    int64_t& label = labels[static_cast<size_t>(n)];
    LATENT_CHECK(label < C, "[classifier] class {} in a model of {} classes", label, C);
    known.data<float>()[n] = label >= 0 ? 1.0F : 0.0F;
    label = std::max<int64_t>(label, 0);
  }
  const bool training = context.mode == nn::Mode::train;
  const Tensor code = training && plan_.dropout > 0.0 ? dropout(z, plan_.dropout, *context.rng) : z;
  const Tensor scores = head_.forward(code, context);  // (N, C)
  const Tensor entropy = mul(cross_entropy(scores, labels), known);
  Tensor loss = entropy;
  if (training && plan_.label_smoothing > 0.0) {
    const Tensor uniform = mul(affine(sum_last(log_softmax(scores)), -1.0 / static_cast<double>(C)), known);
    loss = (1.0 - plan_.label_smoothing) * entropy + plan_.label_smoothing * uniform;
  }
  Tensor reported = Tensor::empty({N}), accuracy = Tensor::empty({N});
  for (int64_t n = 0; n < N; ++n) {
    const float* row = scores.data<float>() + n * C;
    const bool is_known = known.data<float>()[n] > 0.0F;
    const bool is_right = std::max_element(row, row + C) - row == labels[static_cast<size_t>(n)];
    const float chance = 1.0F / static_cast<float>(C);
    reported.data<float>()[n] = is_known ? entropy.data<float>()[n] : -std::log(chance);
    accuracy.data<float>()[n] = is_known ? static_cast<float>(is_right) : chance;
  }
  return {loss, {{"cross_entropy", reported}, {"accuracy", accuracy}}, {}};
}

Json Classifier::config() const {
  return nlohmann::json{{"model", "classifier"},
                        {"data_shape", data_shape_json(plan_.data_shape)},
                        {"latent_dim", plan_.latent_dim},
                        {"classes", plan_.classes},
                        {"network", *plan_.network_config()},
                        {"label_smoothing", plan_.label_smoothing},
                        {"dropout", plan_.dropout}};
}

}  // namespace latent
