#pragma once
// Decoded samples: from codes to model values, and into a file of results.

#include <latent/run/codes.hpp>
#include <latent/run/pictures/pictures.hpp>
#include <latent/run/results/result_file.hpp>
#include <latent/run/units.hpp>

#include <optional>

namespace latent {

/// What a file of decoded samples holds.
struct Decoded {
  Tensor x_hat;         ///< (N, ...) model values
  Tensor x;             ///< originals, (N, ...) model values; undefined where there are none
  Tensor codes;         ///< (N, D)
  int64_t columns = 0;  ///< columns of the grid; 0 = nearly square
  Tensor clean = {};    ///< what x was before it was damaged; undefined where there is nothing of the kind
  const data::Dataset* samples = nullptr;  ///< those that the rows belong to; null where they belong to none
  /// x and clean in the units of the data as they were read (f64), where they are known: Dataset::stored_range().
  Tensor stored = {}, stored_clean = {};
  bool damaged = false;  ///< whether x is damaged, and x_hat is meant to be better
  Tensor beside =
      {};  ///< samples of the data to compare the distribution of x_hat with in a picture, (M, ...) model values
  std::optional<View> view = {};  ///< how a picture shows them; by their values if not given
};

/// Writes `decoded` in the form of `file`, once all is known:
///   .png    picture_of_pairs() where there are originals, else picture_of_set()
///   .npy    x_hat     .npz  x_hat, x, clean and codes     .csv, folder  x_hat     .wav  x_hat, as sounds
/// @param stop  as write_image_folder()
/// @return what a picture shows where it is not all (Picture::shown), or what a sound has lost
/// @throws IoError, Interrupted; UsageError for sounds of a run that has none
std::string write_decoded(const Run& run, const Decoded& decoded, const ResultFile& file,
                          const std::atomic<bool>* stop = nullptr);

/// The picture of write_decoded().
Picture picture_of(const Run& run, const Decoded& decoded);

}  // namespace latent
