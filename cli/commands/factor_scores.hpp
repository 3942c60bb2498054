#pragma once
// What `evaluate --factors` says: how far dimensions of codes stand for known factors of the data.

#include <cli/command.hpp>
#include <cli/output.hpp>

#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>

namespace latent::cli {

/// @throws UsageError for data without known factors, or a model without encoder
void check_factors(const LatentModel& model, const data::Dataset& samples);

/// MIG, DCI and how well each factor is predicted, as JSON and as rows of the table. @throws as check_factors()
Json add_factor_scores(Table& table, const LatentModel& model, const data::Dataset& samples, int64_t batch,
                       uint64_t seed);

}  // namespace latent::cli
