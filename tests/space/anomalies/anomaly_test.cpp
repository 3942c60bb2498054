#include <latent/space/anomalies/anomaly.hpp>
#include <latent/space/anomalies/column_deviations.hpp>
#include <latent/space/anomalies/detail/column_mahalanobis.hpp>

#include <latent/core/rng.hpp>
#include <latent/space/metrics/ranking.hpp>

#include <tests/support/any_threads.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace latent::space {
namespace {

using ::testing::HasSubstr;

constexpr double kFloatTolerance = 1e-4;  // f32 distances, and ratios of them

Tensor normal_rows(int64_t n, int64_t columns, uint64_t seed, float shift = 0.0F) {
  Tensor x = Tensor::empty({n, columns});
  Rng rng(seed);
  rng.normal(x.span<float>());
  for (float& value : x.span<float>()) value += shift;
  return x;
}

// What a model would say that codes the first two columns and reconstructs nothing else.
AnomalyFeatures features_of(const Tensor& x) {
  const int64_t N = x.dim(0), P = x.dim(1);
  AnomalyFeatures features{x, Tensor::empty({N, 2}), Tensor::zeros({N, P}), {}};
  std::vector<double> nll;
  for (int64_t n = 0; n < N; ++n) {
    double squares = 0.0;
    for (int64_t p = 0; p < P; ++p) {
      const float value = x.data<float>()[n * P + p];
      if (p < 2) features.codes.data<float>()[n * 2 + p] = features.x_hat.data<float>()[n * P + p] = value;
      squares += 0.5 * value * value;
    }
    nll.push_back(squares);
  }
  features.terms = {{"reconstruction", nll}, {"neg_elbo", nll}};
  return features;
}

const AnomalyComponent& component(const AnomalyScores& scores, const std::string& name) {
  const auto found = std::find_if(scores.components.begin(), scores.components.end(),
                                  [&](const AnomalyComponent& c) { return c.name == name; });
  EXPECT_NE(found, scores.components.end()) << name;
  return *found;
}

TEST(AnomalyScorer, ComponentsOfAFewPointsByHand) {
  // A square and its middle; fewer rows than kNeighbors, so that all of them are neighbours.
  const Tensor square = Tensor::from<float>({0, 0, 2, 0, 0, 2, 2, 2, 1, 1}, {5, 2});
  const AnomalyFeatures reference{square, square, square, {}};
  const AnomalyFeatures held_out{Tensor::from<float>({1, 0}, {1, 2}),
                                 Tensor::from<float>({1, 0}, {1, 2}),
                                 Tensor::from<float>({1, 0}, {1, 2}),
                                 {}};
  const AnomalyScorer scorer(reference, held_out, {.by_column = false});
  const Tensor point = Tensor::from<float>({4, 1}, {1, 2});
  const AnomalyScores scores = scorer.score({point, point, point, {}});
  const double to_far = std::sqrt(17.0), to_near = std::sqrt(5.0);
  const double distance = (2 * to_far + 2 * to_near + 3) / 5;
  EXPECT_NEAR(component(scores, "distance").values[0], distance, kFloatTolerance);
  // A corner's distances to the four others; the middle's.
  const double corner = (2 + 2 + std::sqrt(8.0) + std::sqrt(2.0)) / 4, middle = std::sqrt(2.0);
  EXPECT_NEAR(component(scores, "density").values[0], distance / ((4 * corner + middle) / 5), kFloatTolerance);
  // Codes: mean (1, 1), both variances 4/5, no covariance.
  EXPECT_NEAR(component(scores, "mahalanobis").values[0], 3 / std::sqrt(0.8), kFloatTolerance);
  EXPECT_NEAR(component(scores, "code_distance").values[0], distance / std::sqrt(0.8), kFloatTolerance);
  EXPECT_EQ(scores.p_value[0], 0.5);
}

TEST(AnomalyScorer, TailsByHand) {
  const Tensor x = Tensor::from<float>({1, 2, 3, 4}, {4, 1});
  const AnomalyScorer scorer({x, {}, {}, {}}, {x.rows(0, 1), {}, {}, {}});
  const AnomalyScores scores = scorer.score({Tensor::from<float>({3, 9, 2.5}, {3, 1}), {}, {}, {}});
  const std::vector<double>& tails = component(scores, "tails").values;
  EXPECT_NEAR(tails[0], -std::log(3.0 / 5), 1e-12);  // 3 and 4 are at least 3
  EXPECT_NEAR(tails[1], -std::log(1.0 / 5), 1e-12);  // none is at least 9
  EXPECT_NEAR(tails[2], -std::log(3.0 / 5), 1e-12);
}

TEST(ColumnMahalanobis, ByHand) {
  // Variances 8/3 and 2/3, to which a hundredth of their mean is added; no covariance.
  const ColumnMahalanobis distance(Tensor::from<float>({-2, 0, 2, 0, 0, 1, 0, -1}, {4, 2}));
  const std::vector<double> values = distance(Tensor::from<float>({4, 1, 0, 0}, {2, 2}));
  const double added = 0.01 * (8.0 / 3 + 2.0 / 3) / 2;
  EXPECT_NEAR(values[0], std::sqrt(16 / (8.0 / 3 + added) + 1 / (2.0 / 3 + added)), kFloatTolerance);
  EXPECT_NEAR(values[1], 0.0, kFloatTolerance);
  // Fewer rows than columns: beside what they span there is the added variance alone, 0.01 * 2 / 4.
  const ColumnMahalanobis few(Tensor::from<float>({1, 0, 0, 0, -1, 0, 0, 0}, {2, 4}));
  EXPECT_NEAR(few(Tensor::from<float>({0, 0, 3, 0}, {1, 4}))[0], 3 / std::sqrt(0.005), 100 * kFloatTolerance);
  EXPECT_NEAR(ColumnMahalanobis(Tensor::from<float>({1, 1}, {1, 2}))(Tensor::from<float>({4, 5}, {1, 2}))[0], 5.0,
              kFloatTolerance);
}

TEST(ColumnMahalanobis, DirectionsBesideTheComponentsShareTheirMeanVariance) {
  constexpr int64_t kColumns = ColumnMahalanobis::kMostComponents + 72, kRows = 4000;
  const Tensor x = normal_rows(kRows, kColumns, 1), fresh = normal_rows(100, kColumns, 2);
  double mean_square = 0.0;
  for (const double value : ColumnMahalanobis(x)(fresh)) mean_square += value * value / 100;
  // chi-squared of 200 degrees: five standard errors of the mean of 100, and a twentieth for fitted variances.
  EXPECT_NEAR(mean_square, kColumns, 5 * std::sqrt(2.0 * kColumns / 100) + 0.05 * kColumns);
}

TEST(ColumnMahalanobis, ARowOfTheReferenceIsComparedWithTheOthers) {
  constexpr int64_t kRows = 30, kColumns = 4;
  const Tensor x = normal_rows(kRows, kColumns, 1);
  const std::vector<double> own = ColumnMahalanobis(x).own();
  for (int64_t left_out = 0; left_out < kRows; ++left_out) {
    Tensor others = Tensor::empty({kRows - 1, kColumns});
    if (left_out > 0) others.rows(0, left_out).copy_from(x.rows(0, left_out));
    if (left_out < kRows - 1) others.rows(left_out, kRows - 1).copy_from(x.rows(left_out + 1, kRows));
    const double expected = ColumnMahalanobis(others)(x.rows(left_out, left_out + 1))[0];
    // A row moves the added hundredth of the variance by a part in thirty or so.
    EXPECT_NEAR(own[static_cast<size_t>(left_out)], expected, 3e-3 * expected) << left_out;
  }
}

TEST(AnomalyScorer, PValuesOfNormalDataAreUniformAndThoseOfOthersSmall) {
  constexpr int64_t kCalibration = 400, kNew = 1000;
  const AnomalyScorer scorer(features_of(normal_rows(800, 4, 1)), features_of(normal_rows(kCalibration, 4, 2)));
  std::vector<double> p = scorer.score(features_of(normal_rows(kNew, 4, 3))).p_value;
  std::sort(p.begin(), p.end());
  double distance = 0.0;
  for (size_t i = 0; i < p.size(); ++i) distance = std::max(distance, std::abs(p[i] - (i + 0.5) / kNew));
  // Kolmogorov for two samples: exceeded once in 1,000 seeds.
  EXPECT_LT(distance, 1.95 * std::sqrt(1.0 / kNew + 1.0 / kCalibration));
  const AnomalyScores odd = scorer.score(features_of(normal_rows(50, 4, 4, 9.0F)));
  for (const double value : odd.p_value) EXPECT_EQ(value, 1.0 / (kCalibration + 1));
  for (const double value : odd.score) EXPECT_GT(value, 3.0);
}

TEST(AnomalyScorer, KnownGaussiansAreToldApart) {
  const AnomalyScorer scorer(features_of(normal_rows(600, 4, 1)), features_of(normal_rows(60, 4, 2)));
  const AnomalyScores usual = scorer.score(features_of(normal_rows(500, 4, 3)));
  const AnomalyScores odd = scorer.score(features_of(normal_rows(500, 4, 4, 1.5F)));
  const auto auroc_of = [&](std::vector<double> a, const std::vector<double>& b) {
    std::vector<uint8_t> is_odd(a.size(), 0);
    a.insert(a.end(), b.begin(), b.end());
    is_odd.resize(a.size(), 1);
    return auroc(a, is_odd);
  };
  // |x|^2 is chi-squared with 4 degrees of freedom, or noncentral by 4 * 1.5^2 = 9: |x| itself puts 0.918 of the pairs
  // in order, which is what neg_elbo does here; the mean with others that know less of Gaussians is not far below.
  EXPECT_NEAR(auroc_of(component(usual, "neg_elbo").values, component(odd, "neg_elbo").values), 0.918, 0.02);
  EXPECT_GT(auroc_of(usual.score, odd.score), 0.85);
  for (size_t i = 0; i < usual.components.size(); ++i) {
    if (usual.components[i].name == "constants") continue;  // there are none here
    EXPECT_GT(auroc_of(usual.components[i].values, odd.components[i].values), 0.6) << usual.components[i].name;
  }
}

TEST(AnomalyScorer, RowsAreScoredByThemselvesInTheirOrder) {
  const AnomalyScorer scorer(features_of(normal_rows(200, 3, 1)), features_of(normal_rows(20, 3, 2)));
  const Tensor x = normal_rows(37, 3, 3);
  const AnomalyScores all = scorer.score(features_of(x));
  const AnomalyScores part = scorer.score(features_of(x.rows(5, 12)));
  for (size_t n = 0; n < 7; ++n) EXPECT_NEAR(part.score[n], all.score[n + 5], kFloatTolerance);
}

TEST(AnomalyScorer, IsTheSameAtAnyNumberOfThreads) {
  constexpr int64_t kRows = 2000, kColumns = 8;  // enough that products are worth sharing out
  const auto features = [](int64_t rows, uint64_t seed) {
    AnomalyFeatures all = features_of(normal_rows(rows, kColumns, seed));
    all.codes = normal_rows(rows, kColumns, seed + 10);
    return all;
  };
  expect_same_with_any_threads([&] {
    const AnomalyScorer scorer(features(kRows, 1), features(50, 2));
    const AnomalyScores scores = scorer.score(features(37, 3));
    std::vector<std::vector<double>> all = {scores.score, scores.p_value};
    for (const AnomalyComponent& c : scores.components) all.push_back(c.values);
    return all;
  });
}

TEST(AnomalyScorer, ComponentsFollowFromWhatIsKnown) {
  const auto names_of = [](const AnomalyScores& scores) {
    std::string names;
    for (const AnomalyComponent& c : scores.components) names += c.name + (c.is_combined ? "+ " : " ");
    return names;
  };
  const AnomalyFeatures all = features_of(normal_rows(20, 3, 1));
  EXPECT_EQ(names_of(AnomalyScorer(all, all).score(all)),
            "distance+ density+ wide_density+ joint_density+ wide_joint_density+ code_distance+ code_density+ "
            "wide_code_density+ mahalanobis column_mahalanobis tails+ reconstruction neg_elbo+ constants+ ");
  AnomalyFeatures codes_only = all;
  codes_only.x_hat = {};
  codes_only.terms.clear();
  EXPECT_EQ(names_of(AnomalyScorer(codes_only, codes_only, {.by_column = false}).score(codes_only)),
            "distance+ density+ wide_density+ code_distance+ code_density+ wide_code_density+ mahalanobis ");
  AnomalyFeatures plain = all;
  plain.terms.pop_back();
  EXPECT_THAT(names_of(AnomalyScorer(plain, plain).score(plain)), HasSubstr("reconstruction+ "));
}

TEST(AnomalyScorer, ConstantColumnsCopiesAndSingleRowsAreNoObstacle) {
  Tensor x = normal_rows(30, 3, 1);
  for (int64_t n = 0; n < 30; ++n) x.data<float>()[3 * n + 1] = 4.0F;
  const AnomalyFeatures reference = features_of(x);
  const AnomalyScorer scorer(reference, features_of(x.rows(0, 3)));
  Tensor other = x.rows(0, 1).clone();
  other.data<float>()[1] = 4.5F;
  const AnomalyScores same = scorer.score(features_of(x.rows(0, 1))), changed = scorer.score(features_of(other));
  EXPECT_GT(changed.score[0], same.score[0]);

  const AnomalyFeatures equal = features_of(Tensor::full({10, 2}, 1.0));
  const AnomalyFeatures one = features_of(Tensor::full({1, 2}, 1.0));
  for (const AnomalyFeatures& rows : {equal, one}) {
    const AnomalyScorer of_equals(rows, one);
    const AnomalyScores scores = of_equals.score(features_of(Tensor::from<float>({1, 1, 3, 1}, {2, 2})));
    EXPECT_TRUE(std::isfinite(scores.score[0]));
    EXPECT_GT(scores.score[1], scores.score[0]);
    EXPECT_EQ(scores.p_value[0], 1.0);
    EXPECT_EQ(scores.p_value[1], 0.5);
  }
}

// n rows of normal columns, followed by flags that are set in a share of the rows.
Tensor with_flags(int64_t n, int64_t normal, int64_t flags, double share, uint64_t seed) {
  const Tensor numbers = normal_rows(n, normal + flags, seed);
  Tensor x = numbers.clone();
  Rng rng(seed + 1000);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t f = 0; f < flags; ++f) {
      x.data<float>()[i * (normal + flags) + normal + f] = rng.uniform() < share ? 1.0F : 0.0F;
    }
  }
  return x;
}

