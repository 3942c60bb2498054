#pragma once
// Where the training of a model with a linear path begins: at principal components of its data.

#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>

namespace latent::space {

/// Computes principal components of (at most some thousands of) the samples as the model would see them, and has the
/// model start from them. Of a model with a Gaussian posterior and likelihood that is the global optimum of its linear
/// part (Lucas, Tucker, Grosse & Norouzi 2019, "Don't blame the ELBO!", arXiv:1911.02469).
/// @return the number of components; 0 for a model without a linear path, which is left as it is, or a single sample
int64_t start_from_principal_components(LatentModel& model, const data::Dataset& samples, uint64_t seed);

}  // namespace latent::space
