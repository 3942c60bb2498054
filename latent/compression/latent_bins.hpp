#pragma once
// Codes as whole numbers: bins of equal mass under the prior.

#include <latent/compression/rans.hpp>

#include <cstdint>
#include <vector>

namespace latent::compression {

/// N(0, 1) cut into kCount bins that are equally likely, so that a code of a bin costs exactly kPriorBits under the
/// prior, and any normal posterior as a distribution over these bins. Immutable; safe from many threads.
/// Source: Townsend, Bird & Barber 2019, arXiv:1901.04866, section 2.5.1 (maximum entropy discretisation).
class LatentBins {
 public:
  static constexpr int kPriorBits = 14;
  static constexpr int32_t kCount = 1 << kPriorBits;
  /// Bits of the posterior's probabilities.
  static constexpr int kPosteriorBits = 26;

  LatentBins();

  /// The value that stands for a bin: the median of N(0, 1) in it.
  float centre(int32_t bin) const { return centres_[static_cast<size_t>(bin)]; }
  /// The bin's share of N(mu, sigma^2).
  Interval posterior(double mu, double sigma, int32_t bin) const;
  /// The bin whose share holds `slot`, a number below 2^kPosteriorBits.
  int32_t find(double mu, double sigma, uint32_t slot) const;

 private:
  uint32_t below(double mu, double sigma, int32_t bin) const;

  std::vector<double> edges_;  // kCount + 1, of which the first and the last are not used
  std::vector<float> centres_;
};

/// exp(logvar / 2), limited to what codes can be told apart by; mu, limited likewise. A NaN becomes a number too: a
/// useless model compresses badly, but what it compressed comes back.
double posterior_sigma(float logvar);
double posterior_mu(float mu);

}  // namespace latent::compression
