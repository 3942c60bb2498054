// Disentanglement scores on codes whose scores are known.

#include <latent/core/rng.hpp>
#include <latent/space/metrics/factors.hpp>
#include <latent/space/metrics/forest.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

namespace latent::space {
namespace {

// A grid of two factors: 8 levels of one, 4 classes of the other, each pair `repeats` times.
struct Grid {
  std::vector<Factor> factors{{"size", {}, false}, {"shape", {}, true}};
  int64_t samples = 0;
  explicit Grid(int64_t repeats) {
    for (int64_t i = 0; i < 32 * repeats; ++i) {
      factors[0].values.push_back(static_cast<double>(i % 8));
      factors[1].values.push_back(static_cast<double>(i / 8 % 4));
      ++samples;
    }
  }
  Tensor codes(int64_t D, const std::function<double(double size, double shape, int64_t d)>& value) const {
    Tensor z = Tensor::empty({samples, D});
    for (int64_t n = 0; n < samples; ++n) {
      const auto i = static_cast<size_t>(n);
      for (int64_t d = 0; d < D; ++d) {
        z.data<float>()[n * D + d] = static_cast<float>(value(factors[0].values[i], factors[1].values[i], d));
      }
    }
    return z;
  }
};

TEST(MutualInformationGap, IsOneForAFactorInEachDimension) {
  const Grid grid(3);
  const Tensor z = grid.codes(3, [](double size, double shape, int64_t d) {
    return d == 0   ? size + 0.05 * size * size
           : d == 1 ? -shape
                    : 0.25;  // a curve, a line, and a dimension that says nothing
  });
  EXPECT_NEAR(mutual_information_gap(z, grid.factors), 1.0, 1e-9);
}

TEST(MutualInformationGap, IsZeroWhereTwoDimensionsSayTheSame) {
  const Grid grid(3);
  const Tensor z = grid.codes(4, [](double size, double shape, int64_t d) { return d % 2 == 0 ? size : shape; });
  EXPECT_NEAR(mutual_information_gap(z, grid.factors), 0.0, 1e-9);
}

// The first dimension holds both factors, the second whether the size is below 4: one of its three bits.
TEST(MutualInformationGap, ByHand) {
  const Grid grid(2);
  const Tensor z = grid.codes(2, [](double size, double, int64_t d) { return d == 0 ? size : size < 4 ? 0.0 : 1.0; });
  const std::vector<Factor> size{grid.factors[0]};
  EXPECT_NEAR(mutual_information_gap(z, size), (3.0 - 1.0) / 3.0, 1e-9);
}

TEST(MutualInformationGap, FactorsThatDoNotVaryAreLeftOut) {
  Grid grid(1);
  grid.factors.push_back({"constant", std::vector<double>(static_cast<size_t>(grid.samples), 2.0), false});
  const Tensor z = grid.codes(2, [](double size, double shape, int64_t d) { return d == 0 ? size : shape; });
  EXPECT_NEAR(mutual_information_gap(z, grid.factors), 1.0, 1e-9);
  EXPECT_THROW(mutual_information_gap(z, std::vector<Factor>{grid.factors[2]}), std::invalid_argument);
  EXPECT_THROW(mutual_information_gap(z, std::vector<Factor>{}), std::invalid_argument);
  EXPECT_THROW(mutual_information_gap(z.rows(0, 5), grid.factors), std::invalid_argument);
  Tensor bad = z.clone();
  bad.data<float>()[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(mutual_information_gap(bad, grid.factors), std::invalid_argument);
}

TEST(Dci, OfAnImportanceMatrixByHand) {
  const Dci identity = dci_of_importance(Tensor::from<double>({1, 0, 0, 1, 0, 0}, {3, 2}));
  EXPECT_NEAR(identity.disentanglement, 1.0, 1e-12);
  EXPECT_NEAR(identity.completeness, 1.0, 1e-12);
  const Dci equal = dci_of_importance(Tensor::full({3, 2}, 0.5, DType::f64));
  EXPECT_NEAR(equal.disentanglement, 0.0, 1e-12);
  EXPECT_NEAR(equal.completeness, 0.0, 1e-12);
  // Two dimensions share the first factor: each tells of one factor alone, but the first one needs both.
  const Dci shared = dci_of_importance(Tensor::from<double>({0.5, 0, 0.5, 0, 0, 1}, {3, 2}));
  EXPECT_NEAR(shared.disentanglement, 1.0, 1e-12);
  EXPECT_NEAR(shared.completeness, 0.5 * (1.0 - std::log(2.0) / std::log(3.0)) + 0.5, 1e-12);
  // Rows weigh by their share: (3, 1) of 4 with an entropy of 0.8113 bits, and (0, 4) of 4.
  const Dci weighed = dci_of_importance(Tensor::from<double>({3, 1, 0, 4}, {2, 2}));
  EXPECT_NEAR(weighed.disentanglement, 0.5 * (1.0 - 0.8112781244591328) + 0.5, 1e-12);
  EXPECT_THROW(dci_of_importance(Tensor::from<double>({1, -1}, {1, 2})), std::invalid_argument);
  EXPECT_THROW(dci_of_importance(Tensor::zeros({2, 2})), std::invalid_argument);
}

TEST(Dci, TellsFactorsInDimensionsFromMixedOnes) {
  const Grid grid(40);
  Rng rng(1);
  const auto noise = [&] { return 0.1 * (rng.uniform() - 0.5); };
  const Tensor apart = grid.codes(3, [&](double size, double shape, int64_t d) {
    return (d == 0 ? size : d == 1 ? shape : 0.0) + noise();
  });
  const Tensor mixed = grid.codes(3, [&](double size, double shape, int64_t d) {
    return (d == 0 ? size + 2.0 * shape : d == 1 ? size - 2.0 * shape : 0.0) + noise();
  });
  const DciResult good = dci(apart, grid.factors), bad = dci(mixed, grid.factors);
  EXPECT_GT(good.scores.disentanglement, 0.95);
  EXPECT_GT(good.scores.completeness, 0.95);
  EXPECT_GT(good.scores.informativeness, 0.98);
  EXPECT_EQ(good.importance.shape(), Shape({3, 2}));
  EXPECT_LT(bad.scores.disentanglement, 0.5);
  EXPECT_GT(bad.scores.informativeness, 0.8);  // both factors can still be told
  // Nothing can be told of factors by codes that know nothing of them.
  const Tensor unrelated = grid.codes(3, [&](double, double, int64_t) { return noise(); });
  const DciResult none = dci(unrelated, grid.factors);
  EXPECT_LT(none.informativeness[0], 0.1);  // R2 of a number
  EXPECT_LT(none.informativeness[1], 0.4);  // accuracy among four classes
  EXPECT_EQ(dci(apart, grid.factors).scores.disentanglement, good.scores.disentanglement);  // the same seed
}

TEST(Forest, FindsTheColumnThatMattersAndPredictsACurve) {
  constexpr int64_t N = 2000;
  Rng rng(2);
  Tensor x = Tensor::empty({N, 3});
  rng.uniform(x.span<float>());
  std::vector<double> y;
  for (int64_t n = 0; n < N; ++n) {
    y.push_back(std::sin(2.0 * std::numbers::pi * static_cast<double>(x.data<float>()[3 * n + 1])));
  }
  const Forest forest(x, y, 1);
  EXPECT_GT(forest.importance()[1], 0.99);
  EXPECT_NEAR(forest.importance()[0] + forest.importance()[1] + forest.importance()[2], 1.0, 1e-12);
  const std::vector<double> predicted = forest.predict(x);
  double worst = 0.0;
  for (size_t n = 0; n < predicted.size(); ++n) worst = std::max(worst, std::abs(predicted[n] - y[n]));
  EXPECT_LT(worst, 0.2);  // 64 quantiles of a curve of slope 2 pi: 0.1, and the edge of a leaf
  EXPECT_THROW(Forest(x, std::vector<double>(5), 1), std::invalid_argument);
  EXPECT_THROW(Forest(x, y, 1, {.trees = 0}), std::invalid_argument);
  EXPECT_THROW(forest.predict(Tensor::zeros({2, 2})), std::invalid_argument);
}

TEST(Forest, AConstantTargetOrColumnIsNoSplit) {
  const Forest forest(Tensor::full({10, 2}, 1.0), std::vector<double>(10, 3.0), 1);
  EXPECT_EQ(forest.importance(), (std::vector<double>{0.0, 0.0}));
  EXPECT_NEAR(forest.predict(Tensor::full({1, 2}, 9.0)).at(0), 3.0, 1e-12);  // the mean of ten trees
}

}  // namespace
}  // namespace latent::space
