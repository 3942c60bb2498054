#include <latent/models/critic.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/gradient_norm.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/choice.hpp>
#include <latent/core/detail/json_fields.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace latent {

namespace {

constexpr auto kLosses = std::to_array<Choice<AdversarialLoss>>({
    {"relativistic", AdversarialLoss::relativistic},
    {"non-saturating", AdversarialLoss::non_saturating},
    {"hinge", AdversarialLoss::hinge},
    {"wgan-gp", AdversarialLoss::wgan_gp},
});
constexpr auto kLossNames = names_of(kLosses);

std::string_view name_of(AdversarialLoss loss) {
  return std::ranges::find(kLosses, loss, &Choice<AdversarialLoss>::value)->name;
}

// (N) -> (N, 1, ...), to weigh whole samples: each value of a row times that of the row.
Tensor between(const Tensor& real, const Tensor& fake, Rng& rng) {
  Tensor x = Tensor::empty(real.shape());
  const int64_t N = real.dim(0), D = real.numel() / std::max<int64_t>(N, 1);
  for (int64_t n = 0; n < N; ++n) {
    const auto share = static_cast<float>(rng.uniform());
    const float *r = real.data<float>() + n * D, *f = fake.data<float>() + n * D;
    float* to = x.data<float>() + n * D;
    for (int64_t d = 0; d < D; ++d) to[d] = share * r[d] + (1.0F - share) * f[d];
  }
  return x;
}

}  // namespace

std::span<const std::string_view> adversarial_loss_names() { return kLossNames; }

AdversarialOptions AdversarialOptions::from(const Json& config) {
  const JsonFields fields("loss", *config, {"name", "gamma", "gamma_end", "burn_in_epochs", "penalty_every"});
  AdversarialOptions options;
  options.loss = choose("adversarial loss", name_in("loss", *config), kLosses);
  const double usual = options.loss == AdversarialLoss::wgan_gp ? 10.0 : 1.0;
  options.gamma = fields.number("gamma", usual, 0.0, 1e6);
  options.gamma_end = fields.number("gamma_end", options.gamma, 0.0, 1e6);
  options.burn_in_epochs = fields.number("burn_in_epochs", 0.0, 0.0, 1e6);
  options.penalty_every = fields.integer("penalty_every", 1, 1, 1000);
  return options;
}

Json AdversarialOptions::config() const {
  return nlohmann::json{{"name", name_of(loss)},
                        {"gamma", gamma},
                        {"gamma_end", gamma_end},
                        {"burn_in_epochs", burn_in_epochs},
                        {"penalty_every", penalty_every}};
}

double AdversarialOptions::gamma_at(double epoch) const {
  if (epoch >= burn_in_epochs) return gamma_end;
  const double share = 0.5 * (1.0 + std::cos(std::numbers::pi * epoch / burn_in_epochs));
  return gamma_end + (gamma - gamma_end) * share;
}

void check_critic_network(std::string_view who, const Json& network) {
  constexpr std::array<std::string_view, 2> kNetworks = {"mlp", "conv"};
  const std::string name = name_in("network", *network);
  if (std::ranges::find(kNetworks, name) == kNetworks.end()) {
    unknown_name(fmt::format("network of a {}", who), printable(std::string_view(name)), kNetworks);
  }
  LATENT_CHECK(network->value("normalization", "none") != "batch",
               "[{}] a critic judges each sample by itself, so that its network cannot be normalised over batches: use "
               "normalization 'none' or 'group'",
               who);
  LATENT_CHECK(network->value("dropout", 0.0) == 0.0, "[{}] a critic's network has no dropout, got {}", who,
               network->value("dropout", 0.0));
}

Critic::Critic(const Network& network, Rng& rng)
    : body_(network.encoder(rng)), score_({.in = network.features(), .out = 1}, rng) {
  add_child("body", *body_);
  add_child("score", score_);
}

Tensor Critic::scores_of(const Tensor& features) const {
  return reshape(score_.forward(features, nn::Mode::eval), {features.dim(0)});
}

Tensor Critic::scores(const Tensor& x) const { return scores_of(features(x)); }

