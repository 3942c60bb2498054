#include <cli/fit_rows.hpp>

#include <fmt/core.h>

#include <cmath>

namespace latent::cli {

Json fit_json(const ReconstructionFit& fit) {
  Json json = {{"r2", nullptr},
               {"mse", fit.mse},
               {"mse_of_mean", fit.mse_of_mean},
               {"mse_of_pca", nullptr},
               {"pca_dims", fit.pca_dims},
               {"samples", fit.samples},
               {"fitted_to", fit.fitted_to}};
  if (std::isfinite(fit.r2())) json["r2"] = fit.r2();
  if (fit.mse_of_pca) json["mse_of_pca"] = *fit.mse_of_pca;
  return json;
}

void add_fit_rows(Table& table, const ReconstructionFit& fit) {
  table.row("r2", std::isfinite(fit.r2()) ? fmt::format("{:.4f}", fit.r2()) : "-");
  std::string others;
  if (fit.mse_of_pca)
    others = fmt::format("PCA with {}: {:.4g}, ", counted(fit.pca_dims, "component"), *fit.mse_of_pca);
  table.row("mse", fmt::format("{:.4g}  ({}mean: {:.4g})", fit.mse, others, fit.mse_of_mean));
}

}  // namespace latent::cli
