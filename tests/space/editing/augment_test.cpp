#include <latent/space/editing/augment.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace latent::space {
namespace {

using ::testing::HasSubstr;

Tensor normals(const Shape& shape, uint64_t seed) {
  Tensor x = Tensor::empty(shape);
  Rng(seed).normal(x.span<float>());
  return x;
}

// 30 samples of class 0, 10 of class 2; codes of three dimensions.
struct Given {
  Tensor codes = normals({40, 3}, 1);
  Tensor stddev = Tensor::full({40, 3}, 0.5);
  std::vector<int64_t> labels = std::vector<int64_t>(40, 0);
  Given() { std::fill(labels.begin() + 30, labels.end(), 2); }
};

std::map<int64_t, int64_t> counts_of(const std::vector<int64_t>& values) {
  std::map<int64_t, int64_t> counts;
  for (const int64_t value : values) ++counts[value];
  return counts;
}

void expect_refused(const Given& given, const AugmentOptions& options, const char* text) {
  Rng rng(0);
  try {
    augment(given.codes, given.stddev, given.labels, options, rng);
    FAIL() << "expected: " << text;
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr(text));
  }
}

TEST(AugmentTest, ClassesGetTheirShareOrAsManyEach) {
  const Given given;
  Rng rng(3);
  const Augmented shares = augment(given.codes, given.stddev, given.labels, {.count = 101}, rng);
  EXPECT_EQ(counts_of(shares.labels), (std::map<int64_t, int64_t>{{0, 76}, {2, 25}}));
  EXPECT_TRUE(std::is_sorted(shares.labels.begin(), shares.labels.end()));
  const Augmented equal =
      augment(given.codes, given.stddev, given.labels, {.count = 101, .balance = Balance::equal}, rng);
  EXPECT_EQ(counts_of(equal.labels), (std::map<int64_t, int64_t>{{0, 51}, {2, 50}}));
  for (size_t i = 0; i < equal.labels.size(); ++i) {
    EXPECT_EQ(equal.labels[i], given.labels[static_cast<size_t>(equal.sources[i])]);
  }
}

TEST(AugmentTest, EverySampleIsUsedBeforeAnyIsUsedAgain) {
  const Given given;
  Rng rng(4);
  const Augmented few = augment(given.codes, given.stddev, {}, {.count = 25}, rng);
  EXPECT_EQ(counts_of(few.sources).size(), 25u);
  EXPECT_TRUE(few.labels.empty());
  const Augmented many = augment(given.codes, given.stddev, {}, {.count = 100}, rng);
  for (const auto& [row, times] : counts_of(many.sources)) EXPECT_TRUE(times == 2 || times == 3) << row;
  EXPECT_EQ(counts_of(many.sources).size(), 40u);
}

TEST(AugmentTest, DrawsHaveThePosteriorsMomentsTimesTheSpread) {
  const Tensor codes = Tensor::from(std::vector<float>{1, -2}, {1, 2});
  const Tensor stddev = Tensor::from(std::vector<float>{0.5F, 2}, {1, 2});
  Rng rng(5);
  constexpr int64_t kDraws = 20'000;
  const Augmented draws = augment(codes, stddev, {}, {.count = kDraws, .spread = 1.5}, rng);
  for (int64_t d = 0; d < 2; ++d) {
    double sum = 0.0, squares = 0.0;
    for (int64_t i = 0; i < kDraws; ++i) {
      const double value = draws.codes.data<float>()[i * 2 + d];
      sum += value;
      squares += value * value;
    }
    const double mean = sum / kDraws, sigma = 1.5 * stddev.data<float>()[d];
    const double error = 5.0 * sigma / std::sqrt(static_cast<double>(kDraws));  // five standard errors
    EXPECT_NEAR(mean, codes.data<float>()[d], error);
    EXPECT_NEAR(std::sqrt(squares / kDraws - mean * mean), sigma, error);
  }
}