TEST(AnomalyScorer, AChangedConstantIsFoundBesideManyColumns) {
  for (const int64_t columns : {5, 29, 100}) {
    const auto rows = [&](int64_t n, uint64_t seed) { return with_flags(n, columns, 1, 0.0, seed); };
    const AnomalyScorer scorer(features_of(rows(900, 1)), features_of(rows(100, 2)));
    Tensor changed = rows(50, 3);
    for (int64_t n = 0; n < 50; ++n) changed.data<float>()[n * (columns + 1) + columns] = n % 2 == 0 ? 1.0F : -1e-3F;
    const AnomalyScores odd = scorer.score(features_of(changed)), usual = scorer.score(features_of(rows(50, 3)));
    for (size_t n = 0; n < 50; ++n) {
      EXPECT_LE(odd.p_value[n], 0.05) << columns << " columns, row " << n;
      EXPECT_EQ(component(odd, "constants").values[n], 1.0);
      EXPECT_EQ(component(usual, "constants").values[n], 0.0);
      // One in 902 by the rule of succession is 3.06 standard deviations.
      EXPECT_GT(odd.score[n], usual.score[n] + 3.0);
      // Beside many columns the other components hardly notice a small step: `tails` and the loss move a little.
      if (columns == 100 && n % 2 == 1) {
        EXPECT_NEAR(odd.score[n] - usual.score[n], 3.06, 0.25);
      }
    }
  }
}

