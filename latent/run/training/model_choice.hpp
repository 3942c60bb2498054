#pragma once
// From options and data to the config that make_model() takes.

#include <latent/core/json.hpp>
#include <latent/data/dataset.hpp>
#include <latent/models/model_size.hpp>
#include <latent/run/kinds/run_kind.hpp>
#include <latent/run/training/train_options.hpp>

#include <string>

namespace latent {

/// What the values of a training part are.
InputForm input_form_of(const data::Source& source);

/// The preset's name: the one given, or by the architecture, or RunKind::preset(). @throws std::invalid_argument for
/// unknown names
std::string preset_name(const TrainOptions& options, const data::Kind& kind, InputForm form);

/// The JSON that make_model() takes: the preset with every option given in its place.
/// @param classes  of the data's labels, 0 without: what a classifier tells apart
/// @throws std::invalid_argument for unknown names; UsageError for options that do not belong together
Json model_config(const TrainOptions& options, const data::Kind& kind, const Shape& data_shape, InputForm form,
                  int64_t classes = 0);

/// Whether the likelihood of the preset, or the one given, wants values as numbers where they are stored as bytes.
/// @throws std::invalid_argument for an unknown preset or likelihood
bool takes_numbers(const TrainOptions& options);

/// The config and batch, kept within what nobody has to ask for: a network whose size was not given may be changed, and
/// the batch unless it was given.
FittedModel fitted_model(const TrainOptions& options, const Json& config, int64_t batch);

/// What an everyday loss stands for, in one line; empty without one.
std::string loss_note(const TrainOptions& options, const Json& config);

}  // namespace latent
