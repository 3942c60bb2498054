#pragma once
// Whether a set's images may vary in training, decided by the images alone.

#include <latent/data/augmentation.hpp>
#include <latent/data/dataset.hpp>

#include <cstdint>
#include <optional>

namespace latent::data {

struct AugmentationChoiceOptions {
  Augmentation candidates{.flip = true, .shift = 0.05};  ///< each is judged by itself
  double most_ratio = 1.15;                              ///< a variation is used up to this ratio of distances; above 0
  double apart = 0.05;        ///< images that stand nearer in the order of the whole data than this share of its length
                              ///< are not compared; in [0, 0.5]
  int64_t queries = 300;      ///< at most so many images are varied; at least 1
  int64_t references = 3000;  ///< and compared with at most so many; at least 1
  uint64_t seed = 0;          ///< decides which ones, and how far they are moved
};

/// What choose_augmentation() found. A ratio says how much farther a varied image is from the image that is nearest to
/// it than the image as it is: the median of the one over the median of the other. None where that could not be told.
struct AugmentationChoice {
  Augmentation augmentation;  ///< the candidates that may be used
  std::optional<double> flip_ratio, shift_ratio;
  int64_t compared = 0;  ///< images that were varied
};

/// Uses a variation if varied images look like the set's images: if a mirrored (moved) image is about as near to the
/// other images as it was before. Of a set of faces a mirrored one could be another person; mirrored digits are none.
///
/// Distances are Euclidean, on images averaged down to at most 16x16. Copies of the query are left out. What else is
/// left out says which new images are meant. Pictures of one person and frames of a video stand together: with `apart`
/// above 0 an image's neighbours in the order are not compared, as if new images showed other people; with 0 they are,
/// as if new images were drawn at random from the same series.
///
/// Under 20 images that differ leave ratios empty and nothing chosen, and so does what an image is too small for.
/// @param images  (C, H, W) samples; labels are not looked at
/// @throws std::invalid_argument for samples that are no images, and options out of range
AugmentationChoice choose_augmentation(const Dataset& images, const AugmentationChoiceOptions& options = {});

}  // namespace latent::data
