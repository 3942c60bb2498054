#include <latent/probability/elbo_objective.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/importance_weights.hpp>

#include <algorithm>

namespace latent {

std::unique_ptr<Objective> ElboObjective::make(const Json& config, const SlotContext&) {
  const JsonFields fields("objective", *config, {"name", "beta", "kl_warmup_epochs", "free_bits", "num_samples"});
  return std::make_unique<ElboObjective>(Options{
      .beta = fields.number("beta", 1.0, 0.0, 1e6),
      .kl_warmup_epochs = fields.number("kl_warmup_epochs", 0.0, 0.0, 1e6),
      .free_bits = fields.number("free_bits", 0.0, 0.0, 1e6),
      .num_samples = fields.integer("num_samples", 1, 1, 1024),
  });
}

double ElboObjective::kl_weight(double epoch) const {
  if (options_.kl_warmup_epochs <= 0) return options_.beta;
  return options_.beta * std::clamp(epoch / options_.kl_warmup_epochs, 0.0, 1.0);
}

ObjectiveTerms ElboObjective::combine(const ObjectiveInputs& inputs) const {
  const PosteriorSample& sample = inputs.sample;
  ObjectiveTerms terms;
  terms.reconstruction = mean_over_samples(inputs.nll);
  terms.loss = terms.reconstruction;
  if (sample.penalty.defined()) terms.loss = add(terms.loss, sample.penalty);
  if (!sample.kl.defined()) return terms;

  terms.kl = mean_over_samples(sample.kl);
  const double weight = kl_weight(inputs.epoch);
  // Left out rather than multiplied by zero: a KL that overflowed must not become NaN here.
  if (weight == 0) return terms;
  Tensor kl = terms.kl;  // (N)
  if (options_.free_bits > 0) {
    LATENT_CHECK(sample.kl_per_dim.defined(),
                 "[elbo] free_bits needs the KL of each dimension, which this posterior and prior do not have");
    // One value for the batch, added to each sample: its mean over the batch is itself.
    kl = sum(clamp_min(mean_first(sample.kl_per_dim), options_.free_bits));
  }
  terms.loss = add(terms.loss, weight == 1 ? kl : affine(kl, weight));
  return terms;
}

double ElboObjective::expected_grad(int64_t batch) const {
  return 1.0 / (static_cast<double>(batch) * static_cast<double>(options_.num_samples));
}

void ElboObjective::check(const Posterior& posterior, const Prior& prior) const {
  const bool is_plain = options_.beta == 1.0 && options_.kl_warmup_epochs == 0.0 && options_.free_bits == 0.0 &&
                        options_.num_samples == 1;
  LATENT_CHECK(is_plain || posterior.has_density(),
               "[elbo] beta, kl_warmup_epochs, free_bits and num_samples need a KL or noise, which posterior '{}' does "
               "not have; leave them out, or use posterior 'gaussian'",
               name_in("posterior", *posterior.config()));
  LATENT_CHECK(options_.free_bits == 0.0 || (posterior.is_gaussian() && prior.is_diagonal_normal()),
               "[elbo] free_bits needs the KL of each dimension in closed form: use posterior 'gaussian' and prior "
               "'normal'");
}

Json ElboObjective::config() const {
  return nlohmann::json{{"name", "elbo"},
                        {"beta", options_.beta},
                        {"kl_warmup_epochs", options_.kl_warmup_epochs},
                        {"free_bits", options_.free_bits},
                        {"num_samples", options_.num_samples}};
}

}  // namespace latent
