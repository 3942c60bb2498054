#include <latent/models/vae.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/likelihood.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/denormals.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/models/detail/data_shape.hpp>
#include <latent/models/input_checks.hpp>
#include <latent/probability/prior_size.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

// Tapes of the slots' own initial weights: apart, so that those of the network are the same with every choice. The
// posterior, a layer between encoder and decoder, takes its weights from the network's tape.
constexpr uint64_t kLikelihoodStream = 0x6c696b656c69, kPriorStream = 0x7072696f72, kObjectiveStream = 0x6f626a656374,
                   kSamplerStream = 0x73616d706c6572;

// Rows that go through the decoder at once when a bound is taken over many samples: as many as keep it busy, and as few
// as keep their data within 16 MB.
int64_t rows_per_pass(int64_t values_per_row) {
  return std::clamp<int64_t>((int64_t{1} << 22) / values_per_row, 16, 4096);
}

JsonFields fields_of(const nlohmann::json& config) {
  return {"model",
          config,
          {"model", "data_shape", "latent_dim", "network", "posterior", "prior", "likelihood", "objective", "denoiser",
           "critic", "sampler"}};
}

nlohmann::json value_or(const JsonFields& fields, std::string_view key, const char* name) {
  const nlohmann::json* value = fields.find(key);
  return value != nullptr ? *value : nlohmann::json{{"name", name}};
}

void check_slots(const Vae::Parts& parts) {
  const Posterior& posterior = *parts.posterior;
  const bool has_density = posterior.has_density();
  LATENT_CHECK(parts.denoiser == nullptr || !has_density,
               "[vae] a denoiser belongs to a plain autoencoder: use model 'ae' and posterior 'none'");
  LATENT_CHECK(!has_density || !parts.prior->needs_fit(),
               "[vae] a prior that is fitted after training cannot be the p(z) of a KL; use prior 'normal', or "
               "posterior 'none' for a plain autoencoder");
  LATENT_CHECK(has_density || parts.prior->needs_fit() || parts.objective->matches_prior(),
               "[ae] with posterior '{}' codes lie where they fall, so that a fixed prior would say nothing of them; "
               "use prior 'fitted-gaussian'",
               name_in("posterior", *posterior.config()));
  LATENT_CHECK(parts.critic == nullptr || parts.objective->needs().num_samples == 1,
               "[vae] a critic judges one reconstruction of each sample: use objective 'elbo'");
  LATENT_CHECK(parts.critic == nullptr || parts.denoiser == nullptr, "[vae] a model has a critic or a denoiser");
  LATENT_CHECK(parts.critic == nullptr || parts.likelihood->outputs_per_value() == 1,
               "[vae] a critic judges means, which likelihood '{}' has none of",
               name_in("likelihood", *parts.likelihood->config()));
  LATENT_CHECK(!parts.prior->needs_encoder() || posterior.is_gaussian(),
               "[{0}] a prior '{0}' is a mixture of q(z|x), which has to be Gaussian; use posterior 'gaussian'",
               name_in("prior", *parts.prior->config()));
  parts.objective->check(posterior, *parts.prior);
}

}  // namespace

