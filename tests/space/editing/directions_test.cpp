#include <latent/space/editing/directions.hpp>

#include <latent/core/rng.hpp>
#include <latent/formats/npy.hpp>
#include <latent/space/editing/binary_logistic.hpp>
#include <latent/space/editing/directions_file.hpp>

#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace latent::space {
namespace {

using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kSamples = 4000, kDims = 6;

std::vector<double> row(const Tensor& x, int64_t i) { return x.rows(i, i + 1).to_vector(); }

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double degrees_between(const std::vector<double>& a, const std::vector<double>& b) {
  return std::acos(dot(a, b) / std::sqrt(dot(a, a) * dot(b, b))) * 180.0 / M_PI;
}

// Standard normal codes with attributes that are planted along known directions, up to noise.
struct Planted {
  std::vector<double> first = {1, 0, 0, 0, 0, 0}, second = {0.6, 0.8, 0, 0, 0, 0};  // 53 degrees apart
  Tensor codes = Tensor::empty({kSamples, kDims});
  std::vector<Attribute> attributes;

  explicit Planted(double noise = 0.5) {
    Rng rng(1);
    rng.normal(codes.span<float>());
    std::vector<float> eps(2 * kSamples);
    rng.normal(std::span<float>(eps));
    for (const auto& [name, truth] : {std::pair{"first", &first}, {"second", &second}}) {
      Attribute attribute{name, {}, {}};
      for (int64_t i = 0; i < kSamples; ++i) {
        const size_t draw = static_cast<size_t>(i) + attributes.size() * kSamples;
        const bool has = dot(*truth, row(codes, i)) + noise * static_cast<double>(eps[draw]) > 0.0;
        (has ? attribute.positive : attribute.negative).push_back(i);
      }
      attributes.push_back(attribute);
    }
  }
};

void expect_refused(const std::function<void()>& call, const char* text) {
  try {
    call();
    FAIL() << "expected: " << text;
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), HasSubstr(text));
  }
}

TEST(DirectionsTest, PlantedDirectionsAreFound) {
  const Planted planted;
  for (const DirectionMethod method : {DirectionMethod::mean, DirectionMethod::logistic}) {
    const Directions found = attribute_directions(planted.codes, planted.attributes, {.method = method});
    // An estimate from N samples is off by about sqrt((D - 1) / N) radians, times what the noise costs: 2 to 4 degrees.
    constexpr double kDegrees = 5.0;
    EXPECT_LT(degrees_between(row(found.vectors, 0), planted.first), kDegrees);
    EXPECT_LT(degrees_between(row(found.vectors, 1), planted.second), kDegrees);
    EXPECT_LT(degrees_between(row(found.normals, 0), planted.first), kDegrees);
    // Noise of half a standard deviation hides some of it; chance is 0.5.
    EXPECT_GT(found.auroc[0], 0.9);
    EXPECT_LT(found.auroc[0], 0.98);
    EXPECT_NEAR(found.thresholds[0], 0.0, 0.25);
  }
  EXPECT_NEAR(attribute_directions(Planted(0.0).codes, Planted(0.0).attributes).auroc[0], 1.0, 0.01);
}

TEST(DirectionsTest, AnEditByOneRaisesTheScoreByOne) {
  const Planted planted;
  const Directions found = attribute_directions(planted.codes, planted.attributes, {});
  const Tensor before = found.scores(planted.codes);
  double squares = 0.0;
  for (int64_t i = 0; i < kSamples; ++i) squares += std::pow(before.data<double>()[i * 2], 2);
  constexpr double kRounding = 1e-4;                      // f32 codes, a few units long
  EXPECT_NEAR(std::sqrt(squares / kSamples), 1.0, 0.05);  // scores are in standard deviations; their mean is near 0
  for (const double amount : {-3.0, -1.0, 0.5, 2.0}) {
    const Tensor after = found.scores(edit(planted.codes, found, std::vector<double>{amount, 0.0}));
    for (int64_t i = 0; i < 20; ++i) {
      EXPECT_NEAR(after.data<double>()[2 * i] - before.data<double>()[2 * i], amount, kRounding);
    }
  }
  EXPECT_EQ(edit(planted.codes, found, std::vector<double>{0.0, 0.0}).to_vector(), planted.codes.to_vector());
}

