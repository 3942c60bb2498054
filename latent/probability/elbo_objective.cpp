#include <latent/probability/elbo_objective.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/json_fields.hpp>

#include <algorithm>

namespace latent {

namespace {

// (K, N) -> (N), the mean over samples; (N) as it is.
Tensor over_samples(const Tensor& term) { return term.ndim() == 2 ? mean_first(term) : term; }

}  // namespace

std::unique_ptr<Objective> ElboObjective::make(const nlohmann::json& config) {
  const JsonFields fields("objective", config, {"name", "beta", "kl_warmup_epochs", "free_bits", "num_samples"});
  return std::make_unique<ElboObjective>(Options{
      .beta = fields.number("beta", 1.0, 0.0, 1e6),
      .kl_warmup_epochs = fields.number("kl_warmup_epochs", 0.0, 0.0, 1e6),
      .free_bits = fields.number("free_bits", 0.0, 0.0, 1e6),
      .num_samples = fields.integer("num_samples", 1, 1, 1024),
  });
}

double ElboObjective::kl_weight(const Progress& progress) const {
  if (options_.kl_warmup_epochs <= 0) return options_.beta;
  return options_.beta * std::clamp(progress.epoch / options_.kl_warmup_epochs, 0.0, 1.0);
}

ObjectiveTerms ElboObjective::combine(const Tensor& nll, const PosteriorSample& posterior,
                                      const Progress& progress) const {
  ObjectiveTerms terms;
  terms.reconstruction = over_samples(nll);
  terms.loss = terms.reconstruction;
  if (posterior.penalty.defined()) terms.loss = add(terms.loss, posterior.penalty);
  if (!posterior.kl.defined()) return terms;

  terms.kl = over_samples(posterior.kl);
  const double weight = kl_weight(progress);
  // Left out rather than multiplied by zero: a KL that overflowed must not become NaN here.
  if (weight == 0) return terms;
  Tensor kl = terms.kl;  // (N)
  if (options_.free_bits > 0) {
    LATENT_CHECK(posterior.kl_per_dim.defined(),
                 "[elbo] free_bits needs the KL of each dimension, which this posterior and prior do not have");
    // One value for the batch, added to each sample: its mean over the batch is itself.
    kl = sum(clamp_min(mean_first(posterior.kl_per_dim), options_.free_bits));
  }
  terms.loss = add(terms.loss, weight == 1 ? kl : affine(kl, weight));
  return terms;
}

double ElboObjective::expected_grad(int64_t batch) const {
  return 1.0 / (static_cast<double>(batch) * static_cast<double>(options_.num_samples));
}

nlohmann::json ElboObjective::config() const {
  return {{"name", "elbo"},
          {"beta", options_.beta},
          {"kl_warmup_epochs", options_.kl_warmup_epochs},
          {"free_bits", options_.free_bits},
          {"num_samples", options_.num_samples}};
}

}  // namespace latent
