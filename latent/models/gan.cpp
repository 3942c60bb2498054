#include <latent/models/gan.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/gradients_to.hpp>
#include <latent/autograd/likelihood.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/choice.hpp>
#include <latent/core/denormals.hpp>
#include <latent/models/detail/data_shape.hpp>
#include <latent/models/input_checks.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace latent {

namespace {

constexpr int64_t kMostInversionSteps = 10'000;
constexpr auto kOutputs = std::to_array<Choice<Activation>>({
    {"sigmoid", Activation::sigmoid},
    {"linear", Activation::none},
});

std::vector<nn::NamedTensor> with_prefix(const std::string& prefix, const nn::Module& part) {
  std::vector<nn::NamedTensor> parameters = part.parameters();
  for (nn::NamedTensor& parameter : parameters) parameter.name = prefix + parameter.name;
  return parameters;
}

// What a generator makes of a code: one sample. How far another one is from it is told as by a Gaussian of scale 1,
// half the squared error and a constant, for scores of anomalies.
class GeneratedSamples final : public PointMass {
 public:
  using PointMass::PointMass;
  Tensor log_prob(const Tensor& value) const override { return neg(gaussian_nll(mean(), value, 1.0)); }
};

Tensor filled(int64_t count, double value) {
  Tensor x = Tensor::empty({count});
  std::ranges::fill(x.span<float>(), static_cast<float>(value));
  return x;
}

}  // namespace

GanPlan GanPlan::from(const Json& config) {
  const JsonFields fields(
      "model", *config,
      {"model", "data_shape", "latent_dim", "output", "network", "loss", "critic_steps", "inversion_steps"});
  GanPlan plan;
  plan.ends.data_shape = data_shape_in(fields, "[D], [C, L] or [C, H, W]", 3);
  plan.ends.output_shape = plan.ends.data_shape;
  plan.ends.latent_dim = fields.integer("latent_dim", std::nullopt, 1, int64_t{1} << 20);
  plan.output = choose("output of a gan", fields.text("output", "linear"), kOutputs);
  check_critic_network("gan", fields.at("network"));
  plan.network = make_network(fields.at("network"), plan.ends);
  const nlohmann::json usual = {{"name", "relativistic"}};
  const nlohmann::json* loss = fields.find("loss");
  plan.adversarial = AdversarialOptions::from(loss != nullptr ? *loss : usual);
  plan.critic_steps = fields.integer("critic_steps", 1, 1, 100);
  plan.inversion_steps = fields.integer("inversion_steps", 300, 0, kMostInversionSteps);
  return plan;
}

double GanPlan::num_weights() const {
  // The network's decoder is its encoder backwards, and takes codes in the place of features for them.
  const auto F = static_cast<double>(network->features()), D = static_cast<double>(ends.latent_dim);
  const double both = network->num_weights(), one_encoder = (both - D * F) / 2.0;
  return both + one_encoder + F * (D + 1.0);
}

double GanPlan::num_activations() const { return 2.0 * network->num_activations(); }

std::unique_ptr<LatentModel> Gan::make(const Json& config, Rng& rng, int64_t max_elements, const DataFacts*) {
  GanPlan plan = GanPlan::from(config);
  const double weights = plan.num_weights();
  LATENT_CHECK(weights <= static_cast<double>(max_elements),
               "[model] this config needs about {:.0f} weights, more than the {} allowed", weights, max_elements);
  return std::make_unique<Gan>(std::move(plan), rng);
}

Gan::Encoder::Encoder(const Network& network, int64_t latent_dim, Rng& rng)
    : body(network.encoder(rng)), code({.in = network.features(), .out = latent_dim}, rng) {
  add_child("body", *body);
  add_child("code", code);
}

Gan::Gan(GanPlan plan, Rng& rng)
    : plan_(std::move(plan)),
      generator_(plan_.network->decoder(rng)),
      critic_(*plan_.network, rng),
      encoder_(*plan_.network, plan_.ends.latent_dim, rng) {
  add_child("generator", *generator_);
  add_child("critic", critic_);
  add_child("encoder", encoder_);
  const auto* layers = dynamic_cast<const nn::Sequential*>(generator_.get());
  first_ =
      layers != nullptr && layers->size() > 0 ? dynamic_cast<const nn::Linear*>(layers->layers()[0].get()) : nullptr;
  assert(first_ != nullptr);
}

Tensor Gan::generated(const Tensor& z, nn::Mode mode) const {
  const Tensor x = generator_->forward(z, mode);
  return plan_.output == Activation::none ? x : activate(x, plan_.output);
}

Tensor Gan::guessed(const Tensor& x, nn::Mode mode) const {
  return encoder_.code.forward(encoder_.body->forward(x, mode), mode);
}

std::unique_ptr<Distribution> Gan::decode(const Tensor& z) const {
  check_codes("decode", z, latent_dim());
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  return std::make_unique<GeneratedSamples>(generated(z, nn::Mode::eval));
}

Tensor Gan::sample_prior(int64_t n, Rng& rng) const {
  LATENT_CHECK(n >= 1, "[sample_prior] at least 1 sample, got {}", n);
  Tensor z = Tensor::empty({n, latent_dim()});
  rng.normal(z.span<float>());
  return z;
}

Tensor Gan::first_layer(const Tensor& z) const {
  const NoGrad no_grad;
  return first_->forward(z, nn::Mode::eval);
}

