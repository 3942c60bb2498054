// Logistic regression, ridge regression, nearest neighbours, and probes made of them.

#include <latent/space/probes/probe.hpp>

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/probes/knn_classifier.hpp>
#include <latent/space/probes/lbfgs.hpp>
#include <latent/space/probes/logistic.hpp>
#include <latent/space/probes/ridge.hpp>

#include <tests/space/golden_archive.hpp>
#include <tests/support/any_threads.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>
#include <set>

namespace latent::space {
namespace {

using ::testing::HasSubstr;
using Labels = std::vector<int64_t>;

// Where products are in f32 and the optimum is sought to a gradient of 1e-7, weights agree to about 1e-5 over the
// curvature, which the weakest penalty leaves smallest.
constexpr double kWeights = 2e-3;

// `per_class` rows about each of `classes` random centres.
struct Blobs {
  Tensor x;
  Target target;
  Blobs(int64_t classes, int64_t per_class, int64_t dims, double spread, uint64_t seed) {
    Rng rng(seed);
    std::vector<float> centres(static_cast<size_t>(classes * dims)),
        noise(centres.size() * static_cast<size_t>(per_class));
    rng.normal(std::span<float>(centres));
    rng.normal(std::span<float>(noise));
    x = Tensor::empty({classes * per_class, dims});
    for (int64_t i = 0; i < x.numel(); ++i) {
      const int64_t row = i / dims, label = row % classes;
      x.data<float>()[i] = 3.0F * centres[static_cast<size_t>(label * dims + i % dims)] +
                           static_cast<float>(spread) * noise[static_cast<size_t>(i)];
    }
    target.classes = classes;
    for (int64_t row = 0; row < x.dim(0); ++row) target.labels.push_back(row % classes);
  }
};

TEST(LbfgsTest, FindsTheMinimumOfRosenbrock) {
  std::vector<double> x{-1.2, 1.0};
  const LbfgsResult result = minimize_lbfgs(
      [](std::span<const double> at, std::span<double> gradient) {
        const double a = 1 - at[0], b = at[1] - at[0] * at[0];
        gradient[0] = -2 * a - 400 * at[0] * b;
        gradient[1] = 200 * b;
        return a * a + 100 * b * b;
      },
      x, {.tolerance = 1e-9, .min_decrease = 0.0});
  EXPECT_TRUE(result.converged);
  EXPECT_NEAR(x[0], 1.0, 1e-6);
  EXPECT_NEAR(x[1], 1.0, 1e-6);
}

TEST(LogisticTest, WeightsAreThoseOfScikitLearn) {
  const test::GoldenArchive golden("probes.npz");
  const Tensor x = golden.at("x");
  for (const auto& [name, C] : {std::pair<std::string, double>{"weak", 10.0}, {"one", 1.0}, {"strong", 0.01}}) {
    const Logistic model =
        fit_logistic(x, golden.integers("labels"), 3,
                     {.l2 = 1.0 / C, .max_iterations = 2000, .tolerance = 1e-7, .min_decrease = 0.0});
    EXPECT_TRUE(model.converged);
    const std::vector<double> weight = golden.values("logistic_" + name + "_weight");
    const std::vector<double> bias = golden.values("logistic_" + name + "_bias");
    for (size_t i = 0; i < weight.size(); ++i) EXPECT_NEAR(model.weight.to_vector()[i], weight[i], kWeights) << name;
    for (size_t i = 0; i < bias.size(); ++i) EXPECT_NEAR(model.bias.to_vector()[i], bias[i], kWeights) << name;
    EXPECT_EQ(model.predict(golden.at("x_test")), golden.integers("logistic_" + name + "_test")) << name;
  }
}

TEST(LogisticTest, SameBitsWithAnyThreadsAndFromWarmStarts) {
  const Blobs blobs(4, 2500, 7, 3.0, 1);  // several blocks of rows
  expect_same_with_any_threads(
      [&] { return fit_logistic(blobs.x, blobs.target.labels, 4, {.l2 = 10.0}).weight.to_vector(); });
  const LogisticOptions exact{.l2 = 10.0, .tolerance = 1e-7, .min_decrease = 0.0};
  const Logistic far = fit_logistic(blobs.x, blobs.target.labels, 4, {.l2 = 1e4});
  const Logistic cold = fit_logistic(blobs.x, blobs.target.labels, 4, exact);
  const Logistic warm = fit_logistic(blobs.x, blobs.target.labels, 4, exact, &far);
  for (size_t i = 0; i < 28; ++i) EXPECT_NEAR(cold.weight.to_vector()[i], warm.weight.to_vector()[i], kWeights);
}

TEST(LogisticTest, WrongCalls) {
  const Tensor x = Tensor::zeros({4, 2});
  EXPECT_THROW(fit_logistic(x, Labels{0, 1, 0}, 2), std::invalid_argument);
  EXPECT_THROW(fit_logistic(x, Labels{0, 1, 0, 2}, 2), std::invalid_argument);
  EXPECT_THROW(fit_logistic(x, Labels{0, 0, 0, 0}, 1), std::invalid_argument);
  EXPECT_THROW(fit_logistic(x, Labels{0, 1, 0, 1}, 2, {.l2 = 0.0}), std::invalid_argument);
  EXPECT_THROW(fit_logistic(Tensor::full({4, 2}, NAN), Labels{0, 1, 0, 1}, 2), std::invalid_argument);
  EXPECT_THROW(fit_logistic(Tensor::zeros({4, 2}, DType::f64), Labels{0, 1, 0, 1}, 2), std::invalid_argument);
}

TEST(RidgeTest, IsTheClosedFormOfScikitLearn) {
  const test::GoldenArchive golden("probes.npz");
  constexpr double kF32 = 1e-4;  // the Gram matrix is summed from products in f32
  const Tensor x = golden.at("x");
  const Ridge given = fit_ridge(x, golden.values("values"), std::vector<double>{7.0});
  EXPECT_NEAR(given.intercept, golden.value("ridge_intercept"), kF32);
  for (size_t d = 0; d < 5; ++d) EXPECT_NEAR(given.weight[d], golden.values("ridge_weight")[d], kF32);
  const Ridge chosen = fit_ridge(x, golden.values("values"), golden.values("strengths"));
  EXPECT_EQ(chosen.l2, golden.value("ridge_chosen"));
  for (size_t d = 0; d < 5; ++d) EXPECT_NEAR(chosen.weight[d], golden.values("ridge_chosen_weight")[d], kF32);
  const Ridge wide = fit_ridge(golden.at("wide"), golden.values("wide_values"), golden.values("strengths"));
  EXPECT_EQ(wide.l2, golden.value("wide_chosen"));
  EXPECT_NEAR(wide.intercept, golden.value("wide_intercept"), kF32);
  for (size_t d = 0; d < 60; ++d) EXPECT_NEAR(wide.weight[d], golden.values("wide_weight")[d], kF32);
}

// Above kMostExact rows and columns: the weights must satisfy the normal equations.
TEST(RidgeTest, ConjugateGradientsReachTheSameOptimum) {
  const int64_t N = 700, D = kMostExact + 8;
  Rng rng(4);
  Tensor x = Tensor::empty({N, D});
  rng.normal(x.span<float>());
  std::vector<double> y(static_cast<size_t>(N));
  rng.normal(std::span<double>(y));
  for (int64_t i = 0; i < N; ++i) y[static_cast<size_t>(i)] += 5.0 + 3.0 * x.data<float>()[i * D];
  const Ridge model = fit_ridge(x, y, std::vector<double>{50.0});
  const std::vector<double> predicted = model.predict(x);
  std::vector<double> gradient(model.weight);
  for (double& g : gradient) g *= 50.0;
  double sum = 0.0;
  for (int64_t i = 0; i < N; ++i) {
    const double error = predicted[static_cast<size_t>(i)] - y[static_cast<size_t>(i)];
    sum += error;
    for (int64_t d = 0; d < D; ++d) gradient[static_cast<size_t>(d)] += error * x.data<float>()[i * D + d];
  }
  EXPECT_NEAR(sum / static_cast<double>(N), 0.0, 1e-6);
  // Relative to x^T y, of about N * 3.
  for (const double g : gradient) EXPECT_NEAR(g, 0.0, 0.1);
  expect_same_with_any_threads([&] { return fit_ridge(x, y, std::vector<double>{1.0, 100.0}).weight; });
}

TEST(RidgeTest, WrongCalls) {
  const Tensor x = Tensor::zeros({3, 2});
  EXPECT_THROW(fit_ridge(x, std::vector<double>{1, 2}, std::vector<double>{1.0}), std::invalid_argument);
  EXPECT_THROW(fit_ridge(x, std::vector<double>{1, 2, NAN}, std::vector<double>{1.0}), std::invalid_argument);
  EXPECT_THROW(fit_ridge(x, std::vector<double>{1, 2, 3}, std::vector<double>{}), std::invalid_argument);
  EXPECT_THROW(fit_ridge(x, std::vector<double>{1, 2, 3}, std::vector<double>{-1.0}), std::invalid_argument);
  EXPECT_EQ(fit_ridge(x, std::vector<double>{1, 2, 3}, std::vector<double>{1.0}).intercept, 2.0);  // constant columns
}

TEST(KnnTest, PredictsAsScikitLearn) {
  const test::GoldenArchive golden("probes.npz");
  const Tensor x = golden.at("x"), x_test = golden.at("x_test");
  const Labels labels = golden.integers("labels");
  for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
    const std::string name = "knn_" + std::string(name_of(metric));
    const Knn weighted(x, {.k = 5, .metric = metric, .weights = KnnWeights::distance});
    EXPECT_EQ(weighted.predict_classes(x_test, labels), golden.integers(name + "_distance"));
    // Without weights votes may be equal; then ours is one of the classes that have most.
    const Labels voted = Knn(x, {.k = 5, .metric = metric}).predict_classes(x_test, labels);
    const Labels votes = golden.integers(name + "_votes");
    for (size_t i = 0; i < voted.size(); ++i) {
      const auto of_row = std::span(votes).subspan(3 * i, 3);
      EXPECT_EQ(of_row[static_cast<size_t>(voted[i])], *std::max_element(of_row.begin(), of_row.end()));
    }
    const Knn regression(x, {.k = 4, .metric = metric, .weights = KnnWeights::distance});
    const std::vector<double> predicted = regression.predict_values(x_test, golden.values("values"));
    const std::vector<double> expected = golden.values(name + "_values");
    constexpr double kF32 = 1e-4;  // of distances
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(predicted[i], expected[i], kF32) << name;
  }
}

TEST(KnnTest, OfEqualVotesTheNearestWinsAndCopiesDecideAlone) {
  const Tensor x = Tensor::from(std::vector<float>{0, 1, 5}, {3, 1});
  const Tensor at = Tensor::from(std::vector<float>{0.9F, 5}, {2, 1});
  EXPECT_EQ(Knn(x, {.k = 2}).predict_classes(at, Labels{0, 1, 2}), (Labels{1, 2}));
  const Knn weighted(x, {.k = 3, .weights = KnnWeights::distance});
  EXPECT_EQ(weighted.predict_values(at, std::vector<double>{10, 20, 70})[1], 70.0);
  EXPECT_THROW(Knn(x, {.k = 4}), std::invalid_argument);
  EXPECT_THROW(Knn(x, {.k = 1}).predict_classes(at, Labels{0, 1}), std::invalid_argument);
}

TEST(KnnTest, SettingsAreChosenThatSuitTheData) {
  // The class is in a column that noise of a thousand times its size drowns: only standardised columns show it.
  Rng rng(8);
  Tensor x = Tensor::empty({400, 2});
  rng.normal(x.span<float>());
  Labels labels;
  for (int64_t i = 0; i < 400; ++i) {
    labels.push_back(std::abs(x.data<float>()[2 * i]) > 0.67F ? 1 : 0);
    x.data<float>()[2 * i + 1] *= 1000.0F;
  }
  EXPECT_TRUE(choose_knn(x, labels, 0).standardize);
  EXPECT_THAT(choose_knn(x, labels, 0).str(), HasSubstr("standardised"));
  // Copies of rows: a row must not be its own neighbour, but its copy may be.
  EXPECT_EQ(choose_knn(Tensor::from(std::vector<float>{1, 1, 2, 2}, {4, 1}), Labels{0, 0, 1, 1}, 0).k, 1);
}

TEST(StandardizerTest, ConstantColumnsBecomeZero) {
  const Tensor x = Tensor::from(std::vector<float>{1, 0.1F, 3, 0.1F, 5, 0.1F}, {3, 2});
  const Tensor y = Standardizer::fit(x).apply(x);
  const float s = std::sqrt(1.5F);
  constexpr double kF32 = 1e-6;
  EXPECT_NEAR(y.data<float>()[0], -s, kF32);
  EXPECT_NEAR(y.data<float>()[4], s, kF32);
  for (const int64_t i : {1, 3, 5}) EXPECT_EQ(y.data<float>()[i], 0.0F);
}

TEST(StandardizerTest, SmallDifferencesFarFromZeroAreNoRounding) {
  std::vector<float> values;
  for (int i = 0; i < 3000; ++i) {
    values.push_back(i % 2 == 0 ? 1e6F : 1e6F + 1.0F);
    values.push_back(1e6F + 0.3F);
  }
  const Tensor x = Tensor::from(values, {3000, 2});
  const Tensor y = Standardizer::fit(x).apply(x);
  EXPECT_FLOAT_EQ(y.data<float>()[0], -1.0F);
  EXPECT_FLOAT_EQ(y.data<float>()[2], 1.0F);
  for (int64_t i = 0; i < 3000; ++i) EXPECT_EQ(y.data<float>()[2 * i + 1], 0.0F);
}

TEST(RoundsTest, EveryRowIsTestedOnceAndClassesAreSpread) {
  Target target{{}, 3, {}};
  for (int64_t i = 0; i < 100; ++i) target.labels.push_back(i < 80 ? 0 : (i < 95 ? 1 : 2));
  const std::vector<Round> rounds = cross_validation_rounds(target, 5, 3);
  std::vector<int64_t> tested;
  for (const Round& round : rounds) {
    EXPECT_EQ(round.train.size() + round.test.size(), 100u);
    const Target part = target.at(round.test);
    EXPECT_EQ(std::count(part.labels.begin(), part.labels.end(), 0), 16);
    EXPECT_EQ(std::count(part.labels.begin(), part.labels.end(), 1), 3);
    EXPECT_EQ(std::count(part.labels.begin(), part.labels.end(), 2), 1);
    tested.insert(tested.end(), round.test.begin(), round.test.end());
  }
  EXPECT_EQ(std::set<int64_t>(tested.begin(), tested.end()).size(), 100u);
  EXPECT_THROW(cross_validation_rounds(target, 1, 3), std::invalid_argument);
  EXPECT_THROW(cross_validation_rounds(target, 101, 3), std::invalid_argument);
  EXPECT_NE(cross_validation_rounds(target, 5, 4)[0].test, rounds[0].test);
}

TEST(RoundsTest, FewLabelsOfEachClass) {
  const Blobs blobs(3, 30, 2, 1.0, 5);
  std::vector<int64_t> pool(60), test(30);
  std::iota(pool.begin(), pool.end(), 0);
  std::iota(test.begin(), test.end(), 60);
  for (const Round& round : scarce_rounds(blobs.target, pool, test, {.per_class = 4, .repeats = 3, .seed = 1})) {
    EXPECT_EQ(round.train.size(), 12u);
    EXPECT_LT(round.train.back(), 60);
    EXPECT_EQ(round.test, test);
    const Target drawn = blobs.target.at(round.train);
    for (int64_t c = 0; c < 3; ++c) EXPECT_EQ(std::count(drawn.labels.begin(), drawn.labels.end(), c), 4);
  }
  const std::vector<Round> rest = scarce_rounds(blobs.target, pool, {}, {.per_class = 4, .repeats = 2, .seed = 1});
  EXPECT_EQ(rest[0].test.size(), 48u);
  EXPECT_NE(rest[0].train, rest[1].train);
  EXPECT_THROW(scarce_rounds(blobs.target, pool, {}, {.per_class = 20, .repeats = 1}), std::invalid_argument);
}

TEST(ProbeTest, TellsClassesThatLieApart) {
  const Blobs blobs(5, 60, 8, 0.3, 2);
  const std::vector<Round> rounds = cross_validation_rounds(blobs.target, 5, 0);
  for (const ProbeKind kind : {ProbeKind::linear, ProbeKind::knn}) {
    const ProbeScore score = probe(kind, blobs.x, blobs.target, rounds, 0);
    EXPECT_EQ(score.score, 1.0);
    EXPECT_EQ(score.standard_error, 0.0);
    EXPECT_EQ(score.scores.size(), 5u);
    EXPECT_EQ(score.predicted.labels, score.truth.labels);
  }
}

TEST(ProbeTest, LabelsThatMeanNothingGiveChance) {
  Blobs blobs(4, 250, 5, 1.0, 3);
  Rng rng(9);
  for (int64_t& label : blobs.target.labels) label = static_cast<int64_t>(rng.below(4));
  const std::vector<Round> rounds = cross_validation_rounds(blobs.target, 5, 0);
  for (const ProbeKind kind : {ProbeKind::linear, ProbeKind::knn}) {
    const ProbeScore score = probe(kind, blobs.x, blobs.target, rounds, 0);
    const double four_deviations = 4.0 * std::sqrt(0.25 * 0.75 / 1000.0);
    EXPECT_NEAR(score.score, 0.25, four_deviations);
  }
}

TEST(ProbeTest, NumbersThatAreLinearAndThatAreNot) {
  Rng rng(6);
  Tensor x = Tensor::empty({600, 3});
  rng.normal(x.span<float>());
  Target linear, bent;
  for (int64_t i = 0; i < 600; ++i) {
    const float* row = x.data<float>() + 3 * i;
    linear.values.push_back(4.0 + 2.0 * row[0] - row[1]);
    bent.values.push_back(static_cast<double>(row[0]) * row[0]);
  }
  const std::vector<Round> rounds = cross_validation_rounds(linear, 4, 0);
  const ProbeScore exact = probe(ProbeKind::linear, x, linear, rounds, 0);
  EXPECT_GT(exact.score, 0.9999);
  EXPECT_LT(exact.mean_absolute_error, 0.02);
  EXPECT_LT(probe(ProbeKind::linear, x, bent, rounds, 0).score, 0.1);
  EXPECT_GT(probe(ProbeKind::knn, x, bent, rounds, 0).score, 0.5);
}

TEST(ProbeTest, SameBitsWithAnyThreads) {
  const Blobs blobs(3, 200, 6, 3.0, 7);
  const std::vector<Round> rounds = cross_validation_rounds(blobs.target, 3, 0);
  for (const ProbeKind kind : {ProbeKind::linear, ProbeKind::knn}) {
    expect_same_with_any_threads([&] { return probe(kind, blobs.x, blobs.target, rounds, 0).predicted.labels; });
  }
}

TEST(ProbeTest, ExtraRowsAreTrainedOnAndNotMeasured) {
  // One labelled row of each class misleads; the extra rows show where the classes really are.
  const Tensor x = Tensor::from(std::vector<float>{0, 1, -5, -6, 5, 6}, {6, 1});
  const Target target{{1, 0, 0, 0, 1, 1}, 2, {}};
  const std::vector<Round> rounds = {{{0, 1}, {2, 3, 4, 5}}};
  const ProbeScore without = probe(ProbeKind::knn, x, target, rounds, 0);
  const ProbeScore with = probe(ProbeKind::knn, x, target, rounds, 0, [](size_t) {
    return ExtraRows{Tensor::from(std::vector<float>{-5, -6, -7, 5, 6, 7}, {6, 1}), {{0, 0, 0, 1, 1, 1}, 2, {}}};
  });
  EXPECT_EQ(without.score, 0.0);
  EXPECT_EQ(with.score, 1.0);
  EXPECT_EQ(with.truth.size(), 4);
}

TEST(ProbeTest, WrongCalls) {
  const Blobs blobs(2, 10, 3, 1.0, 1);
  const std::vector<Round> good = cross_validation_rounds(blobs.target, 2, 0);
  const auto refused = [&](const Tensor& x, const Target& target, const std::vector<Round>& rounds) {
    EXPECT_THROW(probe(ProbeKind::knn, x, target, rounds, 0), std::invalid_argument);
  };
  refused(blobs.x, {{0, 1}, 2, {}}, good);
  refused(blobs.x, {Labels(20, 2), 2, {}}, good);
  refused(blobs.x, {Labels(20, 0), 2, {}}, good);
  refused(blobs.x, {{}, 0, std::vector<double>(20, NAN)}, good);
  refused(Tensor::full({20, 3}, INFINITY), blobs.target, good);
  refused(blobs.x, blobs.target, {});
  refused(blobs.x, blobs.target, {{{0, 1, 2}, {}}});
  refused(blobs.x, blobs.target, {{{0}, {1}}});
  refused(blobs.x, blobs.target, {{{0, 99}, {1}}});
}

}  // namespace
}  // namespace latent::space
