#pragma once
// A trained model with all that it remembers of its training.

#include <latent/core/json.hpp>
#include <latent/data/corrupt.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/run/data_record.hpp>
#include <latent/training/precision.hpp>

#include <filesystem>
#include <memory>
#include <optional>

namespace latent {

/// A trained model, ready to use.
struct Run {
  std::filesystem::path path;  ///< the run directory or model file; empty for a model that lies in none
  std::unique_ptr<LatentModel> model;
  Json info;                       ///< what the model file says beside its weights; docs/files.md
  std::optional<DataRecord> data;  ///< empty for a model file that says nothing of its data
  /// How samples look: the record's kind, or what the shape suggests.
  data::Kind kind() const;
  /// From stored to model values; identity where the model does not know it.
  data::Transform transform() const;
  /// What its training did to the inputs of the encoder. @throws DataError if the model file says it in no known way
  data::Corruption corruption() const;

  /// (n, ...) new samples in model values: of codes from the prior, drawn or means as draws_samples() says; see
  /// generate.hpp. @throws std::invalid_argument for n < 1 or a model without prior or decoder
  Tensor sample(int64_t n, uint64_t seed = 0) const;
  /// (N, D) codes of samples: means of q(z|x); encode_samples() has more. @throws as encode_samples()
  Tensor encode(const data::Dataset& samples) const;
  /// (N, D) codes -> (N, ...) means of p(x|z) in model values. @throws as decode_all()
  Tensor decode(const Tensor& codes) const;
  /// (N, ...) what the model makes of samples: decode(encode(samples)).
  Tensor reconstruct(const data::Dataset& samples) const { return decode(encode(samples)); }
};

/// Loads the model of a run directory, or a model file, to use it (not to train it).
/// @throws DataError for files that are no model of ours or damaged; IoError
Run load_run(const std::filesystem::path& path, Precision precision = Precision::f32);

}  // namespace latent
