#pragma once
// Private to this folder: what classes of samples are called.

#include <latent/data/dataset.hpp>

#include <string>

namespace latent {

/// The class of a sample by its name, or its number where it has none; empty without labels.
inline std::string label_text(const data::Dataset& samples, int64_t index) {
  const std::span<const int64_t> labels = samples.labels();
  if (labels.empty()) return {};
  const auto label = static_cast<size_t>(labels[static_cast<size_t>(index)]);
  const std::span<const std::string> names = samples.class_names();
  return label < names.size() ? names[label] : std::to_string(label);
}

}  // namespace latent
