#include <latent/space/clusters/by_bic.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace latent::space {

namespace {

// @param try_k  (k) -> (fit, its bic)
template <class Fit, class TryK>
BestFit<Fit> least(int64_t rows, int64_t most, int64_t patience, const BicProgress& progress, const TryK& try_k) {
  LATENT_CHECK(most >= 1 && patience >= 1, "[by_bic] most and patience: positive numbers expected, got {} and {}", most,
               patience);
  BestFit<Fit> best;
  for (int64_t k = 1; k <= std::min(most, rows); ++k) {
    auto [fit, bic] = try_k(k);
    best.bic.push_back(bic);
    if (progress) progress(k, bic);
    if (best.k == 0 || bic < best.bic[static_cast<size_t>(best.k) - 1]) {
      best.k = k;
      best.fit = std::move(fit);
    }
    if (k - best.k >= patience) break;
  }
  return best;
}

// Whether a component stands on fewer rows than its covariance needs: its density is then as high as the regularisation
// allows, and says nothing of the data.
bool is_spike(const Mixture& fit, int64_t rows) {
  const double least_rows = fit.covariance == Covariance::full ? static_cast<double>(fit.means.dim(1)) + 1.0 : 2.0;
  return *std::min_element(fit.weights.begin(), fit.weights.end()) * static_cast<double>(rows) < least_rows;
}

}  // namespace

BestFit<Kmeans> kmeans_by_bic(const Tensor& x, KmeansOptions options, int64_t most, int64_t patience,
                              const BicProgress& progress) {
  return least<Kmeans>(x.dim(0), most, patience, progress, [&](int64_t k) {
    options.k = k;
    Kmeans fit = fit_kmeans(x, options);
    const double bic = kmeans_bic(fit, x.dim(1));
    return std::pair(std::move(fit), bic);
  });
}

BestFit<Mixture> mixture_by_bic(const Tensor& x, MixtureOptions options, int64_t most, int64_t patience,
                                const BicProgress& progress) {
  return least<Mixture>(x.dim(0), most, patience, progress, [&](int64_t k) {
    options.k = k;
    Mixture fit = fit_mixture(x, options);
    const double bic = is_spike(fit, x.dim(0)) ? std::numeric_limits<double>::infinity() : fit.bic(x.dim(0));
    return std::pair(std::move(fit), bic);
  });
}

}  // namespace latent::space
