#pragma once
// The slots of a latent-variable model: posterior, prior, likelihood and objective. Any choice in one works with any
// choice in the others, or is refused with one clear line when the model is put together.

#include <latent/core/json.hpp>
#include <latent/nn/module.hpp>
#include <latent/probability/distribution.hpp>
#include <latent/probability/slot_context.hpp>

#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace latent {

class Prior;

/// A figure for each sample, for the log: "kl", "perplexity".
struct NamedTerm {
  const char* name = "";
  Tensor value;  ///< (N), without gradients
};

/// What an objective asks of the draws of codes; all else is left out, because it costs time.
struct SampleNeeds {
  int64_t num_samples = 1;         ///< K, codes drawn for each input
  bool log_probs = false;          ///< log q(z|x) and log p(z) at the samples, also where KL has a closed form
  bool moments = false;            ///< mean and log variance of q(z|x)
  bool weighted_gradient = false;  ///< PosteriorSample::gradient_weights, and log q(z|x) as a function of z alone
};

/// Mean and log variance of diagonal Gaussians.
struct GaussianMoments {
  Tensor mu, logvar;  ///< (N, D); undefined for distributions of another form
};

/// What an objective needs to know of one pass through the posterior. (K, N) is (N) with K = 1.
struct PosteriorSample {
  Tensor z;                 ///< (N, D), or (K, N, D) when K > 1 samples were asked for
  Tensor kl_per_dim;        ///< (N, D) in nats where KL is known for each dimension in closed form; undefined otherwise
  Tensor kl;                ///< (N) in closed form where there is one, or else log q(z|x) - log p(z) at the samples:
                            ///< (K, N); undefined for a posterior without KL (`none`)
  Tensor log_q, log_prior;  ///< (K, N), log q(z|x) and log p(z); defined if asked for
  GaussianMoments moments;  ///< defined if asked for
  /// (K, N): the gradient that flows to z from the decoder, log_prior and log_q is multiplied by it. Defined if asked
  /// for, and filled by the objective before backward().
  Tensor gradient_weights;
  Tensor penalty;                ///< (N), what else must be minimised (VQ's commitment); undefined for none
  std::vector<NamedTerm> terms;  ///< what else is worth a line in the log
};

/// q(z|x): from an encoder's features to a distribution over codes.
class Posterior : public nn::Module {
 public:
  /// The distribution over codes. @param h (N, features)
  virtual std::unique_ptr<Distribution> distribution(const Tensor& h) const = 0;
  /// Draws codes with gradients, and what it costs to name them under `prior`. As with layers, in nn::Mode::train
  /// buffers may change (a codebook); in nn::Mode::eval nothing does, and many threads may ask at once.
  virtual PosteriorSample sample(const Tensor& h, const Prior& prior, const SampleNeeds& needs, Rng& rng,
                                 nn::Mode mode) const = 0;
  /// Whether the posterior has a density, so that -ELBO and the IWAE bound mean something.
  virtual bool has_density() const = 0;
  /// Mean and log variance with gradients, of a posterior that is a diagonal Gaussian; undefined for others.
  virtual GaussianMoments moments(const Tensor& h) const {
    static_cast<void>(h);
    return {};
  }
  virtual bool is_gaussian() const { return false; }
  /// The codes nearest to z that the posterior can give: z itself, but for a posterior with a codebook.
  /// @param z (N, D)
  virtual Tensor nearest_codes(const Tensor& z) const { return z; }
  /// For a posterior with codebooks: which entry of each of its M codebooks a code is made of, (N, D) -> (N, M) i64;
  /// undefined for others.
  virtual Tensor code_indices(const Tensor& z) const {
    static_cast<void>(z);
    return {};
  }
  /// Entries of each codebook; 0 for a posterior without.
  virtual int64_t codebook_size() const { return 0; }
  /// Before training: the code is the first D features as they are, with these log variances (D) where the posterior
  /// has any; the other features add nothing yet.
  virtual void start_from_features(std::span<const float> logvar) { static_cast<void>(logvar); }
  /// {"name": "gaussian", ...}
  virtual Json config() const = 0;
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
  /// (D) f32: the standard deviations s of a prior N(0, diag(s^2)), for which KL is in closed form, too; undefined for
  /// others and for N(0, I).
  virtual Tensor scales() const { return {}; }
  bool is_diagonal_normal() const { return is_standard_normal() || scales().defined(); }
  /// Before training: codes start as coordinates along axes on which the data has these variances, the largest first. A
  /// prior with scales() takes them in.
  virtual void start_from_variances(std::span<const double> variances) { static_cast<void>(variances); }
  /// Takes in the codes of the training data, once, after training (a fitted prior); most priors ignore them.
  /// @param codes (N, D)
  virtual void fit(const Tensor& codes) { static_cast<void>(codes); }
  /// Whether fit() must be called before the model is complete.
  virtual bool needs_fit() const { return false; }
  /// The way from data (n, ...) to q(z|x), with gradients; n is of the prior's choice.
  using Encode = std::function<GaussianMoments(const Tensor& x)>;
  /// Called once by a model with a Gaussian posterior, for priors that are made of posteriors (`vamp`).
  virtual void set_encoder(const Encode&) {}
  virtual bool needs_encoder() const { return false; }
  virtual Json config() const = 0;
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
  virtual void calibrate(const Tensor& params, const Tensor& x) { static_cast<void>(params), static_cast<void>(x); }
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
  /// Whether values are numbers, each column with a scale of its own, even where they are stored as bytes.
  virtual bool takes_numbers() const { return false; }
  virtual Json config() const = 0;
};

