#include <latent/space/metrics/frechet.hpp>

#include <tests/space/golden_archive.hpp>

#include <latent/core/rng.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace latent::space {
namespace {

// scipy takes the root of a product that is not symmetric, whose error is that of its condition.
constexpr double kOfScipy = 1e-6;
constexpr double kOfRoots = 1e-10;  // of sums of some dozen terms of order 1 to 100, in double

TEST(Frechet, IsThatOfScipy) {
  const test::GoldenArchive golden("frechet.npz");  // written by frechet.py
  for (const std::string name : {"one", "small", "features"}) {
    const double distance = golden.value(name + "_distance");
    const GaussianMoments a = gaussian_moments(golden.at(name + "_a")), b = gaussian_moments(golden.at(name + "_b"));
    EXPECT_NEAR(frechet_distance(a, b), distance, kOfScipy * distance) << name;
    EXPECT_NEAR(frechet_distance(b, a), distance, kOfScipy * distance) << name;
  }
}

TEST(Frechet, OfAxisAlignedGaussiansIsTheSumOverTheAxes) {
  // Where covariances commute: sum of (mu_a - mu_b)^2 + (sigma_a - sigma_b)^2.
  const GaussianMoments a{{0, 1, 2}, {4, 0, 0, 0, 9, 0, 0, 0, 0}}, b{{3, 1, 0}, {1, 0, 0, 0, 16, 0, 0, 0, 25}};
  EXPECT_NEAR(frechet_distance(a, b), 9 + 0 + 4 + 1 + 1 + 25, kOfRoots);
  // (A^1/2 B A^1/2)^1/2 of a rotated Gaussian, by hand: A = diag(1, 4), B = [[2, 1], [1, 2]];
  // its product [[2, 2], [2, 8]] has the root's trace sqrt(tr + 2 sqrt(det)) = sqrt(10 + 2 sqrt(12)).
  const GaussianMoments c{{0, 0}, {1, 0, 0, 4}}, d{{0, 0}, {2, 1, 1, 2}};
  EXPECT_NEAR(frechet_distance(c, d), 5 + 4 - 2 * std::sqrt(10 + 2 * std::sqrt(12.0)), kOfRoots);
}

TEST(Frechet, OfASetAndItselfIsNothingAndOfAShiftItsSquare) {
  Rng rng(3);
  Tensor x = Tensor::empty({50, 8}), moved = Tensor::empty({50, 8});
  rng.normal(x.span<float>());
  for (int64_t i = 0; i < x.numel(); ++i) moved.data<float>()[i] = x.data<float>()[i] + 2.0F;
  EXPECT_NEAR(frechet_distance(gaussian_moments(x), gaussian_moments(x)), 0.0, kOfRoots);
  constexpr double kOfSums = 1e-5;  // x + 2 is rounded to f32
  EXPECT_NEAR(frechet_distance(gaussian_moments(x), gaussian_moments(moved)), 8 * 4.0, kOfSums);
}

TEST(Frechet, MomentsAreThoseOfTheRows) {
  const GaussianMoments m = gaussian_moments(Tensor::from(std::vector<float>{1, 10, 3, 10, 5, 40}, {3, 2}));
  EXPECT_EQ(m.mean, (std::vector<double>{3, 20}));
  const std::vector<double> covariance = {4, 30, 30, 300};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(m.covariance[i], covariance[i], kOfRoots);
}

TEST(Frechet, RefusesWhatHasNoCovariance) {
  EXPECT_THROW(gaussian_moments(Tensor::zeros({3, 3})), std::invalid_argument);  // singular, whatever the rows
  EXPECT_THROW(gaussian_moments(Tensor::zeros({9})), std::invalid_argument);
  EXPECT_THROW(gaussian_moments(Tensor::full({9, 2}, std::numeric_limits<double>::quiet_NaN())), std::invalid_argument);
  EXPECT_THROW(frechet_distance({{0}, {1}}, {{0, 0}, {1, 0, 0, 1}}), std::invalid_argument);
  EXPECT_THROW(frechet_distance({{0, 0}, {1}}, {{0, 0}, {1}}), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space