TEST(DirectionsTest, OrthogonalEditsLeaveOtherScoresAlone) {
  const Planted planted;
  const Directions plain = attribute_directions(planted.codes, planted.attributes);
  EXPECT_NEAR(dot(row(plain.normals, 0), row(plain.vectors, 1)), 0.6, 0.1);
  for (const DirectionMethod method : {DirectionMethod::mean, DirectionMethod::logistic}) {
    const Directions found = attribute_directions(planted.codes, planted.attributes,
                                                  {.method = method, .orthogonal = Orthogonal::symmetric});
    constexpr double kRounding = 1e-6;
    EXPECT_NEAR(dot(row(found.normals, 0), row(found.vectors, 1)), 0.0, kRounding);
    EXPECT_NEAR(dot(row(found.normals, 1), row(found.vectors, 0)), 0.0, kRounding);
    EXPECT_NEAR(dot(row(found.normals, 0), row(found.vectors, 0)), 1.0, kRounding);
    // Both give way alike: half of 90 - 53 degrees.
    EXPECT_NEAR(degrees_between(row(found.vectors, 0), planted.first), 18.4, 5.0);
    EXPECT_NEAR(degrees_between(row(found.vectors, 1), planted.second), 18.4, 5.0);
  }
  // The order of the attributes does not matter.
  const std::vector<Attribute> reversed = {planted.attributes[1], planted.attributes[0]};
  const AttributeOptions options{.orthogonal = Orthogonal::symmetric};
  const Directions forth = attribute_directions(planted.codes, planted.attributes, options);
  const Directions back = attribute_directions(planted.codes, reversed, options);
  for (int64_t d = 0; d < kDims; ++d) {
    EXPECT_NEAR(forth.vectors.data<float>()[d], back.vectors.data<float>()[kDims + d], 1e-5);
  }
}

TEST(DirectionsTest, UnusedAndConstantDimensionsDoNotDrownTheOthers) {
  Planted planted;
  for (int64_t i = 0; i < kSamples; ++i) {
    planted.codes.data<float>()[i * kDims + 4] *= 0.01F;    // collapsed: hardly any spread
    planted.codes.data<float>()[i * kDims + 5] = 3.14159F;  // no spread at all
  }
  for (const DirectionMethod method : {DirectionMethod::mean, DirectionMethod::logistic}) {
    const Directions found = attribute_directions(planted.codes, planted.attributes, {.method = method});
    EXPECT_LT(degrees_between(row(found.vectors, 0), planted.first), 5.0);
    EXPECT_LT(std::abs(found.vectors.data<float>()[4]), 0.01F);
    EXPECT_EQ(found.vectors.data<float>()[5], 0.0F);
    EXPECT_EQ(found.normals.data<float>()[5], 0.0F);
  }
}

TEST(DirectionsTest, TheDifferenceOfMeansByHand) {
  const Tensor codes = Tensor::from(std::vector<float>{0, 0, 0, 2, 4, 0, 4, 2}, {4, 2});
  const std::vector<Attribute> attributes = {{"right", {2, 3}, {0, 1}}};
  const Directions found = attribute_directions(codes, attributes);
  EXPECT_THAT(found.vectors.to_vector(), ElementsAre(2.0, 0.0));  // one standard deviation of 0, 0, 4, 4
  EXPECT_THAT(found.normals.to_vector(), ElementsAre(0.5, 0.0));
  EXPECT_THAT(found.midpoints.to_vector(), ElementsAre(2.0, 1.0));
  EXPECT_THAT(found.scores(codes).to_vector(), ElementsAre(-1.0, -1.0, 1.0, 1.0));
  EXPECT_EQ(found.thresholds[0], 0.0);
}

TEST(DirectionsTest, WithoutASecondSampleThereIsNoAuroc) {
  const Tensor codes = Tensor::from(std::vector<float>{0, 0, 0, 2, 4, 0, 4, 2}, {4, 2});
  const std::vector<Attribute> attributes = {{"corner", {2}, {0, 1, 3}}};
  EXPECT_TRUE(std::isnan(attribute_directions(codes, attributes).auroc[0]));
}

