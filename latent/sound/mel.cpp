#include <latent/sound/mel.hpp>

#include <latent/core/error.hpp>

#include <algorithm>
#include <cmath>

namespace latent::sound {

namespace {

constexpr double kHertzPerMel = 200.0 / 3.0, kLogStart = 1000.0;
constexpr double kStartMel = kLogStart / kHertzPerMel;
const double kLogStep = std::log(6.4) / 27.0;

}  // namespace

double mel_of_hertz(double hertz) {
  return hertz < kLogStart ? hertz / kHertzPerMel : kStartMel + std::log(hertz / kLogStart) / kLogStep;
}

double hertz_of_mel(double mel) {
  return mel < kStartMel ? mel * kHertzPerMel : kLogStart * std::exp(kLogStep * (mel - kStartMel));
}

MelBank::MelBank(int64_t mels, int64_t n_fft, int64_t rate) : bins_(n_fft / 2 + 1) {
  LATENT_CHECK(mels >= 1 && n_fft >= 2 && rate >= 1,
               "[MelBank] positive numbers expected, got {} mels, n_fft {}, {} Hz", mels, n_fft, rate);
  const double top = mel_of_hertz(static_cast<double>(rate) / 2.0);
  const double bin_width = static_cast<double>(rate) / static_cast<double>(n_fft);
  const auto edge = [&](int64_t i) {
    return hertz_of_mel(top * static_cast<double>(i) / static_cast<double>(mels + 1));
  };
  bin_sums_.assign(static_cast<size_t>(bins_), 0.0F);
  for (int64_t m = 0; m < mels; ++m) {
    const double low = edge(m), middle = edge(m + 1), high = edge(m + 2), area = 2.0 / (high - low);
    Band band;
    for (int64_t k = 0; k < bins_; ++k) {
      const double hertz = static_cast<double>(k) * bin_width;
      const double weight = std::min((hertz - low) / (middle - low), (high - hertz) / (high - middle));
      if (weight <= 0.0) continue;
      if (band.weights.empty()) band.first = k;
      band.weights.push_back(static_cast<float>(weight * area));
      band.sum += band.weights.back();
      bin_sums_[static_cast<size_t>(k)] += band.weights.back();
    }
    LATENT_CHECK(
        !band.weights.empty(),
        "{} mels are too many for n_fft = {} at {} Hz: none of its frequencies lies in band {} ({:.0f} to {:.0f} "
        "Hz); take fewer mels or a longer n_fft",
        mels, n_fft, rate, m, low, high);
    bands_.push_back(std::move(band));
  }
}

float MelBank::weight(int64_t mel, int64_t bin) const {
  const Band& band = bands_[static_cast<size_t>(mel)];
  const int64_t at = bin - band.first;
  return at < 0 || at >= static_cast<int64_t>(band.weights.size()) ? 0.0F : band.weights[static_cast<size_t>(at)];
}

void MelBank::apply(std::span<const float> power, std::span<float> bands) const {
  for (size_t m = 0; m < bands_.size(); ++m) {
    const Band& band = bands_[m];
    const float* bins = power.data() + band.first;
    float sum = 0.0F;
    for (size_t i = 0; i < band.weights.size(); ++i) sum += band.weights[i] * bins[i];
    bands[m] = sum;
  }
}

void MelBank::invert(std::span<const float> bands, std::span<float> power, int iterations) const {
  constexpr float kLeast = 1e-30F;
  std::vector<float> ratio(bands_.size()), found(bands_.size());
  const auto spread = [&](std::span<const float> values, std::span<float> sums) {
    std::ranges::fill(sums, 0.0F);
    for (size_t m = 0; m < bands_.size(); ++m) {
      float* bins = sums.data() + bands_[m].first;
      for (size_t i = 0; i < bands_[m].weights.size(); ++i) bins[i] += bands_[m].weights[i] * values[m];
    }
  };
  for (size_t m = 0; m < bands_.size(); ++m) ratio[m] = bands[m] / bands_[m].sum;  // the mean power in each band
  std::vector<float> factor(power.size());
  spread(ratio, power);
  const auto divide = [&](std::span<float> values) {
    for (size_t k = 0; k < values.size(); ++k) values[k] = bin_sums_[k] > 0.0F ? values[k] / bin_sums_[k] : 0.0F;
  };
  divide(power);
  for (int i = 0; i < iterations; ++i) {
    apply(power, found);
    for (size_t m = 0; m < bands_.size(); ++m) ratio[m] = bands[m] / std::max(found[m], kLeast);
    spread(ratio, factor);
    divide(factor);
    for (size_t k = 0; k < power.size(); ++k) power[k] *= factor[k];
  }
}

}  // namespace latent::sound