// Where nearly every row would have been the first to set a flag, another such row is no great surprise.
TEST(AnomalyScorer, ConstantsThatRowsOfTheReferenceWouldHaveChangedSayLittle) {
  constexpr int64_t kNormal = 3, kColumns = 403, kRows = 400;  // each flag is set in one of 400 rows
  const auto rows = [](int64_t n, uint64_t seed) {
    return with_flags(n, kNormal, kColumns - kNormal, 1.0 / kRows, seed);
  };
  const Tensor reference = rows(kRows, 1);
  int64_t constant = kNormal;
  const auto is_set = [&](int64_t column) {
    for (int64_t n = 0; n < kRows; ++n) {
      if (reference.data<float>()[n * kColumns + column] != 0.0F) return true;
    }
    return false;
  };
  while (is_set(constant)) ++constant;
  Tensor row = rows(1, 3);
  row.data<float>()[constant] = 0.0F;
  const AnomalyScorer scorer(features_of(reference), features_of(rows(100, 2)));
  const AnomalyScores before = scorer.score(features_of(row));
  row.data<float>()[constant] = 1.0F;
  const AnomalyScores after = scorer.score(features_of(row));
  EXPECT_EQ(component(after, "constants").values[0], component(before, "constants").values[0] + 1.0);
  EXPECT_GT(after.score[0], before.score[0]);
  // A third of the rows have a flag that no other has: half a deviation, not the 2.8 of one in 402.
  EXPECT_LT(after.score[0], before.score[0] + 2.0);
}

