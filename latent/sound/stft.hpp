#pragma once
// The short-time Fourier transform of a sound, and its inverse.

#include <latent/core/tensor.hpp>

#include <complex>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace latent::sound {

struct StftOptions {
  int64_t n_fft = 512;  ///< samples of a frame; even, 16 ... 2^20
  int64_t hop = 128;    ///< samples from one frame to the next; 1 ... n_fft / 2

  int64_t bins() const { return n_fft / 2 + 1; }
  /// Frames of a sound of so many samples: one for each hop that begins in it.
  int64_t frames(int64_t length) const { return (length + hop - 1) / hop; }
  /// @throws std::invalid_argument for values out of range
  void check() const;
};

/// Transforms one channel at a time. Frame t is centred at sample t * hop and weighed by a periodic Hann window; beyond
/// its ends the sound is its own mirror image. As scipy.signal.stft and librosa.stft compute it, without their frame
/// that begins where the sound ends, and without a factor. Has room of its own to work in: one thread at a time.
class Stft {
 public:
  using Bins = std::vector<std::complex<float>>;  ///< (frames, bins)

  /// @throws std::invalid_argument as StftOptions::check()
  explicit Stft(const StftOptions& options);
  ~Stft();
  Stft(const Stft&) = delete;
  Stft& operator=(const Stft&) = delete;

  const StftOptions& options() const { return options_; }
  /// @param x  L samples, at least one   @param X  becomes (frames(L), bins)
  void forward(std::span<const float> x, Bins& X);
  /// The sound whose transform comes nearest to X, in least squares: windowed frames are added up and divided by the
  /// sum of the squared windows. inverse(forward(x)) = x up to rounding. Source: Griffin & Lim 1984, equation 6.
  /// @param X  (frames(x.size()), bins)
  void inverse(const Bins& X, std::span<float> x);

 private:
  struct Room;
  StftOptions options_;
  std::unique_ptr<Room> room_;
};

/// X of one or more channels. @param x (C, L) f32  @return (C, frames, bins, 2) f32: real and imaginary parts
/// @throws std::invalid_argument for other shapes, and as StftOptions::check()
Tensor stft(const Tensor& x, const StftOptions& options);
/// The inverse, as Stft::inverse(). @param X (C, frames, bins, 2)  @return (C, length) f32
/// @throws std::invalid_argument unless X has the frames of so many samples
Tensor istft(const Tensor& X, const StftOptions& options, int64_t length);

}  // namespace latent::sound
