#pragma once
// Strips: what becomes of samples step by step, as a picture with names, as an animation, or as data.

#include <latent/run/results/decoded.hpp>

#include <string>
#include <vector>

namespace latent {

/// Decoded samples, one strip after the other.
struct Strips {
  Tensor x_hat;       ///< (strips * steps, ...) model values
  Tensor codes;       ///< (strips * steps, D)
  int64_t steps = 0;  ///< steps of each strip
  std::vector<std::string> strip_names, step_names;
};

/// Writes strips in the form of `file`: .png with their names, one strip in each row (columns of tables: as lines over
/// the steps); .gif, one frame for each step, forth and back, so that the end meets the beginning; the others as
/// write_decoded().
/// @param stop  as write_image_folder()
/// @return what a picture shows where it is not all: Picture::shown   @throws IoError, Interrupted
std::string write_strips(const Run& run, const Strips& strips, const ResultFile& file,
                         const std::atomic<bool>* stop = nullptr);

}  // namespace latent