TEST(AnomalyScorer, DensitiesWeighAsMuchAsDistancesCanTell) {
  const auto weight = [](const Tensor& reference, const Tensor& held_out) {
    const AnomalyScorer scorer({reference, {}, {}, {}}, {held_out, {}, {}, {}});
    return component(scorer.score({held_out, {}, {}, {}}), "density").weight;
  };
  EXPECT_NEAR(weight(normal_rows(300, 6, 1), normal_rows(30, 6, 2)), 1.0, 1e-12);  // no two values are equal
  // Independent coins: they differ in half of the cases, and swapped rows are as normal as others.
  EXPECT_NEAR(weight(with_flags(300, 0, 12, 0.5, 1), with_flags(30, 0, 12, 0.5, 2)), 0.25, 0.05);
  // Copies of one coin: a row in which they differ is found at once.
  const auto copies = [](int64_t n, uint64_t seed) {
    const Tensor coin = with_flags(n, 0, 1, 0.5, seed);
    Tensor x = Tensor::empty({n, 12});
    for (int64_t i = 0; i < 12 * n; ++i) x.data<float>()[i] = coin.data<float>()[i / 12];
    return x;
  };
  EXPECT_GT(weight(copies(300, 1), copies(30, 2)), 0.9);
  EXPECT_EQ(weight(Tensor::full({10, 2}, 1.0), Tensor::full({3, 2}, 1.0)), 0.0);
  const AnomalyScorer pictures(features_of(copies(20, 1)), features_of(copies(5, 2)), {.by_column = false});
  EXPECT_EQ(component(pictures.score(features_of(copies(5, 3))), "density").weight, 1.0);
}

