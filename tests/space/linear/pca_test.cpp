#include <latent/space/linear/pca.hpp>

#include <tests/space/brute_force.hpp>

#include <latent/core/threads.hpp>
#include <latent/formats/npy.hpp>
#include <latent/space/linear/symmetric_eigen.hpp>

#include <gmock/gmock.h>

#include <limits>
#include <numeric>
#include <string>

namespace latent::space {
namespace {

using ::testing::HasSubstr;

constexpr double kRounding = 2e-6;  // of f32, in sums of some hundred terms

Tensor golden(const std::string& name) {
  return read_npy(MappedFile::open(std::string(LATENT_TEST_DATA) + "/golden/pca/" + name + ".npy"));
}

// The largest entry of V V^T - I.
double off_orthonormal(const Tensor& components) {
  const int64_t k = components.dim(0), D = components.dim(1);
  double worst = 0.0;
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      double dot = i == j ? -1.0 : 0.0;
      for (int64_t d = 0; d < D; ++d) {
        dot += static_cast<double>(components.data<float>()[i * D + d]) * components.data<float>()[j * D + d];
      }
      worst = std::max(worst, std::abs(dot));
    }
  }
  return worst;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  const std::vector<double> x = a.to_vector(), y = b.to_vector();
  double worst = 0.0;
  for (size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(x[i] - y[i]));
  return worst;
}

TEST(PcaTest, MatchesScikitLearn) {
  for (const std::string name : {"tall", "wide"}) {
    const Tensor x = golden(name + "_x");
    for (const PcaMethod method : {PcaMethod::automatic, PcaMethod::exact, PcaMethod::randomized}) {
      SCOPED_TRACE(name);
      const Pca pca = fit_pca(x, {.dims = 6, .method = method});
      // Components are as sure as their variances are apart from the next: by a third here.
      EXPECT_LT(largest_difference(pca.components, golden(name + "_components")), 2e-5);
      const std::vector<double> variance = golden(name + "_variance").to_vector();
      const std::vector<double> ratio = golden(name + "_ratio").to_vector();
      for (size_t i = 0; i < variance.size(); ++i) EXPECT_NEAR(pca.variance[i] / variance[i], 1.0, 1e-5);
      EXPECT_NEAR(pca.explained(), std::accumulate(ratio.begin(), ratio.end(), 0.0), 1e-6);
    }
  }
}

TEST(PcaTest, ComponentsAreOrthonormalAndProjectionsHaveTheirVariances) {
  const Tensor x = clustered_rows(700, 40, 3);
  const Pca pca = fit_pca(x, {.dims = 40});
  EXPECT_LT(off_orthonormal(pca.components), kRounding);
  EXPECT_NEAR(pca.explained(), 1.0, 1e-6);
  EXPECT_TRUE(std::is_sorted(pca.variance.rbegin(), pca.variance.rend()));
  const Tensor codes = pca.project(x);
  for (int64_t c = 0; c < 40; ++c) {
    double sum = 0.0, squares = 0.0;
    for (int64_t i = 0; i < 700; ++i) {
      const double value = codes.data<float>()[i * 40 + c];
      sum += value;
      squares += value * value;
    }
    EXPECT_NEAR(sum / 700.0, 0.0, 1e-4);
    EXPECT_NEAR(squares / 699.0, pca.variance[static_cast<size_t>(c)], 1e-4 * pca.variance[0]);
  }
  // All components give the data back.
  EXPECT_LT(largest_difference(pca.restore(codes), x), 1e-4);
}

TEST(PcaTest, ARotationTurnsTheComponentsAndLeavesTheVariances) {
  const Tensor x = clustered_rows(500, 3, 4);
  Tensor turned = x.clone();  // by a quarter turn of the first two columns
  for (int64_t i = 0; i < 500; ++i) {
    turned.data<float>()[i * 3] = -x.data<float>()[i * 3 + 1];
    turned.data<float>()[i * 3 + 1] = x.data<float>()[i * 3];
  }
  const Pca before = fit_pca(x, {.dims = 3}), after = fit_pca(turned, {.dims = 3});
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(before.variance[c], after.variance[c], 1e-5 * before.variance[0]);
    const float* a = before.components.data<float>() + 3 * c;
    const float* b = after.components.data<float>() + 3 * c;
    EXPECT_NEAR(std::abs(-a[1] * b[0] + a[0] * b[1] + a[2] * b[2]), 1.0, 1e-5);
  }
}

