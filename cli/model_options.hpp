#pragma once
// The options of `train` that say what is trained: a preset, or what the data suggests, with changes.

#include <cli/arguments.hpp>

#include <latent/data/dataset.hpp>
#include <latent/models/model_size.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace latent::cli {

/// What the values of samples are: pixels in [0, 1]; numbers that were standardised; or such numbers in series, whose
/// rows or columns are channels, (1, T, C) or (1, C, T).
enum class InputForm : uint8_t { pixels, standardised, series };
InputForm input_form_of(const data::Source& source);

struct ModelOptions {
  std::string preset;
  std::string arch;
  std::string hidden, channels;  // "400,400"
  std::optional<int64_t> kernel, stride;
  std::string activation, normalization;
  std::optional<double> dropout;
  std::optional<int64_t> latent_dim;
  std::string posterior, prior, likelihood, loss;
  std::string objective;
  std::optional<int64_t> num_samples;
  std::optional<double> beta, kl_warmup, free_bits;

  void declare(Arguments& arguments);

  /// The preset's name: the one given, or by the kind of data (images: vae-conv; tables: vae-table; arrays and
  /// series: vae-mlp) and --arch.
  std::string preset_name(data::Kind kind, InputForm form) const;

  /// The JSON that make_model() takes: the preset with every option given in its place.
  /// @throws std::invalid_argument for unknown names; UsageError for options that do not belong together
  nlohmann::json config(data::Kind kind, const Shape& data_shape, InputForm form) const;

  /// Whether the likelihood of the preset, or the one given, wants values as numbers where they are stored as bytes.
  /// @throws std::invalid_argument for an unknown preset or likelihood
  bool takes_numbers() const;

  /// The config and batch, kept within what nobody has to ask for: a network whose size was not given may be changed,
  /// and the batch unless it was given.
  FittedModel fitted(const nlohmann::json& config, int64_t batch, bool batch_was_given) const;

  /// What an everyday --loss stands for, in one line; empty without --loss.
  std::string loss_note(const nlohmann::json& config) const;

 private:
  nlohmann::json network(const nlohmann::json& of_preset, data::Kind kind) const;
  nlohmann::json likelihood_config() const;
  void set_posterior(nlohmann::json& config, const Shape& data_shape) const;
  void set_objective(nlohmann::json& config) const;
};

}  // namespace latent::cli
