#pragma once
// Another way of drawing new codes for a trained model.

#include <latent/core/json.hpp>
#include <latent/run/run_data.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace latent {

struct SamplerOptions {
  std::string method = "flow";             ///< a name of sampler_names(), or "none": the model's own prior again
  std::optional<int64_t> components = {};  ///< of `mixture` and `vamp`; default: 50 and 500
  int64_t steps = 20;                      ///< flow: steps of its solver
  int64_t updates = 6000;                  ///< flow: of its training
  int64_t hidden = 384;                    ///< flow: width of its layers
  uint64_t seed = 0;
  /// @throws UsageError for a method that is none
  void check() const;
  /// As the config of the model has it; null for "none".
  Json config() const;
};

/// A model whose new codes are drawn in another way: all else is a copy.
struct FittedSampler {
  std::unique_ptr<LatentModel> model;
  Json info;                   ///< what the model file says beside its weights: that of the run, and "sampler"
  std::optional<double> loss;  ///< flow: FlowSampler::loss() at the end of its training
};

/// @throws UsageError unless the model is an autoencoder or a VAE
void check_takes_sampler(const Run& run);

/// Fits a sampler to the codes of samples: means of q(z|x), and its draws where it is no point. Neither the run nor its
/// files change.
/// @param samples  null for "none", which needs none
/// @param goes_on  asked now and then with the share that is done; false ends it
/// @throws UsageError as check_takes_sampler(), and for fewer samples than components; Interrupted if it was ended
FittedSampler fit_sampler(const Run& run, const data::Dataset* samples, const SamplerOptions& options,
                          const std::function<bool(double done)>& goes_on = {});

/// Writes the model file of a fitted sampler, replacing the old one atomically.
/// @param to  a run directory, or a model file   @throws IoError; the old file is untouched then
void write_fitted(const FittedSampler& fitted, const std::filesystem::path& to);

}  // namespace latent