TEST(AnomalyScorer, ColumnMahalanobisTakesTheWeightThatDensitiesLose) {
  for (const double share : {0.1, 0.5}) {
    const auto rows = [&](int64_t n, uint64_t seed) { return with_flags(n, 0, 12, share, seed); };
    const auto total = [&](const AnomalyScores& scores) {
      double sum = 0.0;
      for (const AnomalyComponent& c : scores.components) {
        const bool is_ratio = c.name.ends_with("density");
        sum += is_ratio || c.name == "column_mahalanobis" ? c.weight : 0.0;
        if (is_ratio) {
          EXPECT_LT(c.weight, 0.5) << c.name;
        }
      }
      return sum;
    };
    const AnomalyFeatures all = features_of(rows(300, 1)), held_out = features_of(rows(30, 2));
    EXPECT_NEAR(total(AnomalyScorer(all, held_out).score(held_out)), 6.0, 1e-12);
    const AnomalyFeatures values{all.x, {}, {}, {}}, other_values{held_out.x, {}, {}, {}};
    EXPECT_NEAR(total(AnomalyScorer(values, other_values).score(other_values)), 2.0, 1e-12);
  }
}

TEST(AnomalyScorer, PValuesOfNormalFlagsAreUniform) {
  constexpr int64_t kCalibration = 500, kNew = 1000;
  const auto rows = [](int64_t n, uint64_t seed) { return features_of(with_flags(n, 2, 20, 0.2, seed)); };
  const AnomalyScorer scorer(rows(800, 1), rows(kCalibration, 2));
  const std::vector<double> p = scorer.score(rows(kNew, 3)).p_value;
  for (const double level : {0.01, 0.05, 0.1, 0.5}) {
    const auto below = std::count_if(p.begin(), p.end(), [&](double value) { return value <= level; });
    // Four standard errors, of the new and of the calibration.
    const double error = std::sqrt(level * (1.0 - level) * (1.0 / kNew + 1.0 / kCalibration));
    EXPECT_NEAR(static_cast<double>(below) / kNew, level, 4.0 * error + 1.0 / kCalibration) << level;
  }
}

