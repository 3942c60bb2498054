#pragma once
// Disentanglement: how far single dimensions of codes stand for single known factors of the data.

#include <latent/core/tensor.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace latent::space {

/// A known factor of variation.
struct Factor {
  std::string name;
  std::vector<double> values;  ///< one for each sample
  bool is_class = false;       ///< whether its values are names of classes, without an order
};

/// The mutual information gap: for each factor that varies, the mutual information (nats) with the dimension that has
/// the most of it, minus that of the second one, over the entropy of the factor; the mean over the factors, in [0, 1].
/// Codes are cut into 20 bins of equal width between their least and their largest value; so are factors of more than
/// 100 distinct values.
/// @param codes  (N, D) f32, finite: posterior means
/// @throws std::invalid_argument for other shapes, lengths, or no factor that varies
/// Source: Chen et al. 2018, arXiv:1802.04942, equation 6; bins as in Locatello et al. 2019, arXiv:1811.12359.
double mutual_information_gap(const Tensor& codes, std::span<const Factor> factors);

/// Scores of an importance matrix R (D, K) f64, not negative: how much dimension d tells of factor k.
struct Dci {
  /// 1 minus the entropy (to base K) of each dimension's row, weighed by the row's share: 1 where each dimension tells
  /// of one factor.
  double disentanglement = 0.0;
  /// 1 minus the entropy (to base D) of each factor's column, the mean over factors: 1 where one dimension tells all.
  double completeness = 0.0;
  /// How well factors are predicted for samples that were not fitted: R2, or the accuracy of a class; the mean.
  double informativeness = 0.0;
};
/// Disentanglement and completeness of a matrix; informativeness is left 0.
/// @throws std::invalid_argument for other shapes, and negative or infinite elements
Dci dci_of_importance(const Tensor& importance);

struct DciOptions {
  int64_t most_samples = 20'000;  ///< where a set is larger, so many random samples serve
  uint64_t seed = 0;              ///< seed of the half that is fitted, and of the forests
};
struct DciResult {
  Dci scores;
  Tensor importance;                    ///< (D, K) f64, columns sum to 1
  std::vector<double> informativeness;  ///< informativeness of each factor
};
/// Random forests (Forest) predict each factor from the codes, fitted to one half of the samples and judged on the
/// other; what their splits explain is the importance. Factors that do not vary are left out of the means.
/// @param codes  (N, D) f32, finite; N >= 4
/// @throws std::invalid_argument as mutual_information_gap()
/// Source: Eastwood & Williams 2018, "A framework for the quantitative evaluation of disentangled representations",
/// ICLR (DCI).
DciResult dci(const Tensor& codes, std::span<const Factor> factors, const DciOptions& options = {});

}  // namespace latent::space