TEST(PcaTest, LargestEntriesArePositive) {
  for (const int64_t N : {300, 12}) {
    const Pca pca = fit_pca(normal_rows(N, 30, 5), {.dims = 8});
    for (int64_t i = 0; i < 8; ++i) {
      const float* row = pca.components.data<float>() + i * 30;
      EXPECT_GT(*std::max_element(row, row + 30, [](float a, float b) { return std::abs(a) < std::abs(b); }), 0.0F);
    }
  }
}

TEST(PcaTest, DegenerateData) {
  // Rank 2 of 5 columns, one of them constant.
  Tensor x = normal_rows(50, 5, 6);
  for (int64_t i = 0; i < 50; ++i) {
    float* row = x.data<float>() + i * 5;
    row[2] = row[0] + row[1];
    row[3] = 1e6F;
    row[4] = -2.0F * row[1];
  }
  const Pca flat = fit_pca(x, {.dims = 5});
  EXPECT_LT(off_orthonormal(flat.components), kRounding);
  EXPECT_LT(flat.variance[2], 1e-6 * flat.variance[0]);
  EXPECT_NEAR(flat.mean.to_vector()[3], 1e6, 0.0);
  // Two rows: one direction, and another one that carries nothing.
  const Pca two = fit_pca(Tensor::from(std::vector<float>{1, 1, 1, 4, 5, 1}, {2, 3}), {.dims = 2});
  EXPECT_THAT(two.components.rows(0, 1).to_vector(),
              ::testing::Pointwise(::testing::DoubleNear(1e-6), {0.6, 0.8, 0.0}));
  EXPECT_NEAR(two.variance[0], 12.5, 1e-5);
  EXPECT_NEAR(two.variance[1], 0.0, 1e-5);
  EXPECT_LT(off_orthonormal(two.components), kRounding);
  // No variance at all, by every way.
  for (const int64_t D : {2, 40}) {
    const Pca none = fit_pca(Tensor::full({10, D}, 0.1), {.dims = 2});
    EXPECT_LT(off_orthonormal(none.components), kRounding);
    EXPECT_EQ(none.variance, (std::vector<double>{0.0, 0.0}));
    EXPECT_EQ(none.explained(), 1.0);
  }
  // One column.
  const Pca one = fit_pca(Tensor::from(std::vector<float>{1, 2, 6}, {3, 1}), {.dims = 1});
  EXPECT_EQ(one.components.item(), 1.0);
  EXPECT_NEAR(one.variance[0], 7.0, 1e-5);
}

TEST(PcaTest, SizesDoNotMatter) {
  const Tensor x = clustered_rows(300, 20, 7);
  const Pca usual = fit_pca(x, {.dims = 4});
  for (const float factor : {1e30F, 1e-30F}) {
    Tensor scaled = x.clone();
    for (float& value : scaled.span<float>()) value *= factor;
    for (const PcaMethod method : {PcaMethod::exact, PcaMethod::randomized}) {
      const Pca pca = fit_pca(scaled, {.dims = 4, .method = method});
      EXPECT_LT(largest_difference(pca.components, usual.components), 1e-4);
      EXPECT_NEAR(pca.variance[0] / (usual.variance[0] * factor * static_cast<double>(factor)), 1.0, 1e-5);
    }
  }
}

