#pragma once
// The pictures that a training leaves in its run directory.

#include <latent/run/run.hpp>

#include <latent/training/trainer.hpp>

#include <string>
#include <vector>

namespace latent {

struct PictureOptions {
  std::filesystem::path directory;
  std::string held_out_name;  ///< "test" or "validation"
  uint64_t seed = 0;
};

/// Writes loss.png, and what the model can show: reconstructions.png (picture_of_pairs(): originals and
/// reconstructions; of a denoiser, damaged samples and cleaned ones), samples.png (picture_of_set()), and for codes of
/// two dimensions manifold.png (picture_of_grid() of decoded quantiles of the prior); of a classifier confusion.png and
/// errors.png (picture_of_errors()).
/// @param shown    samples to reconstruct: random ones of all classes alike are taken, drawn by the seed
/// @return the paths of what was written   @throws IoError
std::vector<std::filesystem::path> write_run_pictures(const Run& run, const data::Dataset& shown,
                                                      const std::vector<EpochReport>& history,
                                                      const PictureOptions& options);

}  // namespace latent