VaePlan VaePlan::from(const Json& config, const Rng& rng, const DataFacts* data, int64_t max_elements) {
  const JsonFields fields = fields_of(*config);
  VaePlan plan;
  NetworkEnds& ends = plan.ends;
  ends.data_shape = data_shape_in(fields, "[D], [C, L], [C, H, W] or [C, D, H, W]");
  ends.latent_dim = fields.integer("latent_dim", std::nullopt, 1, int64_t{1} << 20);
  Rng likelihood_rng = rng.fork(kLikelihoodStream);
  plan.likelihood = make_likelihood(fields.at("likelihood"), {.data_shape = ends.data_shape,
                                                              .latent_dim = ends.latent_dim,
                                                              .rng = likelihood_rng,
                                                              .data = data,
                                                              .max_elements = max_elements});
  std::vector<int64_t> output(ends.data_shape.sizes().begin(), ends.data_shape.sizes().end());
  output[0] *= plan.likelihood->outputs_per_value();
  ends.output_shape = Shape(std::span<const int64_t>(output));
  plan.network = make_network(fields.at("network"), ends);
  const bool plain = fields.text("model") == "ae";
  plan.prior_parameters = num_prior_parameters(value_or(fields, "prior", plain ? "fitted-gaussian" : "normal"),
                                               ends.data_shape, ends.latent_dim);
  if (plain) plan.posterior_outputs = 1;
  const std::string posterior = name_in("posterior", value_or(fields, "posterior", plain ? "none" : "gaussian"));
  if (posterior == "fsq" && plan.network->features() == ends.latent_dim) plan.posterior_outputs = 0;
  if (const nlohmann::json* denoiser = fields.find("denoiser")) {
    plan.denoiser = Denoiser::options(*denoiser, ends.data_shape);
  }
  if (const nlohmann::json* critic = fields.find("critic")) {
    check_critic_network("vae with a critic", fields.at("network"));
    plan.critic = AdversaryOptions::from(*critic);
  }
  if (const nlohmann::json* sampler = fields.find("sampler")) {
    plan.sampler_elements = num_sampler_elements(*sampler, ends.latent_dim);
  }
  return plan;
}

// The critic's network is an encoder; a decoder is one backwards, which takes codes in the place of features.
double VaePlan::critic_weights() const {
  const auto F = static_cast<double>(network->features());
  return std::max(0.0, (network->num_weights() - static_cast<double>(ends.latent_dim) * F) / 2.0) + F;
}

double VaePlan::num_weights() const {
  return network->num_weights() +
         static_cast<double>(network->features()) * static_cast<double>(posterior_outputs * ends.latent_dim) +
         (denoiser ? UNet::num_weights(*denoiser) : 0.0) + (critic ? critic_weights() : 0.0) +
         static_cast<double>(likelihood->num_parameters()) + prior_parameters + sampler_elements;
}

double VaePlan::num_activations() const {
  // Means, log variances, noise and samples of the code.
  return network->num_activations() + 4.0 * static_cast<double>(ends.latent_dim) +
         (denoiser ? UNet::num_activations(*denoiser) : 0.0);
}

std::unique_ptr<LatentModel> Vae::make(const Json& config, Rng& rng, int64_t max_elements, const DataFacts* data) {
  return std::make_unique<Vae>(parts_from(config, rng, max_elements, data));
}

Vae::Vae(const VaeOptions& options, Rng& rng, const DataFacts* data)
    : Vae(parts_from(config_of(options), rng, int64_t{1} << 31, data)) {}