TEST(ColumnDeviations, InUnitsOfTheUsualAndOfWhatNeverVaried) {
  AnomalyFeatures reference{Tensor::from<float>({1, 7, 3, 7, 5, 7}, {3, 2}), {}, {}, {}};
  reference.x_hat = Tensor::from<float>({2, 0, 2, 0, 4, 0}, {3, 2});  // residuals -1, 1, 1; the constant is not learned
  const ColumnDeviations deviations(reference);
  AnomalyFeatures samples{Tensor::from<float>({5, 7, 1, 7.5F, 1, -9}, {3, 2}), {}, {}, {}};
  samples.x_hat = Tensor::from<float>({2, 3, 2, 3, 1, 3}, {3, 2});
  EXPECT_EQ(deviations(samples).to_vector(), (std::vector<double>{3, 0, -1, 2, 0, -2}));  // sqrt(3 + 1)
  EXPECT_THROW(ColumnDeviations({samples.x, {}, {}, {}}), std::invalid_argument);
  samples.x = samples.x_hat = normal_rows(3, 4, 1);
  EXPECT_THROW(deviations(samples), std::invalid_argument);
}

TEST(AnomalyScorer, WhatAModelCouldNotComputeIsAsOddAsCanBe) {
  const AnomalyScorer scorer(features_of(normal_rows(50, 3, 1)), features_of(normal_rows(20, 3, 2)));
  AnomalyFeatures broken = features_of(normal_rows(2, 3, 3));
  broken.codes.data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  broken.x_hat.data<float>()[0] = std::numeric_limits<float>::infinity();
  broken.terms[1].second[0] = std::numeric_limits<double>::infinity();
  const AnomalyScores scores = scorer.score(broken);
  EXPECT_TRUE(std::isfinite(scores.score[0]));
  EXPECT_GT(scores.score[0], 3.0);
  EXPECT_EQ(scores.p_value[0], 1.0 / 21);
  const AnomalyScores huge = scorer.score(features_of(Tensor::full({1, 3}, 1e30)));
  EXPECT_TRUE(std::isfinite(huge.score[0]));
  EXPECT_EQ(huge.p_value[0], 1.0 / 21);
}

TEST(AnomalyScorer, RefusesWhatDoesNotFit) {
  const AnomalyFeatures good = features_of(normal_rows(10, 3, 1));
  const AnomalyScorer scorer(good, good);
  EXPECT_THROW(scorer.score(features_of(normal_rows(10, 4, 1))), std::invalid_argument);
  EXPECT_THROW(scorer.score({good.x, {}, {}, {}}), std::invalid_argument);
  EXPECT_THROW(AnomalyScorer({}, good), std::invalid_argument);
  EXPECT_THROW(AnomalyScorer(good, {good.x, good.codes, good.x_hat, {}}), std::invalid_argument);
  AnomalyFeatures broken = features_of(normal_rows(10, 3, 1));
  broken.x.data<float>()[4] = std::nanf("");
  EXPECT_THROW(scorer.score(broken), std::invalid_argument);
  AnomalyFeatures short_term = good;
  short_term.terms[0].second.pop_back();
  EXPECT_THROW(scorer.score(short_term), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space
