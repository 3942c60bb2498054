#pragma once
// Likelihood `table`: every column of a table has a distribution of its own kind.

#include <latent/probability/slots.hpp>
#include <latent/probability/table_distribution.hpp>

namespace latent {

/// p(x|z) = prod over columns of N(mu, s^2), Student's t (mu, s), Bernoulli (binary columns) or a point (constant
/// ones), with one learned scale s for each column. As with the Gaussian likelihood's learned scale, log s = kLowest +
/// softplus(l - kLowest) of the parameter `log_scale` l, so that a column which the decoder reproduces exactly does not
/// drive the density to infinity.
/// Source: Nazabal et al. 2020, "Handling incomplete heterogeneous data using VAEs", arXiv:1807.03653 (one likelihood
/// for each column); Rybkin et al. 2021, arXiv:2006.13202 (learned scales).
class TableLikelihood : public Likelihood {
 public:
  /// Lowest log scale of a column: 0.05 of its standard deviation.
  static constexpr double kLowest = -3.0;

  /// @param config {"name": "table", "columns": [{"kind": "gaussian"}, ...]}; without columns those that the training
  ///               data calls for, or without data any number of gaussian ones that share one scale
  static std::unique_ptr<Likelihood> make(const Json& config, const SlotContext& context);
  explicit TableLikelihood(std::vector<TableColumn> columns);

  std::unique_ptr<Distribution> distribution(const Tensor& params) const override;
  Tensor nll(const Tensor& params, const Tensor& x, double expected_grad) const override;
  bool samples_are_draws() const override { return true; }
  bool takes_numbers() const override { return true; }
  /// Bits where every column is binary or constant.
  Values values() const override;
  Json config() const override;

 private:
  Tensor effective_log_scale(DType dtype) const;

  std::shared_ptr<const TablePlan> plan_;
  Tensor log_scale_;  // parameter "log_scale": (D), or () without columns
};

}  // namespace latent
