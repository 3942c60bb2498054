#pragma once
// Likelihood `wave`: how near two sounds are, by their values and by their spectra.

#include <latent/probability/slots.hpp>

#include <vector>

namespace latent {

/// For samples (C, L) of sound with values in [-1, 1]. The density is p(x|z) = prod_i Laplace(x_i; mu_i, scale).
/// Training adds what the ear goes by: for each size n of windows, M(x) = stft_magnitudes(x, n, n / 4),
///   L C mean over n of (mean |M(x) - M(mu)| / scale + log_weight mean |log(M(x) + floor) - log(M(mu) + floor)|)
/// with means over frames, bins and channels. This part is no density: nll() with it is no bound of log p(x), and
/// the codes of such a model have none either. Windows longer than a sample are left out.
/// Source: Defossez et al. 2022, "High fidelity neural audio compression", arXiv:2210.13438 (section 3.4: several
/// windows); Yamamoto, Song & Kim 2020, "Parallel WaveGAN", arXiv:1910.11480 (log magnitudes).
class WaveLikelihood : public Likelihood {
 public:
  struct Options {
    double scale = 0.02;
    std::vector<int64_t> windows = {64, 256, 1024};  ///< even, in values
    double log_weight = 1.0;
    double floor = 1e-3;  ///< amplitude below which a sound counts as silence: -60 dB of the loudest
  };
  /// @param config {"name": "wave", "scale": 0.02, "windows": [64, 256, 1024], "log_weight": 1.0, "floor": 0.001}
  static std::unique_ptr<Likelihood> make(const Json& config, const SlotContext& context);
  /// @throws std::invalid_argument for other values
  explicit WaveLikelihood(Options options);

  std::unique_ptr<Distribution> distribution(const Tensor& params) const override;
  /// @param params, x  (N, ..., L)
  Tensor nll(const Tensor& params, const Tensor& x, double expected_grad) const override;
  bool takes_means() const override { return true; }
  Json config() const override;

 private:
  Options options_;
};

}  // namespace latent
