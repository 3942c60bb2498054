#pragma once
// A sound from the magnitudes of its transform: phases are found that frames which overlap can agree on.

#include <latent/sound/stft.hpp>

namespace latent::sound {

struct PhaseOptions {
  int iterations = 32;     ///< 0 leaves the phases as they begin
  double momentum = 0.99;  ///< 0: Griffin & Lim's own algorithm; above 0 its fast form
  uint64_t seed = 0;       ///< of the phases that it begins with
};

/// Fast Griffin-Lim: transform and inverse by turns, the magnitudes put back each time, with a step beyond what each
/// turn gives. The same magnitudes and seed give the same sound.
/// Source: Griffin & Lim 1984; Perraudin, Balazs & Søndergaard 2013, "A fast Griffin-Lim algorithm".
/// @param magnitudes  (frames, bins), none negative   @param x  becomes the sound; frames = options.frames(x.size())
/// @throws std::invalid_argument for another number of magnitudes, fewer than 0 iterations and a momentum outside
///         [0, 2]
void recover_phases(Stft& transform, std::span<const float> magnitudes, std::span<float> x,
                    const PhaseOptions& options = {});

/// How far x is from having these magnitudes: ||abs(stft(x)) - magnitudes|| / ||magnitudes||.
double spectral_convergence(Stft& transform, std::span<const float> magnitudes, std::span<const float> x);

}  // namespace latent::sound
