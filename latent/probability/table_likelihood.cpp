#include <latent/probability/table_likelihood.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/core/detail/json_fields.hpp>

#include <algorithm>
#include <utility>

namespace latent {

std::unique_ptr<Likelihood> TableLikelihood::make(const Json& config, const SlotContext& context) {
  const JsonFields fields("likelihood", *config, {"name", "columns"});
  std::vector<TableColumn> columns;
  if (const nlohmann::json* given = fields.find("columns")) {
    columns = columns_from_json(*given);
  } else if (context.data != nullptr) {
    columns = context.data->columns();
  }
  return std::make_unique<TableLikelihood>(std::move(columns));
}

TableLikelihood::TableLikelihood(std::vector<TableColumn> columns)
    : plan_(std::make_shared<const TablePlan>(std::move(columns))),
      log_scale_(add_parameter("log_scale", Tensor::zeros(plan_->scale_shape()))) {}

Tensor TableLikelihood::effective_log_scale(DType dtype) const {
  return cast(softplus(log_scale_ - kLowest) + kLowest, dtype);
}

std::unique_ptr<Distribution> TableLikelihood::distribution(const Tensor& params) const {
  return std::make_unique<TableDistribution>(plan_, params, effective_log_scale(params.dtype()).detach());
}

Tensor TableLikelihood::nll(const Tensor& params, const Tensor& x, double) const {
  return plan_->nll(params, effective_log_scale(params.dtype()), x);
}

Values TableLikelihood::values() const {
  const std::vector<TableColumn>& columns = plan_->columns();
  const bool all_discrete = std::all_of(columns.begin(), columns.end(), [](const TableColumn& column) {
    return column.kind == ColumnKind::binary || column.kind == ColumnKind::constant;
  });
  return all_discrete && !columns.empty() ? Values::bits : Values::columns;
}

Json TableLikelihood::config() const {
  nlohmann::json config = {{"name", "table"}};
  if (!plan_->columns().empty()) config["columns"] = *columns_to_json(plan_->columns());
  return config;
}

}  // namespace latent
