#pragma once
// How well a model reconstructs, beside what needs no network: the mean of the training data, and PCA.

#include <cstdint>
#include <optional>

namespace latent {

/// Mean squared errors per value, in the units that the model sees, of one set of samples.
struct ReconstructionFit {
  double mse = 0.0;          ///< squared error of the means of p(x|z) at the posterior means
  double mse_of_mean = 0.0;  ///< squared error of the mean of the training samples in place of each sample
  std::optional<double>
      mse_of_pca;  ///< squared error of as many principal components of the training samples as codes have dimensions
  int64_t pca_dims = 0;   ///< these components; fewer where there are fewer training samples
  int64_t samples = 0;    ///< that were reconstructed
  int64_t fitted_to = 0;  ///< training samples that mean and components are of
  /// 1 - mse / mse_of_mean: 1 for perfect reconstructions, 0 for the mean, negative for worse. NaN where samples do not
  /// differ from that mean.
  double r2() const;
};

}  // namespace latent