Vae::Parts Vae::parts_from(const Json& config, Rng& rng, int64_t max_elements, const DataFacts* data) {
  VaePlan plan = VaePlan::from(config, rng, data, max_elements);
  const double elements = plan.num_weights();
  const JsonFields fields = fields_of(*config);
  const bool plain = fields.text("model") == "ae";
  Parts parts;
  parts.ends = plan.ends;
  parts.network = std::move(plan.network);
  parts.likelihood = std::move(plan.likelihood);
  const auto context = [&](Rng& of_slot) {
    return SlotContext{.data_shape = parts.ends.data_shape,
                       .features = parts.network->features(),
                       .latent_dim = parts.ends.latent_dim,
                       .rng = of_slot,
                       .data = data,
                       .max_elements = max_elements};
  };
  Rng prior_rng = rng.fork(kPriorStream), objective_rng = rng.fork(kObjectiveStream);
  parts.prior = make_prior(value_or(fields, "prior", plain ? "fitted-gaussian" : "normal"), context(prior_rng));
  parts.objective = make_objective(value_or(fields, "objective", "elbo"), context(objective_rng));
  LATENT_CHECK(elements <= static_cast<double>(max_elements),
               "[model] this config needs at least {:.0f} weights, more than the {} allowed", elements, max_elements);

  parts.encoder = parts.network->encoder(rng);
  parts.posterior = make_posterior(value_or(fields, "posterior", plain ? "none" : "gaussian"), context(rng));
  parts.decoder = parts.network->decoder(rng);
  if (plan.critic) parts.critic = std::make_unique<Adversary>(*plan.critic, *parts.network, rng);
  if (plan.denoiser) parts.denoiser = std::make_unique<Denoiser>(*plan.denoiser, rng);
  if (const nlohmann::json* sampler = fields.find("sampler")) {
    Rng sampler_rng = rng.fork(kSamplerStream);
    parts.sampler = make_sampler(*sampler, parts.ends.latent_dim, sampler_rng, max_elements);
  }
  LATENT_CHECK(plain || parts.posterior->has_density(),
               "[vae] posterior '{}' makes a plain autoencoder: use model 'ae' and prior 'fitted-gaussian'",
               name_in("posterior", *parts.posterior->config()));
  LATENT_CHECK(!plain || !parts.posterior->has_density(),
               "[ae] a posterior with a density makes a VAE: use model 'vae' and prior 'normal', or posterior 'none'");
  return parts;
}

Vae::Vae(Parts parts) : parts_(std::move(parts)) {
  check_slots(parts_);
  add_child("encoder", *parts_.encoder);
  add_child("posterior", *parts_.posterior);
  add_child("decoder", *parts_.decoder);
  add_child("prior", *parts_.prior);
  add_child("likelihood", *parts_.likelihood);
  if (parts_.denoiser) add_child("denoiser", *parts_.denoiser);
  if (parts_.critic) add_child("critic", *parts_.critic);
  if (parts_.sampler) add_child("sampler", *parts_.sampler);
  // Batch statistics of pseudo-inputs are none of the data: they pass through the encoder as in evaluation.
  parts_.prior->set_encoder(
      [this](const Tensor& x) { return parts_.posterior->moments(parts_.encoder->forward(x, nn::Mode::eval)); });
}

std::string Vae::kind() const { return parts_.posterior->has_density() ? "vae" : "ae"; }

Tensor Vae::features(const Tensor& x) const {
  check_batch("encode", x, data_shape());
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  return parts_.encoder->forward(x, nn::Mode::eval);
}

std::unique_ptr<Distribution> Vae::encode_from(const Tensor& features) const {
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  return parts_.posterior->distribution(features);
}

std::unique_ptr<Distribution> Vae::encode(const Tensor& x) const { return encode_from(features(x)); }

std::unique_ptr<Distribution> Vae::decode(const Tensor& z) const {
  check_codes("decode", z, latent_dim());
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  return parts_.likelihood->distribution(parts_.decoder->forward(z, nn::Mode::eval));
}

Tensor Vae::sample_prior(int64_t n, Rng& rng) const {
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  const Tensor codes = parts_.sampler ? parts_.sampler->sample(n, rng) : parts_.prior->sample(n, rng);
  return parts_.posterior->nearest_codes(codes);
}

// -log p(x|z) from the decoder's output.
Tensor Vae::nll_of_params(const Tensor& params, const Tensor& x, nn::Mode mode, double expected_grad) const {
  if (mode == nn::Mode::train) parts_.likelihood->calibrate(params, x);
  return parts_.likelihood->nll(params, x, expected_grad);
}

// -log p(x|z): (N, D) -> (N), or (K, N, D) -> (K, N).
Tensor Vae::nll(const Tensor& z, const Tensor& x, const nn::Context& context, double expected_grad) const {
  if (z.ndim() == 2) return nll_of_params(parts_.decoder->forward(z, context), x, context.mode, expected_grad);
  const int64_t K = z.dim(0), N = z.dim(1);
  const Tensor params = parts_.decoder->forward(reshape(z, {K * N, latent_dim()}), context);
  const Tensor repeated = reshape(repeat(x, K), data_shape().prepend(K * N));
  if (context.mode == nn::Mode::train) parts_.likelihood->calibrate(params, repeated);
  return reshape(parts_.likelihood->nll(params, repeated, expected_grad), {K, N});
}

