#pragma once
// Small pictures of samples for whoever shows many of them.

#include <latent/run/run.hpp>

namespace latent {

/// Images as pixels that a PNG can hold: for_pictures(), of four channels the first three, of two the first one.
/// @param x (N, C, H, W) model values   @return (N, 1 or 3, H, W) u8
Tensor pixels_of(const Run& run, const Tensor& x);

/// Images side by side without gaps, row by row in ceil(sqrt(N)) columns, each fitted whole into a square of `size`
/// pixels: what is left over beside it, and in the last row, is black.
/// @param x (N, C, H, W) model values, N >= 1   @return (1 or 3, rows * size, columns * size) u8
Tensor thumbnail_atlas(const Run& run, const Tensor& x, int64_t size);

/// A grid of images in their own size, or enlarged by a whole factor to at least `least` pixels of height, without
/// gaps.
/// @param columns  0: ceil(sqrt(N))   @return (1 or 3, ...) u8
Tensor plain_grid(const Run& run, const Tensor& x, int64_t columns, int64_t least = 0);

/// Where a reconstruction differs: white where both agree, red where it is brighter, blue where it is darker. Channels
/// are averaged first. @param x, x_hat (1, C, H, W) model values   @return (3, H, W) u8
Tensor difference_picture(const Run& run, const Tensor& x, const Tensor& x_hat);

}  // namespace latent
