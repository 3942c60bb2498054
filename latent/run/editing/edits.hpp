#pragma once
// Samples with more or less of an attribute.

#include <latent/run/pictures/pictures.hpp>
#include <latent/run/results/strips.hpp>
#include <latent/run/run_data.hpp>
#include <latent/space/editing/directions.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace latent {

/// Where a run's directions are unless somebody says: directions.npz in the run directory, or else here.
/// @throws UsageError if there is none
std::filesystem::path directions_path(const Run& run);
/// Directions among the codes of the run. @throws UsageError for those of another model; DataError, IoError
space::Directions read_directions_of(const Run& run, const std::filesystem::path& path);

/// For each step, the amount along each direction, in standard deviations.
using Moves = std::vector<std::vector<double>>;

/// What the nearest samples say of an edited one.
struct Vote {
  int64_t label = -1;
  int64_t votes = 0, voters = 0;
};

/// Edited samples, item by item, step by step, with everything that is known of them.
struct EditedSamples {
  std::vector<int64_t> items = {};
  Strips strips = {};            ///< items * steps; step_names are the caller's
  Tensor z = {};                 ///< (items, D): codes before
  Tensor asked = {};             ///< (items * steps, A) f64: scores of the edited codes
  Tensor unedited = {};          ///< (items, A): scores of the codes before
  Tensor again = {};             ///< (items * steps, A): scores of what the edited samples are encoded to
  Tensor again_unedited = {};    ///< (items, A): the same for the decoded, but unedited samples
  std::vector<Vote> votes = {};  ///< items * steps, by 10 nearest samples; empty without labels, and where codes are searched for

  /// The share of what was asked of a direction's score that is found when the edited samples are encoded again: the
  /// slope of what came of it over what was asked, by least squares through 0. Moves along other directions ask
  /// something of it too, unless those are orthogonal; nothing where they leave it where it was.
  std::optional<double> share_that_took(int64_t direction) const;
};

/// @throws UsageError for samples that do not exist, and models without both halves
EditedSamples edit_samples(const Run& run, const RunData& data, const space::Directions& directions,
                           const std::vector<int64_t>& items, const Moves& moves);

/// The directions that are gone along.
std::vector<int64_t> used_directions(const Moves& moves);

/// One row for each item: the sample, the sample decoded from its code, the edited one. One step only.
Picture picture_before_and_after(const Run& run, const RunData& data, const EditedSamples& edited);

}  // namespace latent
