#pragma once
// The slots of a latent-variable model: posterior, prior, likelihood and objective. Any choice in one works with any
// choice in the others, or is refused with one clear line when the model is put together.

#include <latent/nn/module.hpp>
#include <latent/probability/distribution.hpp>

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string_view>

namespace latent {

class Prior;

/// What an objective needs to know of one pass through the posterior.
struct PosteriorSample {
  Tensor z;           ///< (N, D), or (K, N, D) when K > 1 samples were asked for
  Tensor kl_per_dim;  ///< (N, D) in nats where KL is known for each dimension in closed form; undefined otherwise
  Tensor kl;          ///< (N) in closed form where there is one, or else log q(z|x) - log p(z) at the samples: (N), or
                      ///< (K, N) when K > 1; undefined for a posterior without KL (`none`)
  Tensor penalty;     ///< (N), what else must be minimised (VQ's commitment); undefined for none
};

/// q(z|x): from an encoder's features to a distribution over codes.
class Posterior : public nn::Module {
 public:
  /// The distribution over codes. @param h (N, features)
  virtual std::unique_ptr<Distribution> distribution(const Tensor& h) const = 0;
  /// Draws codes with gradients, and what it costs to name them under `prior`. @param num_samples K >= 1
  virtual PosteriorSample sample(const Tensor& h, const Prior& prior, int64_t num_samples, Rng& rng,
                                 nn::Mode mode) const = 0;
  /// Whether the posterior has a density, so that -ELBO and the IWAE bound mean something.
  virtual bool has_density() const = 0;
  /// Before training: the code is the first D features as they are, with these log variances (D) where the posterior has
  /// any; the other features add nothing yet.
  virtual void start_from_features(std::span<const float> logvar) { static_cast<void>(logvar); }
  /// {"name": "gaussian", ...}
  virtual nlohmann::json config() const = 0;
};

/// p(z).
class Prior : public nn::Module {
 public:
  /// (n, D). @throws std::invalid_argument with a clear line if the prior has first to be fitted
  virtual Tensor sample(int64_t n, Rng& rng) const = 0;
  /// (..., D) -> (...), nats, with gradients.
  virtual Tensor log_prob(const Tensor& z) const = 0;
  /// Whether p(z) = N(0, I), for which a Gaussian posterior has KL in closed form.
  virtual bool is_standard_normal() const { return false; }
  /// Takes in the codes of the training data, once, after training (a fitted prior); most priors ignore them.
  /// @param codes (N, D)
  virtual void fit(const Tensor& codes) { static_cast<void>(codes); }
  /// Whether fit() must be called before the model is complete.
  virtual bool needs_fit() const { return false; }
  virtual nlohmann::json config() const = 0;
};

/// p(x|z): from a decoder's output to a distribution over data.
class Likelihood : public nn::Module {
 public:
  /// Decoder outputs for each value of a sample (1, or 2 with a learned scale for each pixel, ...).
  virtual int64_t outputs_per_value() const { return 1; }
  /// @param params (N, ...) the decoder's raw output: logits or means
  virtual std::unique_ptr<Distribution> distribution(const Tensor& params) const = 0;
  /// -log p(x|z) for each sample, nats, with gradients -> (N).
  /// @param x              (N, ...), same shape as params
  /// @param expected_grad  see autograd/likelihood.hpp
  virtual Tensor nll(const Tensor& params, const Tensor& x, double expected_grad = 0.0) const = 0;
  /// Called in training with each batch, before its nll(): fits what has a closed optimum given the decoder (a scale)
  /// rather than a gradient. Like batch statistics, it changes the likelihood's state; evaluation never calls it.
  virtual void calibrate(const Tensor& params, const Tensor& x) const {
    static_cast<void>(params), static_cast<void>(x);
  }
  /// What kind of values p(x|z) is a density or mass of: nats of different kinds do not compare.
  virtual Values values() const { return Values::continuous; }
  /// Whether the mean of p(x|z) is an expectation, whose squared error can be compared with that of other methods.
  virtual bool has_exact_mean() const { return true; }
  /// Whether `params` are the means of x, so that something linear can compute them.
  virtual bool takes_means() const { return false; }
  /// Whether x must lie in [0, 1].
  virtual bool needs_unit_interval() const { return false; }
  /// Whether a mean is no sample: halves of a class, a level between two levels. What is generated is then drawn.
  virtual bool samples_are_draws() const { return false; }
  /// @throws std::invalid_argument if the likelihood is not for samples of this shape, (D) or (C, H, W)
  virtual void check_data_shape(const Shape& shape) const { static_cast<void>(shape); }
  virtual nlohmann::json config() const = 0;
};

/// Where training stands: schedules of an objective depend on it.
struct Progress {
  double epoch = 0.0;  ///< epochs done, with fraction
};

/// The terms of one batch, from likelihood and posterior, put together into what is minimised.
struct ObjectiveTerms {
  Tensor loss;            ///< (N), with gradients; training minimises its mean
  Tensor reconstruction;  ///< (N), -log p(x|z)
  Tensor kl;              ///< (N), undefined without KL
};

class Objective {
 public:
  virtual ~Objective() = default;
  /// K, samples of z per input.
  virtual int64_t num_samples() const { return 1; }
  /// @param nll     (N), or (K, N)
  virtual ObjectiveTerms combine(const Tensor& nll, const PosteriorSample& posterior,
                                 const Progress& progress) const = 0;
  /// What the derivative of the batch's mean loss by each nll will most likely be: passed to the likelihood as
  /// expected_grad.
  virtual double expected_grad(int64_t batch) const { return 1.0 / static_cast<double>(batch); }
  virtual nlohmann::json config() const = 0;
};

/// Makes a slot from its JSON: {"name": "gaussian", "scale": 1.0}. A choice is added with one line in slots.cpp.
/// @throws std::invalid_argument for an unknown name (with the nearest valid one) or a value out of range
std::unique_ptr<Posterior> make_posterior(const nlohmann::json& config, int64_t features, int64_t latent_dim, Rng& rng);
std::unique_ptr<Prior> make_prior(const nlohmann::json& config, int64_t latent_dim);
/// @param rng  of initial weights, of likelihoods that have any
std::unique_ptr<Likelihood> make_likelihood(const nlohmann::json& config, Rng& rng);
/// With initial weights from Rng(0): for likelihoods that have none, or get theirs from a file.
std::unique_ptr<Likelihood> make_likelihood(const nlohmann::json& config);
std::unique_ptr<Objective> make_objective(const nlohmann::json& config);

/// The valid names of each slot, for help texts.
std::span<const std::string_view> posterior_names();
std::span<const std::string_view> prior_names();
std::span<const std::string_view> likelihood_names();
std::span<const std::string_view> objective_names();

}  // namespace latent