void Gan::set_inversion_steps(int64_t steps) {
  LATENT_CHECK(steps >= 0 && steps <= kMostInversionSteps, "[gan] inversion_steps: 0 to {} expected, got {}",
               kMostInversionSteps, steps);
  plan_.inversion_steps = steps;
}

std::unique_ptr<Distribution> Gan::encode(const Tensor& x) const {
  check_batch("encode", x, data_shape());
  const DenormalMode denormals(Denormals::flushed);
  Tensor z;
  {
    const NoGrad no_grad;
    z = guessed(x, nn::Mode::eval);
  }
  if (plan_.inversion_steps > 0) refine(z, x);
  return std::make_unique<PointMass>(z);
}

// Adam on |G(z) - x|^2 + weight |z|^2, whose steps are of each value of each code alone.
void Gan::refine(Tensor& z, const Tensor& x) const {
  // A short memory of squares: slopes change by orders of magnitude on the way.
  constexpr double kRate = 0.2, kLastRate = 0.02, kBeta1 = 0.9, kBeta2 = 0.8, kTiny = 1e-8;
  // A code one standard deviation longer in every dimension is worth a hundredth of a grey level in every value.
  const double weight = 1e-4 * static_cast<double>(x.numel()) / static_cast<double>(z.numel());
  std::vector<double> first(static_cast<size_t>(z.numel()), 0.0), second(first);
  for (int64_t step = 0; step < plan_.inversion_steps; ++step) {
    const double done = static_cast<double>(step) / static_cast<double>(plan_.inversion_steps);
    const double rate = kLastRate + (kRate - kLastRate) * 0.5 * (1.0 + std::cos(std::numbers::pi * done));
    Tensor leaf = z.detach().clone();
    leaf.set_requires_grad();
    const WithGrad recording;
    const GradientsTo only({leaf});
    const Tensor distance = sum(square(generated(leaf, nn::Mode::eval) - x)) + affine(sum(square(leaf)), weight);
    const Tensor gradient = gradient_of(distance, leaf);
    const double correct1 = 1.0 - std::pow(kBeta1, static_cast<double>(step + 1));
    const double correct2 = 1.0 - std::pow(kBeta2, static_cast<double>(step + 1));
    const float* g = gradient.data<float>();
    float* to = z.data<float>();
    for (size_t i = 0; i < first.size(); ++i) {
      const double slope = g[i];
      first[i] = kBeta1 * first[i] + (1.0 - kBeta1) * slope;
      second[i] = kBeta2 * second[i] + (1.0 - kBeta2) * slope * slope;
      to[i] -= static_cast<float>(rate * first[i] / correct1 / (std::sqrt(second[i] / correct2) + kTiny));
    }
  }
}

LossTerms Gan::loss(const Batch& batch, const StepContext& context) const {
  check_batch("loss", batch.x, data_shape());
  const DenormalMode denormals(Denormals::flushed);
  return critic_loss(batch, context);
}

LossTerms Gan::critic_loss(const Batch& batch, const StepContext& context) const {
  const Tensor z = sample_prior(batch.size(), context.rng);
  Tensor fake;
  {
    const NoGrad no_grad;
    fake = generated(z, context.mode);
  }
  return critic_.loss(batch.x, fake, plan_.adversarial, context);
}

LossTerms Gan::generator_loss(const Batch& batch, const StepContext& context) const {
  const Tensor fake = generated(sample_prior(batch.size(), context.rng), context.mode);
  Tensor real = Tensor::zeros({batch.size()});
  if (plan_.adversarial.loss == AdversarialLoss::relativistic) {
    const NoGrad no_grad;
    real = critic_.scores(batch.x);
  }
  return {Critic::generator_loss(real, critic_.scores(fake), plan_.adversarial.loss),
          {{"spread", filled(batch.size(), spread_of(fake.detach(), batch.x))}},
          {}};
}

LossTerms Gan::encoder_loss(const Batch& batch, const StepContext& context) const {
  const Tensor z = sample_prior(batch.size(), context.rng);
  Tensor fake;
  {
    const NoGrad no_grad;
    fake = generated(z, context.mode);
  }
  return {affine(sum_last(square(guessed(fake, context.mode) - z)), 0.5), {}, {}};
}

std::vector<Phase> Gan::phases() {
  Phase critic{"critic", with_prefix("critic.", critic_),
               [this](const Batch& b, const StepContext& c) { return critic_loss(b, c); }};
  Phase generator{"generator", with_prefix("generator.", *generator_),
                  [this](const Batch& b, const StepContext& c) { return generator_loss(b, c); }};
  Phase encoder{"encoder", with_prefix("encoder.", encoder_),
                [this](const Batch& b, const StepContext& c) { return encoder_loss(b, c); }};
  critic.update = generator.update = without_momentum;
  // The encoder may lag behind: optimisation does the rest.
  constexpr int64_t kBatchesOfEncoder = 2;
  critic.steps = std::max(plan_.critic_steps, kBatchesOfEncoder);
  generator.steps = plan_.critic_steps == 1 ? kBatchesOfEncoder : 1;
  return {critic, generator, encoder};
}

Json Gan::config() const {
  return nlohmann::json{{"model", "gan"},
                        {"data_shape", data_shape_json(data_shape())},
                        {"latent_dim", latent_dim()},
                        {"output", plan_.output == Activation::none ? "linear" : "sigmoid"},
                        {"network", *plan_.network->config()},
                        {"loss", *plan_.adversarial.config()},
                        {"critic_steps", plan_.critic_steps},
                        {"inversion_steps", plan_.inversion_steps}};
}

}  // namespace latent