// Rows in which one direction is `width` times as wide as the others: a column, or one across all columns; and a second
// one that is `second` times as wide, orthogonal to it. @param planted  the second one, of unit length (D)
Tensor wide_rows(int64_t N, int64_t D, float width, float second, bool across, std::vector<double>& planted) {
  Tensor x = normal_rows(N, D, 10);
  std::vector<double> first(static_cast<size_t>(D), across ? 1.0 / std::sqrt(static_cast<double>(D)) : 0.0);
  if (!across) first[0] = 1.0;
  planted.assign(static_cast<size_t>(D), 0.0);  // as often up as down in columns 1 to 2 (D / 2 - 1)
  const int64_t half = D / 2 - 1;
  for (int64_t d = 1; d <= 2 * half; ++d) {
    planted[static_cast<size_t>(d)] = (d % 2 == 0 ? 1.0 : -1.0) / std::sqrt(2.0 * static_cast<double>(half));
  }
  const Tensor along = normal_rows(N, 2, 11);
  for (int64_t i = 0; i < N; ++i) {
    const float a = width * along.data<float>()[2 * i], b = second * along.data<float>()[2 * i + 1];
    for (int64_t d = 0; d < D; ++d) {
      x.data<float>()[i * D + d] +=
          static_cast<float>(a * first[static_cast<size_t>(d)] + b * planted[static_cast<size_t>(d)]);
    }
  }
  return x;
}

TEST(PcaTest, WhatIsSmallBesideAWideDirectionIsFound) {
  struct Size {
    int64_t N, D;
    float second;
  };
  std::vector<double> planted;
  // More rows than columns, and fewer; noise of D - 2 other directions leaves the angle below 15 degrees.
  for (const auto& [N, D, second] : {Size{1000, 200, 4.0F}, Size{80, 1500, 30.0F}}) {
    const double usual = fit_pca(wide_rows(N, D, 0.0F, second, false, planted), {.dims = 1}).variance[0];
    for (const float width : {1e3F, 1e5F, 1e6F}) {
      for (const bool across : {false, true}) {
        SCOPED_TRACE(::testing::Message() << N << " x " << D << " " << width << " across " << across);
        const Pca pca = fit_pca(wide_rows(N, D, width, second, across, planted), {.dims = 2});
        const float* component = pca.components.data<float>() + D;
        EXPECT_GT(std::abs(std::inner_product(planted.begin(), planted.end(), component, 0.0)), 0.96);
        EXPECT_NEAR(pca.variance[1] / usual, 1.0, 0.05);
      }
    }
  }
}

TEST(PcaTest, RandomizedIsCloseToExactAndRepeatsWithItsSeed) {
  const Tensor x = clustered_rows(900, 150, 8);
  const Pca exact = fit_pca(x, {.dims = 10, .method = PcaMethod::exact});
  const Pca random = fit_pca(x, {.dims = 10, .method = PcaMethod::randomized, .seed = 3});
  for (size_t i = 0; i < 10; ++i) EXPECT_NEAR(random.variance[i] / exact.variance[i], 1.0, 1e-3);
  EXPECT_NEAR(random.total_variance / exact.total_variance, 1.0, 1e-5);
  const Pca again = fit_pca(x, {.dims = 10, .method = PcaMethod::randomized, .seed = 3});
  EXPECT_EQ(random.components.to_vector(), again.components.to_vector());
}

TEST(PcaTest, TheSameAtAnyNumberOfThreads) {
  const int threads = num_threads();
  const Tensor x = clustered_rows(5000, 300, 9);
  for (const PcaMethod method : {PcaMethod::exact, PcaMethod::randomized}) {
    const Pca many = fit_pca(x, {.dims = 5, .method = method});
    const Tensor many_codes = many.project(x);
    set_num_threads(1);
    const Pca one = fit_pca(x, {.dims = 5, .method = method});
    const Tensor one_codes = one.project(x);
    set_num_threads(threads);
    EXPECT_EQ(one.components.to_vector(), many.components.to_vector());
    EXPECT_EQ(one.variance, many.variance);
    EXPECT_EQ(one_codes.to_vector(), many_codes.to_vector());
  }
}

