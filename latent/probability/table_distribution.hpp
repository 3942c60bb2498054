#pragma once
// The distribution over rows of a table whose columns have kinds of their own.

#include <latent/probability/distribution.hpp>
#include <latent/probability/table_columns.hpp>

#include <memory>

namespace latent {

/// The columns of a table as factors of computations, one for each column. Immutable.
class TablePlan {
 public:
  /// @param columns  empty for any number of gaussian columns that share one scale
  explicit TablePlan(std::vector<TableColumn> columns);

  const std::vector<TableColumn>& columns() const { return columns_; }
  /// The shape of a scale: one for each column, or () for all.
  Shape scale_shape() const;
  /// -log p of each row, in nats, with gradients -> (N).
  /// @param params     (N, D) means, or log odds of binary columns
  /// @param log_scale  scale_shape(), in the type of params
  /// @param x          (N, D)
  /// A level that a binary or constant column never had costs log(1 + (100 d)^2), d its distance from the nearest known
  /// one (in units of the gap between both levels of a binary column): no density, but a price that grows slowly.
  /// @throws std::invalid_argument for another number of columns
  Tensor nll(const Tensor& params, const Tensor& log_scale, const Tensor& x) const;

 private:
  void check(const char* function, const Tensor& params) const;
  Tensor continuous_nll(const Tensor& params, const Tensor& log_scale, const Tensor& x) const;
  Tensor discrete_nll(const Tensor& params, const Tensor& x) const;

  std::vector<TableColumn> columns_;
  bool has_student_ = false, has_continuous_ = false, has_discrete_ = false;
  // f32, of scale_shape(): 1 where a column is of the kind and 0 elsewhere, and constants of the kinds' formulas.
  Tensor is_gaussian_, is_student_, is_continuous_, is_binary_, is_discrete_;
  Tensor log_norm_;            // of continuous columns at scale 1
  Tensor low_, gap_, middle_;  // t = (x - low) / gap; the known levels are those with |t - middle| = middle
};

/// Independent columns, each of its kind. params: (N, ...) of as many values as there are columns.
class TableDistribution : public Distribution {
 public:
  TableDistribution(std::shared_ptr<const TablePlan> plan, Tensor params, Tensor log_scale);
  Tensor mean() const override;
  /// Zero for constant columns.
  Tensor stddev() const override;
  Tensor sample(Rng& rng, int64_t num_samples) const override;
  Tensor log_prob(const Tensor& value) const override;

 private:
  // The column at a position of params: its kind and its scale.
  const TableColumn& column(int64_t c) const;
  double scale(int64_t c) const;

  std::shared_ptr<const TablePlan> plan_;
  Tensor params_;
  std::vector<double> scales_;
  Tensor log_scale_;
};

}  // namespace latent
