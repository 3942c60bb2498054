#include <latent/probability/slots.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/bernoulli_likelihood.hpp>
#include <latent/probability/causal_mixture_likelihood.hpp>
#include <latent/probability/dreg_objective.hpp>
#include <latent/probability/elbo_objective.hpp>
#include <latent/probability/fitted_gaussian_prior.hpp>
#include <latent/probability/fsq_posterior.hpp>
#include <latent/probability/gaussian_likelihood.hpp>
#include <latent/probability/gaussian_posterior.hpp>
#include <latent/probability/iwae_objective.hpp>
#include <latent/probability/laplace_likelihood.hpp>
#include <latent/probability/logistic_mixture_likelihood.hpp>
#include <latent/probability/mixture_prior.hpp>
#include <latent/probability/mmd_objective.hpp>
#include <latent/probability/normal_prior.hpp>
#include <latent/probability/scaled_normal_prior.hpp>
#include <latent/probability/point_posterior.hpp>
#include <latent/probability/table_likelihood.hpp>
#include <latent/probability/tc_objective.hpp>
#include <latent/probability/vamp_prior.hpp>
#include <latent/probability/vq_posterior.hpp>
#include <latent/probability/wave_likelihood.hpp>

namespace latent {

namespace {

// A name, and what makes the choice of that name.
template <class Slot>
using SlotChoice = Choice<std::unique_ptr<Slot> (*)(const Json&, const SlotContext&)>;

constexpr auto kPosteriors = std::to_array<SlotChoice<Posterior>>({
    {"gaussian", GaussianPosterior::make},
    {"none", PointPosterior::make},
    {"vq", VqPosterior::make},
    {"fsq", FsqPosterior::make},
});

constexpr auto kPriors = std::to_array<SlotChoice<Prior>>({
    {"normal", NormalPrior::make},
    {"scaled-normal", ScaledNormalPrior::make},
    {"fitted-gaussian", FittedGaussianPrior::make},
    {"mixture", MixturePrior::make},
    {"vamp", VampPrior::make},
});

constexpr auto kLikelihoods = std::to_array<SlotChoice<Likelihood>>({
    {"bernoulli", BernoulliLikelihood::make},
    {"gaussian", GaussianLikelihood::make},
    {"laplace", LaplaceLikelihood::make},
    {"logistic-mixture", LogisticMixtureLikelihood::make},
    {"causal-mixture", CausalMixtureLikelihood::make},
    {"table", TableLikelihood::make},
    {"wave", WaveLikelihood::make},
});

constexpr auto kObjectives = std::to_array<SlotChoice<Objective>>({
    {"elbo", ElboObjective::make},
    {"iwae", IwaeObjective::make},
    {"dreg", DregObjective::make},
    {"tc", TcObjective::make},
    {"mmd", MmdObjective::make},
});

constexpr auto kPosteriorNames = names_of(kPosteriors);
constexpr auto kPriorNames = names_of(kPriors);
constexpr auto kLikelihoodNames = names_of(kLikelihoods);
constexpr auto kObjectiveNames = names_of(kObjectives);

}  // namespace

void SlotContext::check_elements(std::string_view what, double elements) const {
  LATENT_CHECK(elements <= static_cast<double>(max_elements), "[{}] needs {:.0f} weights, more than the {} allowed",
               what, elements, max_elements);
}

std::unique_ptr<Posterior> make_posterior(const Json& config, const SlotContext& context) {
  return choose("posterior", name_in("posterior", *config), kPosteriors)(config, context);
}

std::unique_ptr<Prior> make_prior(const Json& config, const SlotContext& context) {
  return choose("prior", name_in("prior", *config), kPriors)(config, context);
}

std::unique_ptr<Likelihood> make_likelihood(const Json& config, const SlotContext& context) {
  return choose("likelihood", name_in("likelihood", *config), kLikelihoods)(config, context);
}

std::unique_ptr<Objective> make_objective(const Json& config, const SlotContext& context) {
  return choose("objective", name_in("objective", *config), kObjectives)(config, context);
}

std::span<const std::string_view> posterior_names() { return kPosteriorNames; }
std::span<const std::string_view> prior_names() { return kPriorNames; }
std::span<const std::string_view> likelihood_names() { return kLikelihoodNames; }
std::span<const std::string_view> objective_names() { return kObjectiveNames; }

}  // namespace latent
