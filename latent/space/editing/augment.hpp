#pragma once
// Augmentation: new codes near those of given samples, with their labels.

#include <latent/core/rng.hpp>
#include <latent/core/tensor.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace latent::space {

enum class AugmentMethod : uint8_t {
  posterior,  ///< draws from q(z|x) of a given sample
  neighbors   ///< points between a given sample and one of its nearest neighbours of the same class
};
/// "posterior" or "neighbors". @throws std::invalid_argument for others, with the nearest
AugmentMethod augment_method_from(std::string_view name);
std::string_view name_of(AugmentMethod method);

/// How many new samples each class gets.
enum class Balance : uint8_t {
  proportional,  ///< its share of the given samples
  equal          ///< as many as every other class
};
/// "proportional" or "equal". @throws std::invalid_argument for others, with the nearest
Balance balance_from(std::string_view name);
std::string_view name_of(Balance balance);

struct AugmentOptions {
  int64_t count = 1000;  ///< new samples, at least 1
  AugmentMethod method = AugmentMethod::posterior;
  double spread = 1.0;    ///< posterior: factor of the standard deviation, > 0
  int64_t neighbors = 5;  ///< neighbors: how many of the nearest may be taken; all others of a class that has fewer
  Balance balance = Balance::proportional;
};

/// New codes, class by class in ascending order of the labels, and where each comes from.
struct Augmented {
  Tensor codes;                   ///< (n, D) f32
  std::vector<int64_t> labels;    ///< n, each that of its source; empty without labels
  std::vector<int64_t> sources;   ///< n rows of the given codes
  std::vector<int64_t> partners;  ///< n rows that a source was mixed with; empty for draws from posteriors
};

/// `options.count` new codes from N given ones. Every given code of a class is used once before any is used again.
///   posterior  z = mu + spread * stddev * eps, eps ~ N(0, I)
///   neighbors  z = mu_i + u (mu_j - mu_i), u ~ U[0, 1), j one of the k nearest of i within its class
/// Without labels all samples are of one class. The same seed gives the same bits at any number of threads.
/// Source of `neighbors`: Chawla et al. 2002, arXiv:1106.1813 (SMOTE), here on codes.
/// @param codes   (N, D) f32 posterior means, finite
/// @param stddev  (N, D) f32 posterior standard deviations; looked at for draws from posteriors only
/// @param labels  N class numbers, or empty; samples with negative (unknown) labels are left out
/// @throws std::invalid_argument for other shapes, options out of range, no labelled sample, for `posterior` stddev of
///         zeros (a plain autoencoder's: every draw would be a copy), for `neighbors` a class with one sample
Augmented augment(const Tensor& codes, const Tensor& stddev, std::span<const int64_t> labels,
                  const AugmentOptions& options, Rng& rng);

}  // namespace latent::space
