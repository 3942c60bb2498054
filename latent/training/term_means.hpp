#pragma once
// Means of a loss and its terms over many batches.

#include <latent/core/json.hpp>
#include <latent/models/latent_model.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace latent {

/// Means over a set, per sample, in nats: "loss", "reconstruction", "kl", "elbo" where the model has them.
using Metrics = std::map<std::string, double>;

/// Sums of terms over batches, in double and in the order of the batches.
class TermMeans {
 public:
  void add(const LossTerms& terms);
  int64_t samples() const { return samples_; }
  /// "loss" and the model's terms, each per sample; "elbo" = -(reconstruction + kl) where it has both. Empty without
  /// samples.
  Metrics means() const;
  /// (D), mean over samples, in nats; empty where the model has none.
  std::vector<double> kl_per_dim() const;

  Json to_json() const;
  /// @throws std::exception if the JSON is not what to_json() writes
  static TermMeans from_json(const Json& json);

 private:
  double& sum_of(size_t index, const char* name);

  std::vector<std::pair<std::string, double>> sums_;  // the loss first
  std::vector<double> kl_sums_;
  int64_t samples_ = 0;
};

}  // namespace latent
