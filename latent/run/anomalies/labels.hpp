#pragma once
// Which samples are known to be anomalies, and how well scores find them.

#include <latent/data/dataset.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latent {

/// What labels say of samples.
struct AnomalyLabels {
  std::vector<uint8_t> is_anomaly;   ///< one for each sample
  std::vector<std::string> classes;  ///< names of the classes that count as anomalies
};

/// The classes of samples, told apart by names. Without both, classes called 0 and 1 are normal and anomalous, and
/// other labels say nothing.
/// @param anomalous  names of anomalous classes between commas (all others are normal), or empty
/// @param normal     names of normal classes (all others are anomalous), or empty
/// @return nothing for samples of one kind only, or without labels, unless asked for by name
/// @throws UsageError for both, samples without labels, or only one kind of them; std::invalid_argument for unknown
///         names
std::optional<AnomalyLabels> anomaly_labels(const data::Dataset& samples, const std::string& anomalous,
                                            const std::string& normal);

}  // namespace latent
