#pragma once
// A dataset over an array in memory or in a mapped file.

#include <latent/data/standardize.hpp>
#include <latent/formats/file.hpp>

namespace latent::data {

enum class ImageLayout : uint8_t { channels_first, channels_last };

struct ArrayOptions {
  Kind kind = Kind::array;
  ImageLayout layout = ImageLayout::channels_first;  ///< layout of images (N, C, H, W) or (N, H, W, C)
  Transform transform = {};
  std::vector<int64_t> labels = {};             ///< N class numbers, or empty
  std::vector<std::string> class_names = {};    ///< empty: classes are called by their numbers
  Origin origin = {};                           ///< the column names of a table are part of it
  std::shared_ptr<const MappedFile> file = {};  ///< that x looks into, if it does
  std::vector<std::string> names = {};          ///< names of the N samples, or empty
};

/// What from_tensor() returns, with all that a reader knows. Arrays up to kScanLimit are searched for values that are
/// not finite here, larger ones batch by batch.
/// @param x  (N, D); or (N, H, W), (N, C, H, W) or (N, H, W, C) if they are images
/// @throws as from_tensor()
std::shared_ptr<const Dataset> array_dataset(const Tensor& x, ArrayOptions options);

/// Gives classes without names their numbers as names.
/// @throws std::invalid_argument, beginning with [function], unless there are no labels or one of [0,
/// class_names.size())
///         for each sample
void check_labels(std::string_view function, int64_t samples, const std::vector<int64_t>& labels,
                  std::vector<std::string>& class_names);

}  // namespace latent::data
