#pragma once
// LatentModel: the one interface of everything that has a latent space.

#include <latent/core/json.hpp>
#include <latent/models/network.hpp>
#include <latent/nn/optimization.hpp>
#include <latent/probability/slots.hpp>

#include <functional>
#include <optional>

namespace latent {

/// What training feeds to a model at once.
struct Batch {
  Tensor x;                     ///< (N, ...) of the model's data_dtype(), what it should explain
  Tensor input;                 ///< (N, ...) f32, what the encoder sees; undefined means x (a denoiser sees damage)
  std::vector<int64_t> labels;  ///< N class numbers, -1 where unknown; empty for data without labels
  int64_t size() const { return x.dim(0); }
};

/// What a loss may depend on besides its batch.
struct StepContext {
  Rng& rng;
  nn::Mode mode = nn::Mode::train;
  double epoch = 0.0;            ///< epochs done, with fraction
  int64_t training_samples = 0;  ///< in the whole set; 0 where it is not known
};

/// A loss and its parts, for each sample, in nats, summed over the dimensions of a sample.
struct LossTerms {
  Tensor loss;                   ///< (N), with gradients; training minimises its mean
  std::vector<NamedTerm> terms;  ///< "reconstruction", "kl", ...
  Tensor kl_per_dim;             ///< (D), mean over the batch; undefined where the model has none
};

/// One kind of step: its own parameters, loss, optimizer and rate. Most models have one phase; a GAN has two.
struct Phase {
  std::string name;  ///< in the log ("critic.loss") and in checkpoints; letters, digits, '-' and '_'
  std::vector<nn::NamedTensor> parameters;
  std::function<LossTerms(const Batch&, const StepContext&)> loss;
  /// Updates in a round. A round is as many batches as the phase with most updates has; a phase takes part in the last
  /// `steps` of them, after the phases before it. (critic 5, generator 1: five batches teach the critic, the last of
  /// them the generator, too.) Rounds go on across the ends of epochs.
  int64_t steps = 1;
  /// Its settings, made from those that the run was started with; null: those of the run.
  /// [](UpdateOptions run) { run.optimizer.lr *= 4; run.optimizer.beta1 = 0; return run; }
  std::function<UpdateOptions(const UpdateOptions& run)> update = {};
};

/// How many samples a network should see at once outside of training: `most`, or for large samples as many as keep its
/// layers' results within some hundred megabytes.
int64_t samples_at_once(const Shape& sample, int64_t most);

class LatentModel;
/// Whether a set's samples are what the model takes.
/// @param who, what  for the message: "trainer", "training samples"
/// @throws std::invalid_argument otherwise, in one line with both shapes and types
void check_samples(const char* who, const std::string& what, const LatentModel& model, const Shape& shape, DType dtype);

/// Everything that a trained thing can do. encode, decode and sample_prior are const and safe from many threads at
/// once.
class LatentModel : public nn::Module {
 public:
  /// "vae", "ae", ... as in config()["model"]; for messages.
  virtual std::string kind() const = 0;
  /// The shape of one sample: (D), (C, L), (C, H, W), ...
  virtual Shape data_shape() const = 0;
  /// The type of a sample's values: f32, or of models of ids and symbols i32 or u8. What is said of x (N, ...) f32
  /// below is then of that type.
  virtual DType data_dtype() const { return DType::f32; }
  /// Dimensions of a code.
  virtual int64_t latent_dim() const = 0;

  virtual bool has_encoder() const { return true; }
  /// Whether encode() searches for each code, which takes hundreds of times as long as one pass of a network.
  virtual bool encodes_by_search() const { return false; }
  virtual bool has_decoder() const { return true; }
  /// Whether log p(x) can be bounded: -ELBO, the IWAE bound.
  virtual bool has_likelihood() const { return false; }