/// One batch, seen by likelihood and posterior.
struct ObjectiveInputs {
  Tensor nll;  ///< (N), or (K, N): -log p(x|z)
  const PosteriorSample& sample;
  const Prior& prior;
  Rng& rng;
  double epoch = 0.0;            ///< epochs done, with fraction: schedules depend on it
  int64_t training_samples = 0;  ///< in the whole set; 0 where it is not known
};

/// What is minimised, and its parts.
struct ObjectiveTerms {
  Tensor loss;                   ///< (N), with gradients; training minimises its mean
  Tensor reconstruction;         ///< (N), -log p(x|z)
  Tensor kl;                     ///< (N), undefined without KL
  std::vector<NamedTerm> terms;  ///< what else is worth a line in the log: "total_correlation"
};

class Objective {
 public:
  virtual ~Objective() = default;
  virtual SampleNeeds needs() const { return {}; }
  virtual ObjectiveTerms combine(const ObjectiveInputs& inputs) const = 0;
  /// What the derivative of the batch's mean loss by each nll will most likely be, or 0 where nobody knows: passed to
  /// the likelihood as expected_grad.
  virtual double expected_grad(int64_t batch) const { return 1.0 / static_cast<double>(batch); }
  /// @throws std::invalid_argument in one line, with advice, if the objective makes no sense with these
  virtual void check(const Posterior& posterior, const Prior& prior) const {
    static_cast<void>(posterior), static_cast<void>(prior);
  }
  /// Whether it draws the codes of all samples towards p(z) by itself, without a KL for each sample.
  virtual bool matches_prior() const { return false; }
  virtual Json config() const = 0;
};

/// Makes a slot from its JSON: {"name": "gaussian", "scale": 1.0}. A choice is added with one line in slots.cpp.
/// @throws std::invalid_argument for an unknown name (with the nearest valid one) or a value out of range
std::unique_ptr<Posterior> make_posterior(const Json& config, const SlotContext& context);
std::unique_ptr<Prior> make_prior(const Json& config, const SlotContext& context);
std::unique_ptr<Likelihood> make_likelihood(const Json& config, const SlotContext& context);
std::unique_ptr<Objective> make_objective(const Json& config, const SlotContext& context);

/// The valid names of each slot, for help texts.
std::span<const std::string_view> posterior_names();
std::span<const std::string_view> prior_names();
std::span<const std::string_view> likelihood_names();
std::span<const std::string_view> objective_names();

}  // namespace latent