LossTerms Critic::loss(const Tensor& real, const Tensor& fake, const AdversarialOptions& options,
                       const StepContext& context) const {
  const int64_t N = real.dim(0);
  const bool training = context.mode == nn::Mode::train;
  const Tensor r = scores(real.detach()), f = scores(fake.detach());
  Tensor loss;
  switch (options.loss) {
    case AdversarialLoss::relativistic: loss = softplus(f - r); break;
    case AdversarialLoss::non_saturating: loss = softplus(neg(r)) + softplus(f); break;
    case AdversarialLoss::hinge: loss = clamp_min(neg(r) + 1.0, 0.0) + clamp_min(f + 1.0, 0.0); break;
    case AdversarialLoss::wgan_gp: loss = f - r; break;
  }
  LossTerms terms{loss, {{"adversarial", loss.detach()}}, {}};
  const double weight = options.gamma_at(context.epoch) * static_cast<double>(options.penalty_every);
  Tensor penalties = Tensor::zeros({N});
  // The draw comes first, so that the tape is the same with every weight.
  const bool takes_penalty = training && context.rng.uniform() * static_cast<double>(options.penalty_every) < 1.0;
  if (takes_penalty && weight > 0.0) {
    const Tensor weighed = affine(penalty(real.detach(), fake.detach(), options, context.rng), weight);
    terms.loss = loss + weighed;
    penalties = weighed.detach();
  }
  Tensor gap = Tensor::empty({N}), ranked = Tensor::empty({N});
  for (int64_t n = 0; n < N; ++n) {
    const float difference = r.data<float>()[n] - f.data<float>()[n];
    gap.data<float>()[n] = difference;
    ranked.data<float>()[n] = difference > 0.0F ? 1.0F : difference < 0.0F ? 0.0F : 0.5F;
  }
  terms.terms.push_back({"penalty", penalties});
  terms.terms.push_back({"gap", gap});
  terms.terms.push_back({"ranked", ranked});
  return terms;
}

Tensor Critic::penalty(const Tensor& real, const Tensor& fake, const AdversarialOptions& options, Rng& rng) const {
  const auto critic = [this](const Tensor& x) { return scores(x); };
  if (options.loss == AdversarialLoss::wgan_gp) {
    constexpr double kSmooth = 1e-12;  // where the gradient is zero, its norm has no derivative
    return square(sqrt(squared_gradient_norm(critic, between(real, fake, rng)) + kSmooth) - 1.0);
  }
  const Tensor of_data = affine(squared_gradient_norm(critic, real), 0.5);
  if (options.loss != AdversarialLoss::relativistic) return of_data;
  return of_data + affine(squared_gradient_norm(critic, fake), 0.5);
}

Tensor Critic::generator_loss(const Tensor& real, const Tensor& fake, AdversarialLoss loss) {
  switch (loss) {
    case AdversarialLoss::relativistic: return softplus(real.detach() - fake);
    case AdversarialLoss::non_saturating: return softplus(neg(fake));
    default: return neg(fake);
  }
}

UpdateOptions without_momentum(UpdateOptions run) {
  run.optimizer.beta1 = 0.0;
  run.optimizer.beta2 = 0.99;
  return run;
}

double spread_of(const Tensor& fake, const Tensor& real) {
  const auto variance = [](const Tensor& x) {
    const int64_t N = x.dim(0), D = x.numel() / N;
    std::vector<double> sums(static_cast<size_t>(D), 0.0);
    double squares = 0.0, of_means = 0.0;
    for (int64_t n = 0; n < N; ++n) {
      const float* row = x.data<float>() + n * D;
      for (int64_t d = 0; d < D; ++d) {
        sums[static_cast<size_t>(d)] += row[d];
        squares += static_cast<double>(row[d]) * row[d];
      }
    }
    for (const double sum : sums) of_means += sum * sum / static_cast<double>(N);
    return std::max(0.0, squares - of_means);
  };
  if (fake.dim(0) < 2 || real.dim(0) < 2) return 1.0;
  const double of_real = variance(real) / static_cast<double>(real.dim(0) - 1);
  const double of_fake = variance(fake) / static_cast<double>(fake.dim(0) - 1);
  return of_real > 0.0 ? of_fake / of_real : 1.0;
}

}  // namespace latent
