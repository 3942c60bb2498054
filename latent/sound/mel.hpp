#pragma once
// Bands of frequencies as wide as ears tell them apart.

#include <cstdint>
#include <span>
#include <vector>

namespace latent::sound {

/// Pitch in mel of a frequency in Hz, on Slaney's scale: linear below 1000 Hz, logarithmic above.
/// Source: Slaney 1998, Auditory Toolbox, Interval technical report 1998-010.
double mel_of_hertz(double hertz);
double hertz_of_mel(double mel);

/// Triangular bands, evenly spaced in mel from 0 Hz to half of the rate, each with an area of 1 Hz^-1 * Hz
/// (librosa.filters.mel with its defaults). Immutable, safe from many threads.
class MelBank {
 public:
  /// @throws std::invalid_argument unless mels, n_fft and rate are positive, and for so many mels that a band holds no
  ///         bin of the transform
  MelBank(int64_t mels, int64_t n_fft, int64_t rate);

  int64_t mels() const { return static_cast<int64_t>(bands_.size()); }
  int64_t bins() const { return bins_; }
  /// The weight of a bin in a band.
  float weight(int64_t mel, int64_t bin) const;

  /// bands[m] = sum over bins of weight(m, k) * power[k].
  void apply(std::span<const float> power, std::span<float> bands) const;
  /// Powers of the bins, none of them negative, whose bands are these as nearly as may be. There are more bins than
  /// bands: of all answers it is one that is smooth within a band, because it is found from such a start by
  /// `iterations` updates that keep Kullback-Leibler divergence falling. Unlike least squares, divergence does not
  /// leave the quiet bands beside loud ones to chance. Source: Lee & Seung 2001, NIPS 13, theorem 2.
  void invert(std::span<const float> bands, std::span<float> power, int iterations = 30) const;

 private:
  struct Band {
    int64_t first = 0;           // bin
    std::vector<float> weights;  // of the bins from there on
    float sum = 0.0F;
  };
  std::vector<Band> bands_;
  std::vector<float> bin_sums_;  // over bands
  int64_t bins_ = 0;
};

}  // namespace latent::sound
