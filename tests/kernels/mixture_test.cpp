#include <latent/autograd/backward.hpp>
#include <latent/autograd/mixture.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/rng.hpp>
#include <latent/kernels/mixture.hpp>

#include <gtest/gtest.h>
#include <tests/support/vector_targets.hpp>

#include <cmath>
#include <vector>

namespace latent {
namespace {

Tensor normal(const Shape& shape, uint64_t stream, double scale) {
  Tensor t = Tensor::empty(shape);
  Rng(3, stream).normal(t.span<float>());
  for (float& v : t.span<float>()) v *= static_cast<float>(scale);
  return t;
}

// Levels of all kinds, the first and the last among them.
Tensor levels(const Shape& shape) {
  Tensor x = Tensor::empty(shape);
  for (int64_t i = 0; i < x.numel(); ++i) x.data<float>()[i] = static_cast<float>(i * 85 % 256) / 255.0f;
  return x;
}

TEST(MixtureKernel, MatchesThePlainVersionEverywhere) {
  on_every_target([] {
    for (const int64_t values : {1, 7, 17, 129}) {
      for (const int64_t K : {1, 2, 10}) {
        const Tensor params = normal({2 * values, 3 * K}, 1, 2.0), x = levels({2, values});
        const Tensor params64 = params.to(DType::f64), x64 = x.to(DType::f64);
        Tensor nll = Tensor::empty({2}), nll64 = Tensor::empty({2}, DType::f64);
        Tensor d = Tensor::empty(params.shape()), d64 = Tensor::empty(params.shape(), DType::f64);
        const kernels::MixturePass pass{2, values, K, 0.5};
        kernels::mixture_nll(pass, params.data<float>(), x.data<float>(), nullptr, nll.data<float>(), d.data<float>());
        kernels::mixture_nll(pass, params64.data<double>(), x64.data<double>(), nullptr, nll64.data<double>(),
                             d64.data<double>());
        for (int64_t n = 0; n < 2; ++n) {
          EXPECT_NEAR(nll.data<float>()[n], nll64.data<double>()[n], 1e-6 + 1e-5 * nll64.data<double>()[n]);
        }
        // Slopes reach 1 / scale, which is up to e^9; f32 has 24 bits of them.
        for (int64_t i = 0; i < d.numel(); ++i) {
          EXPECT_NEAR(d.data<float>()[i], d64.data<double>()[i], 1e-5 + 1e-4 * std::abs(d64.data<double>()[i]));
        }
      }
    }
  });
}

TEST(MixtureKernel, ProbabilitiesOfAllLevelsSumToOne) {
  const Tensor params = normal({1, 9}, 2, 1.5).to(DType::f64);
  double total = 0.0;
  for (int v = 0; v < 256; ++v) {
    const Tensor x = Tensor::full({1, 1}, v / 255.0, DType::f64);
    total += std::exp(-logistic_mixture_nll(params, x).item());
  }
  EXPECT_NEAR(total, 1.0, 1e-9);
}

TEST(MixtureKernel, OneComponentByHand) {
  // mu = 0.5 + 0.1, log s = -3 + 1: P(153) = F(153.5 / 255) - F(152.5 / 255).
  const Tensor params = Tensor::from<double>({7.0, 0.1, 1.0}, {1, 3});
  const double s = std::exp(-2.0);
  const auto F = [&](double x) { return 1.0 / (1.0 + std::exp(-(x - 0.6) / s)); };
  const auto nll = [&](double level) {
    return logistic_mixture_nll(params, Tensor::full({1, 1}, level / 255.0, DType::f64)).item();
  };
  EXPECT_NEAR(nll(153), -std::log(F(153.5 / 255) - F(152.5 / 255)), 1e-9);
  EXPECT_NEAR(nll(0), -std::log(F(0.5 / 255)), 1e-9);
  EXPECT_NEAR(nll(255), -std::log(1.0 - F(254.5 / 255)), 1e-9);
}

TEST(MixtureKernel, GradientsMatchCentralDifferences) {
  constexpr double kTolerance = 1e-6;  // what gradient_error() promises for a correct smooth function
  const Tensor params = normal({6, 12}, 4, 1.0).to(DType::f64), x = levels({2, 3}).to(DType::f64);
  for (const double expected_grad : {0.0, 0.5, 1.0}) {
    const auto f = [&](std::span<const Tensor> in) { return sum(logistic_mixture_nll(in[0], x, expected_grad)); };
    EXPECT_LT(gradient_error(f, {params}), kTolerance);
  }
}

TEST(MixtureKernel, MomentsAndQuantilesAreThoseOfTheLevels) {
  const Tensor params = normal({1, 9}, 5, 1.0);
  const MixtureView mixture{params.data<float>(), 1, 3};
  const Tensor params64 = params.to(DType::f64);
  double mean = 0.0, squares = 0.0, below = 0.0;
  for (int v = 0; v < 256; ++v) {
    const double p = std::exp(-logistic_mixture_nll(params64, Tensor::full({1, 1}, v / 255.0, DType::f64)).item());
    mean += p * v / 255.0;
    squares += p * v * v / (255.0 * 255.0);
    EXPECT_NEAR(mixture_quantile(mixture, below + 0.5 * p), v / 255.0, 1e-12);
    below += p;
  }
  EXPECT_NEAR(mixture_mean(mixture), mean, 0.5 / 255);
  EXPECT_NEAR(mixture_stddev(mixture), std::sqrt(squares - mean * mean), 1e-6);
}

TEST(MixtureKernel, RefusesWrongShapes) {
  const Tensor x = Tensor::zeros({2, 3});
  EXPECT_THROW(logistic_mixture_nll(Tensor::zeros({5, 3}), x), std::invalid_argument);
  EXPECT_THROW(logistic_mixture_nll(Tensor::zeros({6, 4}), x), std::invalid_argument);
  EXPECT_THROW(logistic_mixture_nll(Tensor::zeros({6, 3}, DType::f64), x), std::invalid_argument);
}

}  // namespace
}  // namespace latent
