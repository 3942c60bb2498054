#pragma once
// Arrays of images: layout, range, size and channels.

#include <latent/data/sources.hpp>

namespace latent::data {

/// Where the channels of an array (N, H, W), (N, C, H, W) or (N, H, W, C) are, C being 1, 3 or 4; channels first if
/// both places fit.
/// @throws DataError if neither fits
ImageLayout image_layout(const ArrayPart& part);

/// Resizes images of u8 and makes them grey if the options ask for it, which brings them into memory, channels first.
/// Returns the layout that part.x has then.
/// @throws std::invalid_argument for options that need u8 and other types
ImageLayout prepare_images(ArrayPart& part, ImageLayout layout, const OpenOptions& options);

/// Images (N, C, H, W) in memory, not yet set. @throws DataError if they would take more memory than is allowed
Tensor allocate_images(int64_t n, const Shape& image, DType dtype, const std::string& path);

}  // namespace latent::data
