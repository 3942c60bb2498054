#pragma once
// A trained model as one file: weights as safetensors, everything needed to rebuild the model as JSON in its metadata.

#include <latent/core/json.hpp>
#include <latent/models/latent_model.hpp>

#include <filesystem>
#include <span>

namespace latent {

/// Version of the files this program writes. A reader refuses files with a larger one.
constexpr int kModelFormatVersion = 1;

struct LoadedModel {
  std::unique_ptr<LatentModel> model;
  /// What travels with the model beside its config: "data" (name, sample shape, value range, standardisation,
  /// class names, held-out split), "training" (settings, epochs done), "metrics" (the last ones).
  Json info;
};

/// Writes model.config(), `info` and all state tensors; replaces `path` atomically (temporary file, flush, rename).
/// @throws IoError; `path` is untouched then
void save_model(const std::filesystem::path& path, const LatentModel& model, const Json& info);

/// @param path  a model file, or a run directory that holds model.safetensors
/// @throws DataError if it is not a model, is damaged, or comes from a newer version; IoError if it cannot be read
LoadedModel load_model(const std::filesystem::path& path);
/// The same from the bytes of a model file. @param path  names them in messages
LoadedModel load_model(std::span<const std::byte> bytes, const std::string& path);

/// Config, info, and shapes without the weights: what `latent info` shows. Reads the header alone.
struct ModelSummary {
  Json config;
  Json info;
  int format_version = 0;
  struct Entry {
    std::string name;
    Shape shape;
    DType dtype;
  };
  std::vector<Entry> tensors;
};
ModelSummary summarize_model(const std::filesystem::path& path);

}  // namespace latent
