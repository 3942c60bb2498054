#pragma once
// Distributions over codes or over data, one for each row of a batch.

#include <latent/core/rng.hpp>
#include <latent/core/tensor.hpp>

#include <memory>

namespace latent {

/// What a likelihood takes values for.
enum class Values : uint8_t {
  continuous,  ///< real numbers, of which it gives a density
  bits,        ///< 0 or 1: the mass of a Bernoulli variable, which for grey levels between them is a cross-entropy
  levels,      ///< 256 levels from 0 to 1, each with a mass
  columns,     ///< each column of its own kind: densities of some, masses of others
};

/// A batch of N independent distributions over values of shape (...). Immutable; safe from many threads.
class Distribution {
 public:
  virtual ~Distribution() = default;
  /// (N, ...), the mean: what a picture of the distribution shows.
  virtual Tensor mean() const = 0;
  /// (N, ...), the standard deviation; zeros for a point mass.
  virtual Tensor stddev() const = 0;
  /// (K, N, ...), num_samples = K independent draws of each. @throws std::invalid_argument if num_samples < 1
  virtual Tensor sample(Rng& rng, int64_t num_samples = 1) const = 0;
  /// log density (or mass) in nats, summed over all dimensions of a value.
  /// @param value  (N, ...) -> (N), or (K, N, ...) -> (K, N)
  virtual Tensor log_prob(const Tensor& value) const = 0;
};

/// Independent normals. mu, logvar: (N, ...).
class DiagonalGaussian : public Distribution {
 public:
  DiagonalGaussian(Tensor mu, Tensor logvar);
  Tensor mean() const override { return mu_; }
  Tensor stddev() const override;
  Tensor sample(Rng& rng, int64_t num_samples) const override;
  Tensor log_prob(const Tensor& value) const override;
  const Tensor& logvar() const { return logvar_; }

 private:
  Tensor mu_, logvar_;
};

/// Independent Bernoullis. logits: (N, ...). log_prob takes grey levels in [0, 1] as the usual cross-entropy.
class Bernoulli : public Distribution {
 public:
  explicit Bernoulli(Tensor logits);
  Tensor mean() const override;
  Tensor stddev() const override;
  Tensor sample(Rng& rng, int64_t num_samples) const override;
  Tensor log_prob(const Tensor& value) const override;

 private:
  Tensor logits_;
};

/// Independent Laplace distributions of one scale. mu: (N, ...).
class Laplace : public Distribution {
 public:
  Laplace(Tensor mu, double scale);
  Tensor mean() const override { return mu_; }
  Tensor stddev() const override;
  Tensor sample(Rng& rng, int64_t num_samples) const override;
  Tensor log_prob(const Tensor& value) const override;

 private:
  Tensor mu_;
  double scale_;
};

/// All mass on one value: what a plain autoencoder says of a code.
class PointMass : public Distribution {
 public:
  explicit PointMass(Tensor value) : value_(std::move(value)) {}
  Tensor mean() const override { return value_; }
  Tensor stddev() const override;
  Tensor sample(Rng& rng, int64_t num_samples) const override;
  /// @throws std::invalid_argument always: a point mass has no density
  Tensor log_prob(const Tensor& value) const override;

 private:
  Tensor value_;
};

}  // namespace latent