TEST(DirectionsTest, PrincipalDirectionsGoAlongTheSpread) {
  Tensor codes = Planted().codes;
  for (int64_t i = 0; i < kSamples; ++i)
    codes.data<float>()[i * kDims + 2] = 5.0F * codes.data<float>()[i * kDims + 2] + 7.0F;
  const Directions found = principal_directions(codes, 2);
  EXPECT_THAT(found.names, ElementsAre("pc1", "pc2"));
  EXPECT_LT(degrees_between(row(found.vectors, 0), {0, 0, 1, 0, 0, 0}), 1.0);
  EXPECT_NEAR(found.vectors.data<float>()[2], 5.0, 0.3);
  EXPECT_NEAR(found.midpoints.data<float>()[2], 7.0, 0.3);
  EXPECT_NEAR(dot(row(found.normals, 0), row(found.vectors, 0)), 1.0, 1e-5);
  const Directions both = joined(attribute_directions(codes, Planted().attributes), found);
  EXPECT_THAT(both.names, ElementsAre("first", "second", "pc1", "pc2"));
  EXPECT_EQ(both.find("pc2"), 3);
  EXPECT_EQ(row(both.vectors, 2), row(found.vectors, 0));
  expect_refused([&] { static_cast<void>(joined(both, found)); }, "two directions are called 'pc1'");
  expect_refused([&] { static_cast<void>(both.find("frist")); }, "did you mean 'first'?");
  expect_refused([&] { static_cast<void>(principal_directions(codes, 7)); }, "expected 1 to 6");
  expect_refused(
      [&] {
        static_cast<void>(principal_directions(Tensor::zeros({9, 3}), 2));
      },
      "the codes vary in 0 only");
}

TEST(DirectionsTest, WrongCalls) {
  const Planted planted;
  const auto refused = [&](std::vector<Attribute> attributes, const char* text, AttributeOptions options = {}) {
    expect_refused([&] { static_cast<void>(attribute_directions(planted.codes, attributes, options)); }, text);
  };
  refused({}, "no attribute given");
  refused({{"a", {}, {1}}}, "'a': no sample with the attribute");
  refused({{"a", {1}, {}}}, "no sample without");
  refused({{"a", {1}, {kSamples}}}, "sample 4000 of 4000");
  refused({{"a", {1, 2}, {2}}}, "sample 2 is on both sides");
  refused({planted.attributes[0], planted.attributes[0]}, "two attributes are called 'first'");
  Attribute copy = planted.attributes[0];
  copy.name = "copy";
  refused({planted.attributes[0], copy}, "cannot be made orthogonal", {.orthogonal = Orthogonal::symmetric});
  const Tensor same = Tensor::full({4, 2}, 1.5);
  const std::vector<Attribute> halves = {{"a", {0, 1}, {2, 3}}};
  expect_refused([&] { static_cast<void>(attribute_directions(same, halves)); }, "have the same mean");
  Tensor broken = Tensor::zeros({4, 2});
  broken.data<float>()[3] = INFINITY;
  expect_refused([&] { static_cast<void>(attribute_directions(broken, halves)); }, "finite");
  EXPECT_THROW(direction_method_from("median"), std::invalid_argument);
}

