#include <latent/probability/slots.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/json_fields.hpp>
#include <latent/probability/bernoulli_likelihood.hpp>
#include <latent/probability/causal_mixture_likelihood.hpp>
#include <latent/probability/elbo_objective.hpp>
#include <latent/probability/fitted_gaussian_prior.hpp>
#include <latent/probability/gaussian_likelihood.hpp>
#include <latent/probability/gaussian_posterior.hpp>
#include <latent/probability/laplace_likelihood.hpp>
#include <latent/probability/logistic_mixture_likelihood.hpp>
#include <latent/probability/normal_prior.hpp>
#include <latent/probability/point_posterior.hpp>
#include <latent/probability/table_likelihood.hpp>

namespace latent {

namespace {

constexpr auto kPosteriors = std::to_array<Choice<decltype(&make_posterior)>>({
    {"gaussian", GaussianPosterior::make},
    {"none", PointPosterior::make},
});

constexpr auto kPriors = std::to_array<Choice<decltype(&make_prior)>>({
    {"normal", NormalPrior::make},
    {"fitted-gaussian", FittedGaussianPrior::make},
});

// Makes a likelihood, with or without weights of its own.
class MakeLikelihood {
 public:
  using Plain = std::unique_ptr<Likelihood> (*)(const nlohmann::json&);
  using WithWeights = std::unique_ptr<Likelihood> (*)(const nlohmann::json&, Rng&);
  constexpr MakeLikelihood(Plain make) : plain_(make) {}               // NOLINT(google-explicit-constructor)
  constexpr MakeLikelihood(WithWeights make) : with_weights_(make) {}  // NOLINT(google-explicit-constructor)
  std::unique_ptr<Likelihood> operator()(const nlohmann::json& config, Rng& rng) const {
    return with_weights_ != nullptr ? with_weights_(config, rng) : plain_(config);
  }

 private:
  Plain plain_ = nullptr;
  WithWeights with_weights_ = nullptr;
};

constexpr auto kLikelihoods = std::to_array<Choice<MakeLikelihood>>({
    {"bernoulli", BernoulliLikelihood::make},
    {"gaussian", GaussianLikelihood::make},
    {"laplace", LaplaceLikelihood::make},
    {"logistic-mixture", LogisticMixtureLikelihood::make},
    {"causal-mixture", CausalMixtureLikelihood::make},
    {"table", TableLikelihood::make},
});

constexpr auto kObjectives = std::to_array<Choice<decltype(&make_objective)>>({
    {"elbo", ElboObjective::make},
});

constexpr auto kPosteriorNames = names_of(kPosteriors);
constexpr auto kPriorNames = names_of(kPriors);
constexpr auto kLikelihoodNames = names_of(kLikelihoods);
constexpr auto kObjectiveNames = names_of(kObjectives);

}  // namespace

std::unique_ptr<Posterior> make_posterior(const nlohmann::json& config, int64_t features, int64_t latent_dim,
                                          Rng& rng) {
  return choose("posterior", name_in("posterior", config), kPosteriors)(config, features, latent_dim, rng);
}

std::unique_ptr<Prior> make_prior(const nlohmann::json& config, int64_t latent_dim) {
  return choose("prior", name_in("prior", config), kPriors)(config, latent_dim);
}

std::unique_ptr<Likelihood> make_likelihood(const nlohmann::json& config, Rng& rng) {
  return choose("likelihood", name_in("likelihood", config), kLikelihoods)(config, rng);
}

std::unique_ptr<Likelihood> make_likelihood(const nlohmann::json& config) {
  Rng rng(0);
  return make_likelihood(config, rng);
}

std::unique_ptr<Objective> make_objective(const nlohmann::json& config) {
  return choose("objective", name_in("objective", config), kObjectives)(config);
}

std::span<const std::string_view> posterior_names() { return kPosteriorNames; }
std::span<const std::string_view> prior_names() { return kPriorNames; }
std::span<const std::string_view> likelihood_names() { return kLikelihoodNames; }
std::span<const std::string_view> objective_names() { return kObjectiveNames; }

}  // namespace latent