// What the skip connections make of damaged samples, as a Gaussian about it, in nats. It teaches the denoiser alone:
// the code is learned from its own reconstruction.
Tensor Vae::denoising_nll(const Tensor& input, const Tensor& params, const Tensor& x,
                          const nn::Context& context) const {
  constexpr double kScale = 0.1;
  Tensor x_hat;
  {
    const NoGrad no_grad;
    x_hat = parts_.likelihood->distribution(params.detach())->mean();
  }
  return gaussian_nll(parts_.denoiser->forward(input, x_hat, context), x, kScale);
}

LossTerms Vae::loss(const Batch& batch, const StepContext& context) const {
  const Tensor& input = batch.input.defined() ? batch.input : batch.x;
  check_batch("loss", batch.x, data_shape());
  check_batch("loss", input, data_shape());
  LATENT_CHECK(input.dim(0) == batch.size(), "[loss] input and x: {} and {} samples", input.dim(0), batch.size());
  const DenormalMode denormals(Denormals::flushed);
  return loss_of(parts_.encoder->forward(input, nn::Context(context.mode, &context.rng)), batch, context);
}

LossTerms Vae::loss_from(const Tensor& features, const Batch& batch, Rng& rng) const {
  check_batch("loss", batch.x, data_shape());
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  return loss_of(features, batch, StepContext{rng, nn::Mode::eval, 0.0});
}

// From the encoder's output.
LossTerms Vae::loss_of(const Tensor& h, const Batch& batch, const StepContext& context) const {
  const Tensor& input = batch.input.defined() ? batch.input : batch.x;
  const nn::Context of_layers(context.mode, &context.rng);
  const bool training = context.mode == nn::Mode::train;
  const PosteriorSample sample = parts_.posterior->sample(
      h, *parts_.prior, training ? parts_.objective->needs() : SampleNeeds{}, context.rng, context.mode);
  const double expected_grad = training ? parts_.objective->expected_grad(batch.size()) : 0.0;
  Tensor nll, denoising;
  std::optional<LossTerms> judged;
  if (parts_.denoiser || (parts_.critic && training)) {
    const Tensor params = parts_.decoder->forward(sample.z, of_layers);
    nll = nll_of_params(params, batch.x, context.mode, expected_grad);
    if (parts_.denoiser) denoising = denoising_nll(input, params, batch.x, of_layers);
    if (parts_.critic) {
      const Tensor x_new = generated_mean(sample_prior(batch.size(), context.rng), of_layers);
      judged = parts_.critic->decoder_loss(batch.x, parts_.likelihood->distribution(params)->mean(), x_new);
    }
  } else {
    nll = this->nll(sample.z, batch.x, of_layers, expected_grad);
  }

  ObjectiveTerms terms;
  if (training) {
    terms = parts_.objective->combine({.nll = nll,
                                       .sample = sample,
                                       .prior = *parts_.prior,
                                       .rng = context.rng,
                                       .epoch = context.epoch,
                                       .training_samples = context.training_samples});
  } else {
    // The bound itself, without the weights of the objective.
    terms = {
        .loss = sample.kl.defined() ? add(nll, sample.kl) : nll, .reconstruction = nll, .kl = sample.kl, .terms = {}};
  }
  LossTerms result{.loss = terms.loss, .terms = {{"reconstruction", terms.reconstruction.detach()}}, .kl_per_dim = {}};
  if (terms.kl.defined()) result.terms.push_back({"kl", terms.kl.detach()});
  result.terms.insert(result.terms.end(), terms.terms.begin(), terms.terms.end());
  result.terms.insert(result.terms.end(), sample.terms.begin(), sample.terms.end());
  if (denoising.defined()) {
    result.loss = add(result.loss, denoising);
    result.terms.push_back({"denoising", denoising.detach()});
  }
  if (judged) {
    result.loss = add(result.loss, judged->loss);
    result.terms.insert(result.terms.end(), judged->terms.begin(), judged->terms.end());
  }
  if (sample.kl_per_dim.defined()) result.kl_per_dim = mean_first(sample.kl_per_dim.detach());
  return result;
}

