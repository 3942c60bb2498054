#include <latent/probability/tc_objective.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/gaussian.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/choice.hpp>
#include <latent/core/detail/json_fields.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

using Estimator = TcObjective::Estimator;

constexpr auto kEstimators = std::to_array<Choice<Estimator>>({
    {"weighted", Estimator::weighted},
    {"stratified", Estimator::stratified},
});

// The logarithm of the weight of q(z_i|x_j) in q(z_i), at [j, i]: (B B, 1).
Tensor log_weights(int64_t B, int64_t samples, Estimator estimator, DType dtype) {
  const auto N = static_cast<double>(samples), batch = static_cast<double>(B);
  if (estimator == Estimator::weighted || B == 1 || samples <= B) {
    return Tensor::full({B * B, 1}, -std::log(batch * N), dtype);
  }
  std::vector<double> weights(static_cast<size_t>(B * B), -std::log(batch - 1.0));
  for (int64_t i = 0; i < B; ++i) {
    weights[static_cast<size_t>(i * B + i)] = -std::log(N);
    weights[static_cast<size_t>((i + 1) % B * B + i)] = std::log((N - batch + 1.0) / (N * (batch - 1.0)));
  }
  return Tensor::from(weights, {B * B, 1}).to(dtype);
}

}  // namespace

std::unique_ptr<Objective> TcObjective::make(const Json& config, const SlotContext&) {
  const JsonFields fields("objective", *config, {"name", "beta", "estimator"});
  return std::make_unique<TcObjective>(Options{
      .beta = fields.number("beta", 6.0, 0.0, 1e6),
      .estimator = choose("estimator", fields.text("estimator", "weighted"), kEstimators),
  });
}

Tensor TcObjective::total_correlation(const Tensor& z, const GaussianMoments& moments, int64_t samples,
                                      Estimator estimator) {
  const int64_t B = z.dim(0), D = z.dim(1);
  const Tensor log_q = reshape(pairwise_gaussian_log_prob(z, moments.mu, moments.logvar), {B * B, D});  // [j i, d]
  const Tensor weights = log_weights(B, std::max(samples, B), estimator, z.dtype());
  const Tensor of_dims = reshape(add(log_q, weights), {B, B, D});
  const Tensor of_codes = reshape(add(reshape(sum_last(log_q), {B * B, 1}), weights), {B, B});
  return sub(logsumexp_first(of_codes), sum_last(logsumexp_first(of_dims)));
}

ObjectiveTerms TcObjective::combine(const ObjectiveInputs& inputs) const {
  const PosteriorSample& sample = inputs.sample;
  const Tensor tc = total_correlation(sample.z, sample.moments, inputs.training_samples, options_.estimator);
  ObjectiveTerms terms;
  terms.reconstruction = inputs.nll;
  terms.kl = sample.kl;
  terms.loss = add(inputs.nll, sample.kl);
  if (options_.beta != 1.0) terms.loss = add(terms.loss, affine(tc, options_.beta - 1.0));
  terms.terms.push_back({"total_correlation", tc.detach()});
  return terms;
}

void TcObjective::check(const Posterior& posterior, const Prior&) const {
  LATENT_CHECK(posterior.is_gaussian(),
               "[tc] needs q(z|x) as a diagonal Gaussian, which posterior '{}' is not; use posterior 'gaussian'",
               name_in("posterior", *posterior.config()));
}

Json TcObjective::config() const {
  return nlohmann::json{{"name", "tc"},
                        {"beta", options_.beta},
                        {"estimator", kEstimators[static_cast<size_t>(options_.estimator)].name}};
}

}  // namespace latent
