// How well generated rows agree with real ones.

#include <latent/space/probes/sample_agreement.hpp>

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace latent::space {
namespace {

// Rows of two correlated columns, one of 0 and 1, and a constant one.
Tensor table(int64_t rows, uint64_t seed, double correlation = 0.8, double share_of_ones = 0.3) {
  Rng rng(seed);
  std::vector<float> normal(static_cast<size_t>(2 * rows)), uniform(static_cast<size_t>(rows));
  rng.normal(std::span<float>(normal));
  rng.uniform(uniform);
  Tensor x = Tensor::empty({rows, 4});
  for (int64_t i = 0; i < rows; ++i) {
    const auto at = static_cast<size_t>(i);
    float* row = x.data<float>() + 4 * i;
    row[0] = normal[2 * at];
    row[1] = static_cast<float>(correlation * normal[2 * at] +
                                std::sqrt(1 - correlation * correlation) * normal[2 * at + 1]);
    row[2] = uniform[at] < share_of_ones ? 1.0F : 0.0F;
    row[3] = 7.0F;
  }
  return x;
}

TEST(CompareSamples, DistancesByHand) {
  // 20 values each: real 0 ... 19, generated 10 ... 29: the distribution functions are half apart.
  Tensor real = Tensor::empty({20, 1}), generated = Tensor::empty({20, 1});
  for (int64_t i = 0; i < 20; ++i) {
    real.data<float>()[i] = static_cast<float>(i);
    generated.data<float>()[i] = static_cast<float>(i + 10);
  }
  const SampleAgreement found = compare_samples(real, generated, 0);
  ASSERT_EQ(found.columns.size(), 1u);
  EXPECT_EQ(found.columns[0], 0.5);
  EXPECT_TRUE(std::isnan(found.pairs));  // of one column there are none
  EXPECT_EQ(found.rows, 20);
}

TEST(CompareSamples, RowsOfOneDistributionCannotBeToldApart) {
  constexpr int64_t kRows = 4000;
  const SampleAgreement found = compare_samples(table(kRows, 1), table(kRows, 2), 0);
  // 1.36 sqrt(2 / n) is what the distance of two samples of one distribution stays under in 95 of 100 cases.
  for (const double column : found.columns) EXPECT_GT(column, 1.0 - 1.6 * std::sqrt(2.0 / kRows));
  EXPECT_EQ(found.columns[3], 1.0);
  EXPECT_GT(found.pairs, 0.98);
  // The standard error of an AUROC of 0.5 is about sqrt((2 n + 1) / (12 n^2)) with n rows of each side: 0.009 here.
  EXPECT_NEAR(found.classifier_auroc, 0.5, 0.04);
}

TEST(CompareSamples, EveryKindOfDifferenceIsSeen) {
  constexpr int64_t kRows = 4000;
  const Tensor real = table(kRows, 1);
  const SampleAgreement uncorrelated = compare_samples(real, table(kRows, 2, 0.0), 0);
  EXPECT_GT(uncorrelated.mean_of_columns(), 0.95);  // each column alone is right
  EXPECT_LT(uncorrelated.pairs, 0.9);               // one pair of three is 0.4 off
  EXPECT_GT(uncorrelated.classifier_auroc, 0.65);

  const SampleAgreement other_share = compare_samples(real, table(kRows, 2, 0.8, 0.7), 0);
  EXPECT_EQ(other_share.worst_column(), 2);
  EXPECT_NEAR(other_share.columns[2], 0.6, 0.05);

  Tensor means = table(kRows, 2);  // what the mean of a decoder makes of a column of 0 and 1
  for (int64_t i = 0; i < kRows; ++i) means.data<float>()[4 * i + 2] = 0.3F;
  EXPECT_GT(compare_samples(real, means, 0).classifier_auroc, 0.99);

  Tensor narrow = table(kRows, 2);
  for (int64_t i = 0; i < kRows; ++i) narrow.data<float>()[4 * i] *= 0.4F;
  const SampleAgreement half_as_wide = compare_samples(real, narrow, 0);
  EXPECT_EQ(half_as_wide.worst_column(), 0);
  EXPECT_GT(half_as_wide.classifier_auroc, 0.65);
}

TEST(CompareSamples, UnitsDoNotMatterAndThreadsDoNot) {
  const Tensor real = table(300, 1), generated = table(300, 2, 0.5);
  const auto scaled = [](const Tensor& x) {
    Tensor y = x.clone();
    for (int64_t i = 0; i < y.numel(); ++i) y.data<float>()[i] = 1024.0F * y.data<float>()[i];
    return y;
  };
  const SampleAgreement plain = compare_samples(real, generated, 3);
  const SampleAgreement large = compare_samples(scaled(real), scaled(generated), 3);
  EXPECT_EQ(plain.columns, large.columns);
  EXPECT_NEAR(plain.pairs, large.pairs, 1e-9);
  const int threads = num_threads();
  set_num_threads(1);
  EXPECT_EQ(compare_samples(real, generated, 3).classifier_auroc, plain.classifier_auroc);
  set_num_threads(threads);
}

TEST(CompareSamples, RefusesWhatItCannotCompare) {
  const Tensor x = table(30, 1);
  EXPECT_THROW(compare_samples(x, table(19, 1), 0), std::invalid_argument);
  EXPECT_THROW(compare_samples(x, Tensor::zeros({30, 3}), 0), std::invalid_argument);
  EXPECT_THROW(compare_samples(x, Tensor(), 0), std::invalid_argument);
  Tensor odd = x.clone();
  odd.data<float>()[5] = NAN;
  EXPECT_THROW(compare_samples(odd, x, 0), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space