TEST(DirectionsTest, FilesComeBackAndDamagedOnesAreRefused) {
  const TemporaryFolder folder;
  const Planted planted;
  Directions written = attribute_directions(planted.codes, planted.attributes);
  write_directions(folder / "d.npz", written);
  EXPECT_FALSE(read_directions(folder / "d.npz").model.has_value());
  written.model = 0xfedcba9876543210;
  write_directions(folder / "d.npz", written);
  const Directions read = read_directions(folder / "d.npz");
  EXPECT_EQ(read.model, written.model);
  EXPECT_EQ(read.names, written.names);
  EXPECT_EQ(read.vectors.to_vector(), written.vectors.to_vector());
  EXPECT_EQ(read.normals.to_vector(), written.normals.to_vector());
  EXPECT_EQ(read.midpoints.to_vector(), written.midpoints.to_vector());
  EXPECT_EQ(read.thresholds, written.thresholds);
  EXPECT_EQ(read.auroc, written.auroc);
  const auto refused = [&](const char* text) {
    expect_refused([&] { static_cast<void>(read_directions(folder / "bad.npz")); }, text);
  };
  write_npz(folder / "bad.npz", {{"codes", planted.codes}});
  refused("no archive of directions: it has no array 'names'");
  const Tensor names = Tensor::from(std::vector<uint8_t>{'a'}, {1, 1});
  write_npz(folder / "bad.npz", {{"names", names}, {"vectors", Tensor::zeros({2, 3})}});
  refused("array 'vectors': expected f32 (1, 3), got f32 (2, 3)");
  Tensor nan = Tensor::full({1, 3}, NAN);
  write_npz(folder / "bad.npz", {{"names", names}, {"vectors", nan}});
  refused("not finite");
  test::write_text(folder / "bad.npz", "");
  refused("empty");
  test::write_text(folder / "bad.npz", "PK no archive");
  EXPECT_THROW(read_directions(folder / "bad.npz"), DataError);
}

// At the minimum the gradient is 0: sum_i (p_i - y_i) x_i + l2 w, and sum_i (p_i - y_i).
TEST(BinaryLogisticTest, TheGradientVanishes) {
  const Planted planted;
  const std::vector<double> x = planted.codes.to_vector();
  std::vector<uint8_t> y(kSamples);
  for (const int64_t i : planted.attributes[1].positive) y[static_cast<size_t>(i)] = 1;
  for (const double l2 : {0.01, 1.0, 300.0}) {
    const BinaryLogistic fit = fit_binary_logistic(x, kDims, y, l2);
    std::vector<double> gradient(kDims + 1);
    for (size_t d = 0; d < kDims; ++d) gradient[d] = l2 * fit.weight[d];
    for (size_t i = 0; i < kSamples; ++i) {
      double logit = fit.bias;
      for (size_t d = 0; d < kDims; ++d) logit += fit.weight[d] * x[i * kDims + d];
      const double residual = 1.0 / (1.0 + std::exp(-logit)) - y[i];
      for (size_t d = 0; d < kDims; ++d) gradient[d] += residual * x[i * kDims + d];
      gradient[kDims] += residual;
    }
    for (const double g : gradient) EXPECT_NEAR(g, 0.0, 1e-8 * kSamples);
  }
}

TEST(BinaryLogisticTest, SeparableClassesHaveAFiniteMinimum) {
  const std::vector<double> x = {-2, -1, 1, 2};
  const BinaryLogistic fit = fit_binary_logistic(x, 1, std::vector<uint8_t>{0, 0, 1, 1}, 1.0);
  // Symmetric, so b = 0; w solves w = 2 s(-w) + 4 s(-2w), by bisection.
  EXPECT_NEAR(fit.bias, 0.0, 1e-8);
  double low = 0.0, high = 5.0;
  for (int i = 0; i < 60; ++i) {
    const double w = 0.5 * (low + high);
    (w < 2.0 / (1.0 + std::exp(w)) + 4.0 / (1.0 + std::exp(2.0 * w)) ? low : high) = w;
  }
  EXPECT_NEAR(fit.weight[0], low, 1e-7);
  // Far apart and hardly penalised: probabilities of 0 and 1, and still an answer.
  const BinaryLogistic far = fit_binary_logistic(std::vector<double>{-1e4, 1e4}, 1, std::vector<uint8_t>{0, 1}, 1e-6);
  EXPECT_TRUE(std::isfinite(far.weight[0]) && far.weight[0] > 0.0);
  EXPECT_THROW(fit_binary_logistic(x, 1, std::vector<uint8_t>{1, 1, 1, 1}, 1.0), std::invalid_argument);
  EXPECT_THROW(fit_binary_logistic(x, 2, std::vector<uint8_t>{0, 0, 1, 1}, 1.0), std::invalid_argument);
  EXPECT_THROW(fit_binary_logistic(x, 1, std::vector<uint8_t>{0, 0, 1, 1}, 0.0), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space
