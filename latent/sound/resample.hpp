#pragma once
// Sounds at another rate, with other channels.

#include <latent/core/tensor.hpp>

namespace latent::sound {

/// Whether resample() takes these rates: each at least 1, and neither more than 256 times the other.
bool can_resample(int64_t from, int64_t to);

/// The same sound at another rate, without what the new rate cannot hold (libsamplerate, sinc interpolation of medium
/// quality: an error of -121 dB, 90% of the band kept). x itself where the rates agree.
/// @param x (C, L) f32  @return (C, round(L * to / from)), at least one sample
/// @throws std::invalid_argument for rates below 1, other shapes, and ratios outside [1/256, 256]
Tensor resample(const Tensor& x, int64_t from, int64_t to);

/// One channel: the mean of all; two: the first two, or one twice; x itself where the number agrees.
/// @param x (C, L) f32  @return (channels, L)   @throws std::invalid_argument unless channels is 1 or 2
Tensor mix(const Tensor& x, int64_t channels);

}  // namespace latent::sound
