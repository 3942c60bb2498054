// k-means, mixtures of Gaussians, and the number of clusters.

#include <tests/support/normal.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/space/clusters/cluster_count.hpp>
#include <latent/space/clusters/kmeans.hpp>
#include <latent/space/clusters/mixture.hpp>
#include <latent/space/metrics/scores.hpp>

#include <tests/space/golden_archive.hpp>
#include <tests/support/any_threads.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace latent::space {
namespace {

using ::testing::Each;

// Rows about `clusters` centres on a grid, `apart` standard deviations from each other.
struct Planted {
  Tensor x;
  std::vector<int64_t> truth;
  Planted(int64_t clusters, int64_t each, int64_t dims, double apart, uint64_t seed) {
    Rng rng(seed);
    x = Tensor::empty({clusters * each, dims});
    rng.normal(x.span<float>());
    for (int64_t i = 0; i < x.dim(0); ++i) {
      const int64_t c = i % clusters;
      truth.push_back(c);
      x.data<float>()[i * dims] += static_cast<float>(apart * static_cast<double>(c % 3));
      x.data<float>()[i * dims + 1] += static_cast<float>(apart * static_cast<double>(c / 3));
    }
  }
};

TEST(KmeansTest, InertiaIsThatOfScikitLearnOrLess) {
  const test::GoldenArchive golden("probes.npz");
  for (const int64_t k : {3, 5, 8}) {
    const Kmeans fit = fit_kmeans(golden.at("iris"), {.k = k, .restarts = 300, .tolerance = 0.0});
    const double expected = golden.value("kmeans_" + std::to_string(k) + "_inertia");
    EXPECT_NEAR(fit.inertia, expected, 1e-4 * expected) << k;
  }
}

TEST(KmeansTest, FindsPlantedClustersWhateverTheUnits) {
  const Planted planted(6, 80, 4, 12.0, 1);
  for (const double shift : {0.0, 1e4}) {
    Tensor x = planted.x.clone();
    for (float& value : x.span<float>()) value = static_cast<float>(value * 10.0 + shift);
    const Kmeans fit = fit_kmeans(x, {.k = 6});
    EXPECT_EQ(adjusted_rand_index(planted.truth, fit.clusters), 1.0);
    EXPECT_THAT(fit.sizes, Each(80));
    EXPECT_TRUE(fit.converged);
    EXPECT_EQ(fit.predict(x), fit.clusters);
  }
}

TEST(KmeansTest, EveryRowIsAtItsNearestCentreAndFiguresAgree) {
  const Planted planted(5, 100, 3, 2.0, 2);
  const Kmeans fit = fit_kmeans(planted.x, {.k = 7});
  double inertia = 0.0;
  for (int64_t i = 0; i < planted.x.dim(0); ++i) {
    std::vector<double> squares;
    for (int64_t c = 0; c < 7; ++c) {
      double sum = 0.0;
      for (int64_t d = 0; d < 3; ++d) {
        sum += std::pow(planted.x.data<float>()[i * 3 + d] - fit.centers.data<float>()[c * 3 + d], 2);
      }
      squares.push_back(sum);
    }
    const double own = squares[static_cast<size_t>(fit.clusters[static_cast<size_t>(i)])];
    EXPECT_LE(own, *std::min_element(squares.begin(), squares.end()) + 1e-5);  // products in f32
    EXPECT_NEAR(fit.distances[static_cast<size_t>(i)], std::sqrt(own), 1e-5);
    inertia += own;
  }
  EXPECT_NEAR(fit.inertia, inertia, 1e-3);
  EXPECT_EQ(std::accumulate(fit.sizes.begin(), fit.sizes.end(), int64_t{0}), 500);
}

TEST(KmeansTest, SameBitsWithAnyThreadsAndOtherOnesWithOtherSeeds) {
  const Planted planted(9, 700, 5, 1.5, 3);  // more than one block of rows
  const auto centers = [&](uint64_t seed) {
    return fit_kmeans(planted.x, {.k = 9, .restarts = 2, .seed = seed}).centers.to_vector();
  };
  expect_same_with_any_threads([&] { return centers(1); });
  EXPECT_NE(centers(1), centers(2));
}

TEST(KmeansTest, RowsThatCoincideAndOneForEach) {
  const Tensor same = Tensor::full({10, 3}, 2.5);
  const Kmeans flat = fit_kmeans(same, {.k = 4});
  EXPECT_EQ(flat.inertia, 0.0);
  EXPECT_EQ(*std::max_element(flat.sizes.begin(), flat.sizes.end()), 10);
  const Tensor pairs = Tensor::from(std::vector<float>{0, 0, 1, 1, 2, 2}, {6, 1});
  EXPECT_EQ(fit_kmeans(pairs, {.k = 5}).inertia, 0.0);
  EXPECT_EQ(fit_kmeans(pairs, {.k = 1}).centers.item(), 1.0);
  const Planted planted(2, 6, 2, 5.0, 4);
  const Kmeans each = fit_kmeans(planted.x, {.k = 12});
  EXPECT_THAT(each.sizes, Each(1));
  EXPECT_NEAR(each.inertia, 0.0, 1e-9);
}

TEST(KmeansTest, WrongCalls) {
  EXPECT_THROW(fit_kmeans(Tensor::zeros({3, 2}), {.k = 4}), std::invalid_argument);
  EXPECT_THROW(fit_kmeans(Tensor::zeros({3, 2}), {.k = 0}), std::invalid_argument);
  EXPECT_THROW(fit_kmeans(Tensor::full({3, 2}, NAN), {.k = 2}), std::invalid_argument);
  EXPECT_THROW(fit_kmeans(Tensor::zeros({3}), {.k = 2}), std::invalid_argument);
  EXPECT_THROW(fit_kmeans(Tensor::zeros({3, 2}), {.k = 2, .restarts = 0}), std::invalid_argument);
}

// For scikit-learn's log-likelihood in nats per sample: our products are in f32.
constexpr double kLogLikelihood = 1e-4;

TEST(MixtureTest, LikelihoodAndBicAreThoseOfScikitLearn) {
  const test::GoldenArchive golden("probes.npz");
  const Tensor iris = golden.at("iris");
  for (const Covariance covariance : {Covariance::full, Covariance::diagonal}) {
    for (const int64_t k : {1, 2, 3}) {
      const Mixture fit = fit_mixture(
          iris, {.k = k, .covariance = covariance, .restarts = 10, .max_iterations = 5000, .tolerance = 1e-7});
      const std::string name = fmt::format("mixture_{}_{}", covariance == Covariance::full ? "full" : "diag", k);
      EXPECT_NEAR(fit.log_likelihood, golden.value(name + "_score"), kLogLikelihood) << name;
      EXPECT_NEAR(fit.bic(150), golden.value(name + "_bic"), 2.0 * 150.0 * kLogLikelihood) << name;
    }
  }
}

TEST(MixtureTest, ParametersAreThoseOfScikitLearn) {
  const test::GoldenArchive golden("probes.npz");
  const Mixture fit =
      fit_mixture(golden.at("iris"), {.k = 3, .restarts = 10, .max_iterations = 5000, .tolerance = 1e-8});
  const std::vector<double> weights = golden.values("mixture_weights"), means = golden.values("mixture_means"),
                            covariances = golden.values("mixture_covariances");
  std::vector<size_t> order{0, 1, 2};
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return fit.weights[a] > fit.weights[b]; });
  constexpr double kParameters = 2e-2;  // the likelihood is flat about its maximum
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(fit.weights[order[c]], weights[c], kParameters);
    for (size_t d = 0; d < 4; ++d) EXPECT_NEAR(fit.means.to_vector()[order[c] * 4 + d], means[c * 4 + d], kParameters);
    for (size_t i = 0; i < 16; ++i) EXPECT_NEAR(fit.variances[order[c] * 16 + i], covariances[c * 16 + i], kParameters);
  }
}

