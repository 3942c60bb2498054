#pragma once
// Private to this folder: the spaces in which distances are taken, and what is measured in them.

#include <latent/core/tensor.hpp>
#include <latent/space/linear/pca.hpp>

#include <array>
#include <optional>
#include <vector>

namespace latent::space {

/// Values limited to +-kFarthest, so that their squares stay finite; what is not a number becomes kFarthest.
constexpr float kFarthest = 1e9F;
Tensor bounded(const Tensor& x);

/// asinh((x - median) / spread) for each column, with the reference's median and interquartile range (in standard
/// deviations of a normal distribution; where that is nearly nothing, the standard deviation, or 1).
class DampedColumns {
 public:
  explicit DampedColumns(const Tensor& reference);
  Tensor operator()(const Tensor& x) const;

 private:
  std::vector<float> median_, spread_;
};

/// Each column divided by the reference's standard deviation (1 for constant ones).
class UnitColumns {
 public:
  explicit UnitColumns(const Tensor& reference);
  Tensor operator()(const Tensor& x) const;

 private:
  std::vector<float> factor_;
};

/// Code and residual side by side: the codes scaled so that they vary as much as the reconstructions, then principal
/// components scaled by variance^(-1/4).
class CodeAndResidual {
 public:
  CodeAndResidual(const Tensor& x, const Tensor& codes, const Tensor& x_hat);
  Tensor operator()(const Tensor& x, const Tensor& codes, const Tensor& x_hat) const;

 private:
  Tensor joined(const Tensor& x, const Tensor& codes, const Tensor& x_hat) const;

  double code_factor_ = 1.0;
  std::optional<Pca> pca_;  // none for a single row
  std::vector<float> factor_;
};

/// Mahalanobis distance from the mean of the reference, with its covariance plus 1e-6 of the mean variance.
class MahalanobisDistance {
 public:
  explicit MahalanobisDistance(const Tensor& reference);
  std::vector<double> operator()(const Tensor& x) const;

 private:
  Tensor mean_, inverse_cholesky_;  // (D), (D, D) f64
};

/// Minus log of the smaller tail of each column that a value lies in, summed over columns: -log((1 + count) / (M + 1)).
class ColumnTails {
 public:
  explicit ColumnTails(const Tensor& reference);
  std::vector<double> operator()(const Tensor& x) const;

 private:
  int64_t rows_;
  std::vector<std::vector<float>> sorted_;
};

/// What distances between the reference's rows can tell, in [0, 1]: the probability that two rows differ in a column,
/// averaged over the columns that vary. 1 for numbers that never repeat, 1/2 for even coins, near 0 for rare flags; 0
/// if nothing varies. (One minus the mean of Simpson's index.)
double resolution_of(const Tensor& reference);

/// Columns that hold one value in the whole reference, and what a change of them says.
class ConstantColumns {
 public:
  explicit ConstantColumns(const Tensor& reference);
  /// For each row the number of these columns in which it holds another value.
  std::vector<double> changes(const Tensor& x) const;
  /// How many standard deviations of a normal distribution `changes` of them are worth: the quantile of the rate below
  /// times sqrt(changes).
  double deviation(double changes) const;
  bool contains(int64_t column) const { return is_constant_[static_cast<size_t>(column)] != 0; }
  float value(int64_t column) const { return value_[static_cast<size_t>(column)]; }
  /// The probability that a normal row changes one, (S + 1) / (M + 2): S of the M rows are the only ones that differ in
  /// a column of theirs, and each would have been such a change if it had been left out.
  /// Source: Good 1953, "The population frequencies of species"; Laplace's rule of succession.
  double rate() const { return rate_; }

 private:
  std::vector<uint8_t> is_constant_;
  std::vector<float> value_;
  double rate_ = 1.0;
};

/// Nearest rows of a reference, few and more of them.
class NeighborView {
 public:
  struct Measures {
    std::vector<double> distance;      ///< mean to the nearest few, at least a twentieth of what is usual
    std::vector<double> density;       ///< divided by the mean of those neighbours' own distances
    std::vector<double> wide_density;  ///< the same of more neighbours
  };
  /// @param reference (M, D) f32, finite
  /// @param few, more  neighbours to look at; where there are not so many rows, all of them
  NeighborView(Tensor reference, int64_t few, int64_t more);
  Measures operator()(const Tensor& x) const;
  /// The same beside all rows of the reference but two for each row of x. The reference has at least three.
  Measures without(const std::vector<std::array<int64_t, 2>>& left_out, const Tensor& x) const;
  /// Values of the reference's rows, each beside the others.
  const Measures& own() const { return own_; }

 private:
  // Mean distances to a number of neighbours, and what is usual for the rows of the reference.
  struct Scale {
    int64_t neighbors = 1;
    double least = 0.0;
    std::vector<double> own;
  };
  static Scale scale_of(int64_t neighbors, const Tensor& distance);
  Measures measure(const Tensor& index, const Tensor& distance) const;

  Tensor reference_;
  Scale few_, more_;
  Measures own_;
};

}  // namespace latent::space