TEST(AugmentTest, MixturesLieBetweenNearNeighboursOfOneClass) {
  const Given given;
  Rng rng(6);
  const Augmented mixed =
      augment(given.codes, {}, given.labels, {.count = 200, .method = AugmentMethod::neighbors, .neighbors = 3}, rng);
  ASSERT_EQ(mixed.partners.size(), 200u);
  const auto at = [](const Tensor& x, int64_t row) { return x.rows(row, row + 1).to_vector(); };
  const auto distance = [](const std::vector<double>& a, const std::vector<double>& b) {
    return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  };
  for (int64_t i = 0; i < 200; ++i) {
    const int64_t source = mixed.sources[static_cast<size_t>(i)], partner = mixed.partners[static_cast<size_t>(i)];
    ASSERT_NE(source, partner);
    ASSERT_EQ(given.labels[static_cast<size_t>(source)], given.labels[static_cast<size_t>(partner)]);
    const auto z = at(mixed.codes, i), a = at(given.codes, source), b = at(given.codes, partner);
    constexpr double kRounding = 1e-5;  // f32 values of order 1
    EXPECT_NEAR(distance(a, z) + distance(z, b), distance(a, b), kRounding);
    int nearer = 0;
    for (int64_t row = 0; row < 40; ++row) {
      const bool same_class = given.labels[static_cast<size_t>(row)] == given.labels[static_cast<size_t>(source)];
      if (row != source && same_class && distance(a, at(given.codes, row)) < distance(a, b)) ++nearer;
    }
    EXPECT_LT(nearer, 3);
  }
}

TEST(AugmentTest, SmallClassesAndDuplicatesHaveNeighboursToo) {
  Given given;
  std::fill(given.labels.begin(), given.labels.end() - 2, 0);
  std::fill(given.labels.end() - 2, given.labels.end(), 1);  // two samples, though five neighbours are asked for
  given.codes.rows(1, 2).copy_from(given.codes.rows(0, 1));
  Rng rng(7);
  const Augmented mixed = augment(given.codes, {}, given.labels,
                                  {.count = 80, .method = AugmentMethod::neighbors, .balance = Balance::equal}, rng);
  for (size_t i = 0; i < mixed.labels.size(); ++i) {
    EXPECT_NE(mixed.sources[i], mixed.partners[i]);
    if (mixed.labels[i] == 1) {
      EXPECT_GE(mixed.partners[i], 38);
    }
  }
}

TEST(AugmentTest, TheSeedDecidesAndUnknownLabelsAreLeftOut) {
  Given given;
  for (size_t i = 0; i < 20; ++i) given.labels[i] = -1;
  for (const AugmentMethod method : {AugmentMethod::posterior, AugmentMethod::neighbors}) {
    Rng a(8), b(8), c(9);
    const AugmentOptions options{.count = 50, .method = method};
    const Augmented first = augment(given.codes, given.stddev, given.labels, options, a);
    EXPECT_EQ(first.codes.to_vector(), augment(given.codes, given.stddev, given.labels, options, b).codes.to_vector());
    EXPECT_NE(first.codes.to_vector(), augment(given.codes, given.stddev, given.labels, options, c).codes.to_vector());
    for (const int64_t source : first.sources) EXPECT_GE(source, 20);
  }
}

TEST(AugmentTest, WrongCalls) {
  expect_refused({}, {.count = 0}, "count: expected at least 1");
  expect_refused({}, {.spread = 0.0}, "spread");
  expect_refused({}, {.method = AugmentMethod::neighbors, .neighbors = 0}, "neighbors: expected at least 1");
  Given zeros;
  zeros.stddev = Tensor::zeros({40, 3});
  expect_refused(zeros, {}, "use the method 'neighbors'");
  Given other;
  other.stddev = Tensor::zeros({40, 2});
  expect_refused(other, {}, "expected (40, 3) f32, got (40, 2)");
  Given lonely;
  lonely.labels[39] = 5;
  expect_refused(lonely, {.method = AugmentMethod::neighbors}, "class 5 has one sample");
  Given unknown;
  std::fill(unknown.labels.begin(), unknown.labels.end(), -1);
  expect_refused(unknown, {}, "none of the 40 samples has a label");
  Given not_finite;
  not_finite.codes.span<float>()[7] = NAN;
  expect_refused(not_finite, {}, "finite");
  EXPECT_THROW(augment_method_from("smote"), std::invalid_argument);
  EXPECT_THROW(balance_from("same"), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space