// The mean of p(x|z), with gradients.
Tensor Vae::generated_mean(const Tensor& z, const nn::Context& context) const {
  return parts_.likelihood->distribution(parts_.decoder->forward(z, context))->mean();
}

LossTerms Vae::critic_loss(const Batch& batch, const StepContext& context) const {
  const DenormalMode denormals(Denormals::flushed);
  const Tensor& input = batch.input.defined() ? batch.input : batch.x;
  Tensor fake;
  {
    const NoGrad no_grad;
    const nn::Context of_layers(context.mode, &context.rng);
    const PosteriorSample sample = parts_.posterior->sample(parts_.encoder->forward(input, of_layers), *parts_.prior,
                                                            SampleNeeds{}, context.rng, context.mode);
    const Tensor x_new = generated_mean(sample_prior(batch.size(), context.rng), of_layers);
    fake = Adversary::judged(generated_mean(sample.z, of_layers), x_new);
  }
  return parts_.critic->critic_loss(batch.x, fake, context);
}

std::vector<Phase> Vae::phases() {
  if (!parts_.critic) return LatentModel::phases();
  std::vector<nn::NamedTensor> of_critic, others;
  for (nn::NamedTensor& parameter : parameters()) {
    (parameter.name.starts_with("critic.") ? of_critic : others).push_back(std::move(parameter));
  }
  Phase critic{"critic", std::move(of_critic),
               [this](const Batch& b, const StepContext& c) { return critic_loss(b, c); }};
  critic.update = without_momentum;
  return {{"vae", std::move(others), [this](const Batch& b, const StepContext& c) { return loss(b, c); }}, critic};
}

// log p(x|z) p(z) / q(z|x) at `num_samples` draws of q: (K, N).
Tensor Vae::log_weights(const Distribution& q, const Tensor& x, int64_t num_samples, Rng& rng) const {
  const int64_t N = x.dim(0);
  const int64_t per_pass = std::max<int64_t>(1, rows_per_pass(data_shape().numel()) / N);
  Tensor log_w = Tensor::empty({num_samples, N});
  for (int64_t begin = 0; begin < num_samples; begin += per_pass) {
    const int64_t end = std::min(begin + per_pass, num_samples);
    const Tensor z = q.sample(rng, end - begin);  // (k, N, D)
    const Tensor log_ratio = sub(parts_.prior->log_prob(z), q.log_prob(z));
    log_w.rows(begin, end).copy_from(sub(log_ratio, nll(z, x, nn::Mode::eval, 0.0)));
  }
  return log_w;
}

Tensor Vae::importance_weighted_bound(const Tensor& x, int64_t num_samples, Rng& rng) const {
  if (!has_likelihood()) return LatentModel::importance_weighted_bound(x, num_samples, rng);
  check_batch("importance_weighted_bound", x, data_shape());
  const int64_t N = x.dim(0), rows = rows_per_pass(data_shape().numel());
  Tensor bound = Tensor::empty({N});
  for (int64_t begin = 0; begin < N; begin += rows) {
    const int64_t end = std::min(begin + rows, N);
    const Tensor part = x.rows(begin, end);
    bound.rows(begin, end).copy_from(importance_weighted_bound_from(features(part), part, num_samples, rng));
  }
  return bound;
}

