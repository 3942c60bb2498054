#include <latent/space/editing/interpolate.hpp>

#include <latent/core/rng.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace latent::space {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A few roundings of f32 values of order 1.
constexpr double kRounding = 1e-6;

Tensor code(const std::vector<float>& values) { return Tensor::from(values, {static_cast<int64_t>(values.size())}); }

double length(const Tensor& codes, int64_t row) {
  double squares = 0;
  for (const double v : codes.rows(row, row + 1).to_vector()) squares += v * v;
  return std::sqrt(squares);
}

TEST(PathTest, Names) {
  EXPECT_EQ(path_from("linear"), Path::linear);
  EXPECT_EQ(path_from("spherical"), Path::spherical);
  try {
    path_from("sperical");
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), HasSubstr("did you mean 'spherical'"));
  }
}

TEST(InterpolateTest, LinearIsEvenlySpaced) {
  const Tensor codes = interpolate(code({0, 8}), code({4, 0}), 5);
  EXPECT_EQ(codes.shape(), Shape({5, 2}));
  EXPECT_THAT(codes.to_vector(), ElementsAre(0, 8, 1, 6, 2, 4, 3, 2, 4, 0));
}

TEST(InterpolateTest, SphericalTurnsAtAConstantRate) {
  const Tensor codes = interpolate(code({1, 0}), code({0, 1}), 4, Path::spherical);
  for (int64_t i = 0; i < 4; ++i) {
    const double angle = static_cast<double>(i) * M_PI / 6;
    EXPECT_NEAR(codes.to_vector()[static_cast<size_t>(2 * i)], std::cos(angle), kRounding);
    EXPECT_NEAR(codes.to_vector()[static_cast<size_t>(2 * i + 1)], std::sin(angle), kRounding);
  }
}

TEST(InterpolateTest, SphericalLengthGrowsEvenly) {
  const Tensor codes = interpolate(code({2, 0, 0}), code({0, 3, 3}), 6, Path::spherical);
  const double last = std::sqrt(18.0);
  for (int64_t i = 0; i < 6; ++i)
    EXPECT_NEAR(length(codes, i), 2 + (last - 2) * static_cast<double>(i) / 5, 4 * kRounding);
}

TEST(InterpolateTest, BothEndsAreExact) {
  std::vector<float> a(17), b(17);
  Rng rng(3);
  rng.normal(a);
  rng.normal(b);
  for (const Path path : {Path::linear, Path::spherical}) {
    const Tensor codes = interpolate(code(a), code(b), 7, path);
    EXPECT_EQ(codes.rows(0, 1).to_vector(), code(a).to_vector());
    EXPECT_EQ(codes.rows(6, 7).to_vector(), code(b).to_vector());
  }
}

TEST(InterpolateTest, SphericalFallsBackToLinear) {
  const std::pair<Tensor, Tensor> undetermined[] = {
      {code({1, 2}), code({2, 4})},    // parallel
      {code({1, 2}), code({1, 2})},    // the same
      {code({1, 2}), code({-1, -2})},  // opposite
      {code({0, 0}), code({1, 2})},    // no direction
      {code({0, 0}), code({0, 0})},
  };
  for (const auto& [from, to] : undetermined) {
    EXPECT_EQ(interpolate(from, to, 5, Path::spherical).to_vector(),
              interpolate(from, to, 5, Path::linear).to_vector());
  }
}

TEST(InterpolateTest, SphericalAgreesWithLinearOverShortArcs) {
  const Tensor from = code({1, 0}), to = code({1, 2e-4f});  // just above the angle of the fall-back
  const std::vector<double> sphere = interpolate(from, to, 3, Path::spherical).to_vector();
  const std::vector<double> line = interpolate(from, to, 3, Path::linear).to_vector();
  for (size_t i = 0; i < line.size(); ++i) EXPECT_NEAR(sphere[i], line[i], kRounding);
}

TEST(InterpolateTest, WrongCalls) {
  EXPECT_THROW(interpolate(code({1}), code({2}), 1), std::invalid_argument);
  EXPECT_THROW(interpolate(code({1}), code({2, 3}), 3), std::invalid_argument);
  EXPECT_THROW(interpolate(Tensor::zeros({1, 2}), Tensor::zeros({1, 2}), 3), std::invalid_argument);
  EXPECT_THROW(interpolate(Tensor::zeros({2}, DType::f64), Tensor::zeros({2}), 3), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space