TEST(PcaTest, WrongCalls) {
  const Tensor x = normal_rows(10, 3, 1);
  EXPECT_THROW(fit_pca(x, {.dims = 0}), std::invalid_argument);
  EXPECT_THROW(fit_pca(x, {.dims = 4}), std::invalid_argument);
  EXPECT_THROW(fit_pca(x.rows(0, 1), {.dims = 1}), std::invalid_argument);
  EXPECT_THROW(fit_pca(x.to(DType::f64)), std::invalid_argument);
  EXPECT_THROW(fit_pca(x).project(normal_rows(5, 4, 1)), std::invalid_argument);
  EXPECT_THROW(fit_pca(x).restore(x), std::invalid_argument);
  Tensor bad = x.clone();
  bad.data<float>()[4] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(fit_pca(bad), std::invalid_argument);
  EXPECT_EQ(pca_method_from("auto"), PcaMethod::automatic);
  EXPECT_EQ(pca_method_from("randomized"), PcaMethod::randomized);
  try {
    pca_method_from("randomised");
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), HasSubstr("did you mean 'randomized'"));
  }
}

// --- eigenvectors ---

// Q diag(values) Q^T with a random orthonormal Q: Householder reflections of chance.
std::vector<double> matrix_with(const std::vector<double>& values) {
  const size_t n = values.size();
  std::vector<double> A(n * n, 0.0);
  for (size_t i = 0; i < n; ++i) A[i * n + i] = values[i];
  for (uint64_t reflection = 0; reflection < 3; ++reflection) {
    std::vector<double> v(n), left(n, 0.0);
    Rng(reflection).normal(std::span<double>(v));
    double square = 0.0;
    for (const double entry : v) square += entry * entry;
    for (const bool transposed : {false, true}) {  // A <- H A, A <- A H with H = I - 2 v v^T / v.v
      std::fill(left.begin(), left.end(), 0.0);
      const auto at = [&](size_t i, size_t j) -> double& { return transposed ? A[j * n + i] : A[i * n + j]; };
      for (size_t i = 0; i < n; ++i) {
        for (size_t j = 0; j < n; ++j) left[j] += v[i] * at(i, j);
      }
      for (size_t i = 0; i < n; ++i) {
        for (size_t j = 0; j < n; ++j) at(i, j) -= 2.0 / square * v[i] * left[j];
      }
    }
  }
  return A;
}

TEST(SymmetricEigen, IterationMatchesTheFullDecomposition) {
  constexpr int64_t kSize = 200, kWanted = 6;
  std::vector<double> decaying, flat, repeated(kSize, 0.5), low_rank(kSize, 0.0), steep, wide;
  for (int i = 0; i < kSize; ++i) {
    decaying.push_back(std::exp(-0.1 * i));
    flat.push_back(1.0 + 0.001 * i);
    steep.push_back(std::pow(10.0, -i));
    wide.push_back(i == 0 ? 1e8 : std::exp(-0.1 * i));
  }
  for (size_t i = 0; i < 4; ++i) repeated[10 * i] = 3.0;
  low_rank[3] = low_rank[5] = 2.0;
  for (const auto& values : {decaying, flat, repeated, low_rank, steep, wide, std::vector<double>(kSize, 1.0)}) {
    const std::vector<double> A = matrix_with(values);
    const Eigenpairs fast = largest_eigenpairs(kSize, A, kWanted);
    const Eigenpairs plain = largest_eigenpairs_plain(kSize, A, kWanted);
    for (size_t i = 0; i < kWanted; ++i) {
      EXPECT_NEAR(fast.values[i], plain.values[i], 1e-8 * plain.values[0]);
      const double* v = fast.vectors.data() + i * kSize;
      double residual = 0.0, length = 0.0;
      for (size_t r = 0; r < kSize; ++r) {
        double entry = -fast.values[i] * v[r];
        for (size_t c = 0; c < kSize; ++c) entry += A[r * kSize + c] * v[c];
        residual += entry * entry;
        length += v[r] * v[r];
      }
      // What rounding leaves of the largest value is all that may be wrong with a small one.
      EXPECT_LT(std::sqrt(residual),
                std::min(2e-8 * plain.values[0], 2e-6 * plain.values[i] + 1e-14 * plain.values[0]));
      EXPECT_NEAR(length, 1.0, 1e-12);
    }
  }
  EXPECT_THROW(largest_eigenpairs(3, std::vector<double>(9, 1.0), 4), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space
