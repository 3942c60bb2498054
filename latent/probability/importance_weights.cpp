#include <latent/probability/importance_weights.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_fields.hpp>

#include <cmath>

namespace latent {

Tensor importance_log_weights(const ObjectiveInputs& inputs) {
  return sub(sub(inputs.sample.log_prior, inputs.sample.log_q), inputs.nll);
}

ObjectiveTerms importance_weighted_terms(const ObjectiveInputs& inputs, const Tensor& log_w) {
  const PosteriorSample& sample = inputs.sample;
  ObjectiveTerms terms;
  if (log_w.ndim() == 2) {
    terms.loss = affine(logsumexp_first(log_w), -1.0, std::log(static_cast<double>(log_w.dim(0))));
  } else {
    terms.loss = neg(log_w);
  }
  // For the log alone: these carry no gradient into the loss.
  terms.reconstruction = mean_over_samples(inputs.nll.detach());
  terms.kl = mean_over_samples(sample.kl.defined() ? sample.kl.detach()
                                                   : sub(sample.log_q.detach(), sample.log_prior.detach()));
  return terms;
}

void check_has_density(const char* objective, const Posterior& posterior) {
  LATENT_CHECK(posterior.has_density(),
               "[{}] needs q(z|x), a density, which posterior '{}' does not have; use posterior 'gaussian'", objective,
               name_in("posterior", *posterior.config()));
}

Tensor mean_over_samples(const Tensor& term) { return term.ndim() == 2 ? mean_first(term) : term; }

}  // namespace latent