Tensor Vae::importance_weighted_bound_from(const Tensor& features, const Tensor& x, int64_t num_samples,
                                           Rng& rng) const {
  if (!has_likelihood()) return LatentModel::importance_weighted_bound(x, num_samples, rng);
  check_batch("importance_weighted_bound", x, data_shape());
  LATENT_CHECK(num_samples >= 1, "[importance_weighted_bound] num_samples must be at least 1, got {}", num_samples);
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  const int64_t N = x.dim(0), rows = rows_per_pass(data_shape().numel());
  Tensor bound = Tensor::empty({N});
  for (int64_t begin = 0; begin < N; begin += rows) {
    const int64_t end = std::min(begin + rows, N);
    const auto q = encode_from(features.rows(begin, end));
    const Tensor log_sum = logsumexp_first(log_weights(*q, x.rows(begin, end), num_samples, rng));
    bound.rows(begin, end).copy_from(log_sum - std::log(static_cast<double>(num_samples)));
  }
  return bound;
}

Tensor Vae::clean(const Tensor& x) const {
  const Tensor x_hat = LatentModel::clean(x);
  if (!parts_.denoiser) return x_hat;
  const NoGrad no_grad;
  const Tensor cleaned = parts_.denoiser->forward(x, x_hat, nn::Mode::eval);
  return needs_unit_interval() ? clamp(cleaned, 0.0, 1.0) : cleaned;
}

Tensor Vae::linear_view(const Tensor& x) const {
  // The path computes means; a likelihood of logits has no use for them.
  if (!parts_.likelihood->takes_means()) return {};
  check_batch("linear_view", x, data_shape());
  return parts_.network->linear_view(x);
}

void Vae::start_from_axes(const PrincipalAxes& axes) {
  const auto k = static_cast<int64_t>(axes.variance.size());
  LATENT_CHECK(k <= latent_dim() && axes.components.ndim() == 2 && axes.components.dim(0) == k,
               "[start_from_axes] at most {} components and as many variances expected, got {} and {}", latent_dim(),
               axes.components.shape().str(), k);
  parts_.prior->start_from_variances(axes.variance);
  const Tensor scales = parts_.prior->scales();
  PrincipalAxes scaled = axes;
  if (scales.defined()) scaled.code_stddev.assign(scales.data<float>(), scales.data<float>() + k);
  parts_.network->start_from_axes(scaled, *parts_.encoder, *parts_.decoder);
  // In a linear model with unit codes, noise v and weights s u the posterior variance is v / (s^2 + v) (Tipping &
  // Bishop 1999); a code that does nothing keeps the prior's.
  std::vector<float> logvar(static_cast<size_t>(latent_dim()), 0.0F);
  for (size_t i = 0; i < logvar.size(); ++i) {
    const double noise = std::max(axes.residual_variance, 1e-8);
    const double explained = i < axes.variance.size() ? axes.variance[i] : 0.0;
    const double prior = scales.defined() ? 2.0 * std::log(double{scales.data<float>()[i]}) : 0.0;
    logvar[i] = static_cast<float>(prior + std::log(noise / (explained + noise)));
  }
  parts_.posterior->start_from_features(logvar);
}

Json Vae::config() const {
  nlohmann::json config = {{"model", kind()},
                           {"data_shape", data_shape_json(parts_.ends.data_shape)},
                           {"latent_dim", latent_dim()},
                           {"network", *parts_.network->config()},
                           {"posterior", *parts_.posterior->config()},
                           {"prior", *parts_.prior->config()},
                           {"likelihood", *parts_.likelihood->config()},
                           {"objective", *parts_.objective->config()}};
  if (parts_.denoiser) config["denoiser"] = *parts_.denoiser->config();
  if (parts_.critic) config["critic"] = *parts_.critic->config();
  if (parts_.sampler) config["sampler"] = *parts_.sampler->config();
  return config;
}

}  // namespace latent