  /// q(z|x), N distributions over codes (D). @param x (N, ...) f32
  /// @throws std::invalid_argument if the model has no encoder, or x has the wrong shape
  virtual std::unique_ptr<Distribution> encode(const Tensor& x) const;
  /// p(x|z), N distributions over data. @param z (N, D) f32
  /// @throws std::invalid_argument if the model has no decoder, or z has the wrong shape
  virtual std::unique_ptr<Distribution> decode(const Tensor& z) const;
  /// (n, D) codes from the prior.
  virtual Tensor sample_prior(int64_t n, Rng& rng) const;
  /// (D) f32: the standard deviations of a prior N(0, diag(s^2)), in units of which codes count; undefined for all
  /// other priors, N(0, I) among them.
  virtual Tensor code_scales() const { return {}; }
  /// Whether sample_prior() draws from N(0, I), or N(0, diag(s^2)) with s = code_scales().
  virtual bool has_normal_prior() const { return false; }

  /// Whether clean() has a way of its own beside the code (skip connections).
  virtual bool has_skips() const { return false; }
  /// What the model takes for the clean version of damaged samples: by its own way, or the mean of p(x|z) at the mean
  /// of q(z|x). @param x (N, ...) f32   @return (N, ...) f32
  virtual Tensor clean(const Tensor& x) const { return decode(encode(x)->mean())->mean(); }

  /// What start_from_axes() would have the principal axes of: (N, ...) -> (N, d). Undefined for a model that starts
  /// from random weights alone, as most do.
  virtual Tensor linear_view(const Tensor& x) const {
    static_cast<void>(x);
    return {};
  }
  /// Before training: the model becomes the linear one that explains the data best.
  /// @param axes  of linear_view() of the training samples; at most latent_dim of them
  virtual void start_from_axes(const PrincipalAxes& axes) { static_cast<void>(axes); }

  /// The terms of the training loss; in eval mode, of the bound itself (beta = 1, no warm-up, no free bits).
  virtual LossTerms loss(const Batch& batch, const StepContext& context) const = 0;
  /// log p(x) >= the importance-weighted bound with K samples (Burda et al. 2016, arXiv:1509.00519), nats.
  /// @return (N)   @throws std::invalid_argument if the model has no likelihood
  virtual Tensor importance_weighted_bound(const Tensor& x, int64_t num_samples, Rng& rng) const;

  /// What the encoder makes of samples, for those who ask more than one question about the same samples: the functions
  /// below answer as encode(), loss() and importance_weighted_bound() do, without another pass of the encoder.
  /// A model that does not override them encodes again.
  /// @param x (N, ...) f32   @return N rows of whatever the model's posterior takes; without gradients
  /// @throws std::invalid_argument as encode()
  virtual Tensor features(const Tensor& x) const { return x; }
  virtual std::unique_ptr<Distribution> encode_from(const Tensor& features) const;
  /// In eval mode.
  virtual LossTerms loss_from(const Tensor& features, const Batch& batch, Rng& rng) const;
  virtual Tensor importance_weighted_bound_from(const Tensor& features, const Tensor& x, int64_t num_samples,
                                                Rng& rng) const;

  /// Entries of each codebook that codes are made of; 0 for a model without codebooks.
  virtual int64_t codebook_size() const { return 0; }
  /// Which entry of each of its M codebooks a code is made of: (N, D) -> (N, M) i64; undefined without codebooks.
  virtual Tensor code_indices(const Tensor& z) const {
    static_cast<void>(z);
    return {};
  }

  /// The kinds of steps of training, in their order. Called once, when training begins or goes on from a checkpoint;
  /// names, order, parameters and steps must follow from config(). What a loss does to the parameters of other phases
  /// is thrown away. The default is one phase with all parameters and loss().
  virtual std::vector<Phase> phases();
  /// Called once with the codes of the training data when training ends; fills what is fitted rather than trained.
  virtual void finish(const Tensor& codes) { static_cast<void>(codes); }
  virtual bool needs_finish() const { return false; }
  /// Whether x must lie in [0, 1].
  virtual bool needs_unit_interval() const { return false; }
  /// Whether generated data must be drawn from p(x|z), because the means of its likelihood are no samples.
  virtual bool samples_are_draws() const { return false; }
  /// What kind of values the likelihood is of.
  virtual Values values() const { return Values::continuous; }
  /// Whether decode(z)->mean() is an expectation, whose squared error can be compared with that of other methods.
  virtual bool has_exact_mean() const { return true; }

  /// Everything that make_model() needs to rebuild this model but its weights.
  virtual Json config() const = 0;
};

}  // namespace latent
