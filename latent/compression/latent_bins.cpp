#include <latent/compression/latent_bins.hpp>

#include <latent/compression/exact_math.hpp>

namespace latent::compression {

LatentBins::LatentBins() : edges_(kCount + 1), centres_(kCount) {
  constexpr double kWidth = 1.0 / kCount;  // a power of two: every product below is exact
  for (int32_t bin = 0; bin < kCount; ++bin) {
    if (bin > 0) edges_[static_cast<size_t>(bin)] = exact_normal_quantile(bin * kWidth);
    centres_[static_cast<size_t>(bin)] = static_cast<float>(exact_normal_quantile((bin + 0.5) * kWidth));
  }
}

uint32_t LatentBins::below(double mu, double sigma, int32_t bin) const {
  constexpr uint32_t kAll = uint32_t{1} << kPosteriorBits;
  if (bin == 0) return 0;
  if (bin == kCount) return kAll;
  // Two parts for every bin beforehand: even where rounding makes a share come out one part short, one is left.
  constexpr uint32_t kLeast = 2;
  const double share = exact_normal_cdf((edges_[static_cast<size_t>(bin)] - mu) / sigma);
  return static_cast<uint32_t>(share * (kAll - kLeast * kCount)) + kLeast * static_cast<uint32_t>(bin);
}

Interval LatentBins::posterior(double mu, double sigma, int32_t bin) const {
  const uint32_t start = below(mu, sigma, bin);
  return {start, below(mu, sigma, bin + 1) - start};
}

int32_t LatentBins::find(double mu, double sigma, uint32_t slot) const {
  int32_t low = 0;
  for (int32_t width = kCount / 2; width > 0; width /= 2) {
    if (below(mu, sigma, low + width) <= slot) low += width;
  }
  return low;
}

double posterior_sigma(float logvar) {
  constexpr double kLow = -24.0, kHigh = 8.0;
  const auto value = static_cast<double>(logvar);
  return exact_exp(0.5 * (!(value > kLow) ? kLow : (value < kHigh ? value : kHigh)));
}

double posterior_mu(float mu) {
  constexpr double kFarthest = 64.0;
  const auto value = static_cast<double>(mu);
  return !(value > -kFarthest) ? -kFarthest : (value < kFarthest ? value : kFarthest);
}

}  // namespace latent::compression