TEST(MixtureTest, ResponsibilitiesSumToOneAndDensityIsTheirs) {
  const Planted planted(3, 200, 3, 4.0, 5);
  const Mixture fit = fit_mixture(planted.x, {.k = 3});
  const std::vector<double> shares = fit.responsibilities(planted.x).to_vector();
  const std::vector<double> joint = fit.log_joint(planted.x).to_vector(), log_prob = fit.log_prob(planted.x);
  double sum = 0.0;
  for (size_t i = 0; i < log_prob.size(); ++i) {
    EXPECT_NEAR(shares[3 * i] + shares[3 * i + 1] + shares[3 * i + 2], 1.0, 1e-12);
    EXPECT_NEAR(log_prob[i] + std::log(shares[3 * i]), joint[3 * i], 1e-9);
    sum += log_prob[i];
  }
  EXPECT_NEAR(sum / static_cast<double>(log_prob.size()), fit.log_likelihood, 1e-5);
  expect_same_with_any_threads([&] { return fit_mixture(planted.x, {.k = 3}).variances; });
}

TEST(MixtureTest, OneGaussianHasItsEntropyAsLikelihood) {
  Tensor x = Tensor::empty({20'000, 3});
  Rng(6).normal(x.span<float>());
  const Mixture fit = fit_mixture(x, {.k = 1});
  const double entropy = 1.5 * std::log(2.0 * M_PI * M_E);
  EXPECT_NEAR(fit.log_likelihood, -entropy, 4.0 * std::sqrt(1.5 / 20'000.0));  // four standard errors of the mean
}

TEST(MixtureTest, SingularCovariancesStayFinite) {
  // Rows on a line, rows that coincide, and fewer rows in a cluster than columns.
  Tensor line = Tensor::empty({50, 4});
  for (int64_t i = 0; i < line.numel(); ++i) line.data<float>()[i] = static_cast<float>(i / 4);
  const Tensor same = Tensor::full({10, 3}, 7.0);
  const Planted few(4, 2, 9, 20.0, 7);
  for (const Covariance covariance : {Covariance::full, Covariance::diagonal}) {
    EXPECT_TRUE(std::isfinite(fit_mixture(line, {.k = 3, .covariance = covariance}).log_likelihood));
    EXPECT_TRUE(std::isfinite(fit_mixture(same, {.k = 2, .covariance = covariance}).log_likelihood));
    EXPECT_TRUE(std::isfinite(fit_mixture(few.x, {.k = 4, .covariance = covariance}).log_likelihood));
    EXPECT_TRUE(
        std::isfinite(fit_mixture(line, {.k = 3, .covariance = covariance, .regularization = 0.0}).log_likelihood));
  }
}

TEST(MixtureTest, WrongCalls) {
  EXPECT_THROW(fit_mixture(Tensor::zeros({3, 2}), {.k = 4}), std::invalid_argument);
  EXPECT_THROW(fit_mixture(Tensor::full({3, 2}, INFINITY), {.k = 1}), std::invalid_argument);
  EXPECT_THROW(fit_mixture(Tensor::zeros({3, 2}), {.k = 1, .tolerance = 0.0}), std::invalid_argument);
  EXPECT_THROW(covariance_from("ful"), std::invalid_argument);
  EXPECT_THROW(fit_mixture(Tensor::full({3, 2}, 1e30), {.k = 1}).log_joint(Tensor::zeros({2, 3})),
               std::invalid_argument);
}

// Groups with standard deviation 1 in each column, `stretch` along a direction of their own, about centres with 24.
struct Groups {
  int64_t count = 3;
  double stretch = 1.0;
  bool unequal = false;  // each group has half of the rows that the one before has
};

Tensor groups(int64_t N, int64_t D, const Groups& of, uint64_t seed) {
  Rng rng(seed);
  Tensor centers = Tensor::empty({of.count, D}), directions = Tensor::empty({of.count, D}), x = Tensor::empty({N, D});
  rng.normal(centers.span<float>());
  rng.normal(directions.span<float>());
  rng.normal(x.span<float>());
  for (int64_t i = 0; i < N; ++i) {
    int64_t c = i % of.count;
    if (of.unequal) {
      c = 0;
      while (c + 1 < of.count && i >= N - (N >> (c + 1))) ++c;
    }
    const float *center = centers.data<float>() + c * D, *direction = directions.data<float>() + c * D;
    double length = 0.0;
    for (int64_t d = 0; d < D; ++d) length += double{direction[d]} * direction[d];
    const double along = (of.stretch - 1.0) * test::normal(rng) / std::sqrt(length);
    for (int64_t d = 0; d < D; ++d) {
      x.data<float>()[i * D + d] += static_cast<float>(24.0 * center[d] + along * direction[d]);
    }
  }
  return x;
}

TEST(CountTest, ThreeGroupsAreThree) {
  for (const int64_t N : {12, 60, 200}) {
    for (const int64_t D : {2, 4, 10, 20}) {
      for (const double stretch : {1.0, 3.0}) {
        if (stretch > 1.0 && N < 200) continue;  // few rows do not tell long groups from several
        const ClusterCount count = count_clusters(groups(N, D, {.stretch = stretch}, 5));
        EXPECT_EQ(count.k, 3) << N << " rows of " << D << ", stretched " << stretch;
      }
    }
  }
}

TEST(CountTest, AsManyAsThereAre) {
  for (const int64_t D : {5, 12}) {
    for (const int64_t k : {1, 2, 5, 10}) {
      for (const double stretch : {1.0, 3.0}) {
        if (stretch > 1.0 && k >= 5) continue;  // 60 rows each are too few for long ones
        EXPECT_EQ(count_clusters(groups(300, D, {.count = k, .stretch = stretch}, 3)).k, k)
            << D << " columns, stretched " << stretch;
      }
    }
    EXPECT_EQ(count_clusters(groups(240, D, {.count = 4, .unequal = true}, 3)).k, 4) << D;
  }
}

TEST(CountTest, OneWhereNothingStandsApart) {
  for (const int64_t N : {1, 2, 11, 24, 300}) {
    for (const int64_t D : {1, 2, 4, 20}) {
      Tensor x = Tensor::empty({N, D});
      Rng(10).normal(x.span<float>());
      EXPECT_EQ(count_clusters(x).k, 1) << N << " normal rows of " << D;
      Rng(11).uniform(x.span<float>());
      if (N >= 24) {
        EXPECT_EQ(count_clusters(x).k, 1) << N << " uniform rows of " << D;
      }
    }
  }
  EXPECT_EQ(count_clusters(Tensor::full({40, 3}, 7.0)).k, 1);
}

TEST(CountTest, SaysWhatWasTried) {
  const Tensor x = groups(120, 3, {}, 1);
  int64_t told = 0;
  const ClusterCount count = count_clusters(x, {.most = 12}, [&](const ClusterCountTrial&) { ++told; });
  EXPECT_EQ(count.k, 3);
  ASSERT_EQ(count.trials.size(), 7u);  // four numbers without a better one end the search
  EXPECT_EQ(told, 7);
  EXPECT_TRUE(std::isnan(count.trials[0].silhouette));
  EXPECT_GT(count.trials[2].silhouette, 0.8);
  EXPECT_EQ(count.covariance, count.trials[2].covariance);
  for (const ClusterCountTrial& trial : count.trials) EXPECT_GE(trial.icl, count.trials[2].icl) << trial.k;
  EXPECT_EQ(count_clusters(x, {.most = 2}).k, 2);
  expect_same_with_any_threads([&] {
    std::vector<double> icl;
    for (const ClusterCountTrial& trial : count_clusters(x, {.most = 4}).trials) icl.push_back(trial.icl);
    return icl;
  });
}

TEST(CountTest, ManyRowsAreSampled) {
  EXPECT_EQ(count_clusters(groups(6000, 3, {.count = 4}, 2), {.most = 6, .restarts = 1}).k, 4);
}

TEST(CountTest, BadInputsAreRefused) {
  EXPECT_THROW(count_clusters(Tensor::zeros({9, 2}), {.most = 0}), std::invalid_argument);
  EXPECT_THROW(count_clusters(Tensor::zeros({9, 2}), {.patience = 0}), std::invalid_argument);
  EXPECT_THROW(count_clusters(Tensor::zeros({9, 2}), {.restarts = 0}), std::invalid_argument);
  EXPECT_THROW(count_clusters(Tensor::full({9, 2}, NAN)), std::invalid_argument);
  EXPECT_THROW(count_clusters(Tensor::zeros({9})), std::invalid_argument);
}

TEST(MixtureTest, SphericalAndTiedCovariances) {
  const Tensor x = groups(90, 3, {.count = 2}, 4);
  const Mixture round = fit_mixture(x, {.k = 2, .covariance = Covariance::spherical});
  ASSERT_EQ(round.variances.size(), 6u);
  for (size_t d = 1; d < 3; ++d) EXPECT_EQ(round.variances[d], round.variances[0]);
  // By hand: the mean of the three variances of a diagonal fit, as the groups are far apart.
  const Mixture diagonal = fit_mixture(x, {.k = 2, .covariance = Covariance::diagonal});
  EXPECT_NEAR(round.variances[0], (diagonal.variances[0] + diagonal.variances[1] + diagonal.variances[2]) / 3.0, 1e-4);
  const Mixture tied = fit_mixture(x, {.k = 2, .covariance = Covariance::tied});
  const Mixture full = fit_mixture(x, {.k = 2});
  ASSERT_EQ(tied.variances.size(), 18u);
  for (size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(tied.variances[i], tied.variances[9 + i]);
    EXPECT_NEAR(tied.variances[i], full.weights[0] * full.variances[i] + full.weights[1] * full.variances[9 + i], 1e-4);
  }
  // Numbers that describe a mixture of 2 in 3 dimensions: means 6, weights 1, spherical 2, diagonal 6, tied 6, full 12.
  const auto parameters = [](const Mixture& fit) {
    return (fit.bic(90) + 2.0 * 90.0 * fit.log_likelihood) / std::log(90.0);
  };
  EXPECT_NEAR(parameters(round), 9.0, 1e-9);
  EXPECT_NEAR(parameters(diagonal), 13.0, 1e-9);
  EXPECT_NEAR(parameters(tied), 13.0, 1e-9);
  EXPECT_NEAR(parameters(full), 19.0, 1e-9);
}

}  // namespace
}  // namespace latent::space
