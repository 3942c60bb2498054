// How near sounds are: zero for the same, and what each part adds.

#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/stft.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/probability/wave_likelihood.hpp>
#include <tests/probability/slot_helpers.hpp>
#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace latent {
namespace {

using testing::HasSubstr;

Tensor sine(double amplitude, double period, int64_t L) {
  Tensor x = Tensor::empty(Shape{1, 1, L}, DType::f64);
  for (int64_t t = 0; t < L; ++t) {
    x.data<double>()[t] = amplitude * std::sin(2.0 * std::numbers::pi * static_cast<double>(t) / period);
  }
  return x;
}

TEST(StftMagnitudes, ASineHasABinOfItsAmplitude) {
  const Tensor M = stft_magnitudes(sine(0.3, 8.0, 256), 64, 16);
  ASSERT_EQ(M.shape(), Shape({1, 1, 17, 33}));
  const std::vector<double> values = M.to_vector();
  const size_t frame = 8 * 33;  // away from the ends
  EXPECT_NEAR(values[frame + 8], 0.3, 1e-9);
  EXPECT_NEAR(values[frame + 7], 0.15, 1e-9);  // Hann's neighbours have half
  EXPECT_NEAR(values[frame + 20], 0.0, 2e-5);
  // In single precision the fast transform says the same.
  const std::vector<double> fast = stft_magnitudes(sine(0.3, 8.0, 256).to(DType::f32), 64, 16).to_vector();
  for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(fast[i], values[i], 1e-6);
}

TEST(WaveLikelihood, TheSameSoundCostsTheDensityAlone) {
  const auto likelihood = test::likelihood({{"name", "wave"}, {"scale", 0.5}});
  const Tensor x = sine(0.3, 8.0, 300);
  EXPECT_NEAR(likelihood->nll(x, x).item(), 300 * std::log(2 * 0.5), 1e-9);
  EXPECT_NEAR(likelihood->nll(x, x).item(), -likelihood->distribution(x)->log_prob(x).item(), 1e-9);
}

TEST(WaveLikelihood, SpectraCountWhateverThePhase) {
  const Tensor x = sine(0.3, 8.0, 300), other_way = sine(-0.3, 8.0, 300), higher = sine(0.3, 5.0, 300);
  const auto plain = test::likelihood({{"name", "wave"}, {"windows", nlohmann::json::array()}}),
             heard = test::likelihood({{"name", "wave"}});
  const auto spectral = [&](const Tensor& y) { return heard->nll(y, x).item() - plain->nll(y, x).item(); };
  EXPECT_NEAR(spectral(other_way), 0.0, 1e-6);
  EXPECT_GT(spectral(higher), 100.0);
}

TEST(WaveLikelihood, GradientsAndWindowsLongerThanTheSound) {
  const auto likelihood =
      test::likelihood({{"name", "wave"}, {"scale", 0.5}, {"windows", {4, 8, 1024}}, {"floor", 0.1}});
  const Tensor x = sine(0.3, 7.0, 24), y = sine(0.5, 5.3, 24);
  const auto f = [&](std::span<const Tensor> in) { return sum(likelihood->nll(in[0], x)); };
  EXPECT_LT(gradient_error(f, {y}), 1e-5);
  EXPECT_THAT(message_of([] { test::likelihood({{"name", "wave"}, {"windows", {7}}}); }), HasSubstr("even size"));
}

}  // namespace
}  // namespace latent
