#pragma once
// A VAE said in types: what make_model() takes as JSON, for programs that build their models themselves.

#include <latent/core/shape.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace latent {

/// What can stand in each slot, with its settings and their defaults. The names in files and on the command line are
/// those of network_names(), posterior_names(), prior_names(), likelihood_names() and objective_names().
namespace slots {

// Networks
struct Mlp {
  std::vector<int64_t> hidden = {400};  ///< width of each hidden layer
  std::string activation = "relu";      ///< relu, leaky_relu, elu, gelu, silu or tanh
  std::string normalization = "none";   ///< none, batch or group
};
struct Conv {
  std::vector<int64_t> channels = {32, 64};  ///< channels of each convolution; each halves height and width
  int64_t kernel = 4, stride = 2;
  std::vector<int64_t> hidden = {256};  ///< widths of the layers behind them
  std::string activation = "relu", normalization = "none";
};
struct ResNet {
  std::vector<int64_t> channels = {};  ///< channels of each level; empty: by the size of the images
  int64_t blocks = 1;                  ///< residual blocks in each level
  bool linear = true;                  ///< whether it adds to principal components
};

// Posteriors
struct Gaussian {};
struct Point {};  ///< "none": a plain autoencoder
struct VectorQuantized {
  int64_t entries = 256;                  ///< entries of each codebook
  std::optional<int64_t> codebooks = {};  ///< as many as suit the code
};

// Priors
struct Normal {};
struct ScaledNormal {};    ///< as wide along each dimension as the data: for networks that start from principal axes
struct FittedGaussian {};  ///< fitted to the codes after training: for plain autoencoders
struct MixtureOfGaussians {
  int64_t components = 100;
};
struct Vamp {
  int64_t components = 500;  ///< pseudo-inputs
};

// Likelihoods
struct Bernoulli {};
struct GaussianNoise {
  std::optional<double> scale = 1.0;  ///< standard deviation; nothing: learned
};
struct LaplaceNoise {
  double scale = 1.0;
};
struct LogisticMixture {
  int64_t components = 10;
};
struct TableColumns {};  ///< one of its own for each column

// Objectives
struct Elbo {
  double beta = 1.0;              ///< weight of the KL
  double kl_warmup_epochs = 0.0;  ///< in which that weight rises from 0
  double free_bits = 0.0;         ///< nats of KL in each dimension that cost nothing
};
struct Iwae {
  int64_t num_samples = 5;
};
struct Dreg {
  int64_t num_samples = 5;
};
struct TotalCorrelation {
  double beta = 6.0;
};
struct Mmd {
  double alpha = 1.0, lambda = 1000.0;
};

using Network = std::variant<Mlp, Conv, ResNet>;
using Posterior = std::variant<Gaussian, Point, VectorQuantized>;
using Prior = std::variant<Normal, ScaledNormal, FittedGaussian, MixtureOfGaussians, Vamp>;
using Likelihood = std::variant<Bernoulli, GaussianNoise, LaplaceNoise, LogisticMixture, TableColumns>;
using Objective = std::variant<Elbo, Iwae, Dreg, TotalCorrelation, Mmd>;

}  // namespace slots

/// All of a Vae but its weights.
struct VaeOptions {
  Shape data_shape;  ///< (D) or (C, H, W)
  int64_t latent_dim = 20;
  slots::Network network = slots::Mlp{};
  slots::Posterior posterior = slots::Gaussian{};
  /// Without one: normal, or for a posterior without a density fitted to the codes.
  std::optional<slots::Prior> prior = {};
  slots::Likelihood likelihood = slots::Bernoulli{};
  slots::Objective objective = slots::Elbo{};
};

}  // namespace latent
