#pragma once
// How reconstructions compare with the mean and with PCA, as commands say it.

#include <cli/command.hpp>
#include <cli/output.hpp>

#include <latent/training/reconstruction_fit.hpp>

namespace latent::cli {

/// {"r2", "mse", "mse_of_mean", "mse_of_pca", "pca_dims", "samples", "fitted_to"}; what is not known is null.
Json fit_json(const ReconstructionFit& fit);
/// Rows "r2" and "mse", the latter beside that of PCA and of the mean.
void add_fit_rows(Table& table, const ReconstructionFit& fit);

}  // namespace latent::cli
