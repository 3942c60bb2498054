// Missing values of rows from the others.

#include <latent/space/linear/conditional_mean.hpp>

#include <latent/core/rng.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace latent::space {
namespace {

// x, 2 x + noise of 0.1, a flag that says x > 0, and a constant.
Tensor rows_of(int64_t rows) {
  Rng rng(3);
  std::vector<float> normal(static_cast<size_t>(2 * rows));
  rng.normal(std::span<float>(normal));
  Tensor x = Tensor::empty({rows, 4});
  for (int64_t n = 0; n < rows; ++n) {
    const auto at = static_cast<size_t>(2 * n);
    float* row = x.data<float>() + 4 * n;
    row[0] = normal[at];
    row[1] = 2.0F * normal[at] + 0.1F * normal[at + 1];
    row[2] = normal[at] > 0.0F ? 1.0F : 0.0F;
    row[3] = 5.0F;
  }
  return x;
}

TEST(ConditionalMean, IsTheRegressionOnTheOtherColumns) {
  const ConditionalMean mean(rows_of(2000));
  constexpr double kError = 0.05;  // of a slope from 2,000 rows with noise 0.1, and of the added variance
  std::vector<float> row = {1.2F, 100.0F, 1.0F, 5.0F};
  mean.fill(row, std::vector<int64_t>{1});
  EXPECT_NEAR(row[1], 2.4, kError);
  row = {100.0F, -1.0F, 0.0F, 5.0F};
  mean.fill(row, std::vector<int64_t>{0});
  EXPECT_NEAR(row[0], -0.5, kError);
}

TEST(ConditionalMean, StaysAmongTheValuesOfItsRows) {
  const Tensor rows = rows_of(2000);
  const ConditionalMean mean(rows);
  std::vector<float> row = {1.5F, 3.0F, 9.0F, 9.0F};
  mean.fill(row, std::vector<int64_t>{2, 3});
  EXPECT_EQ(row[2], 1.0F);
  EXPECT_EQ(row[3], 5.0F);
  float largest = 0.0F;
  for (int64_t n = 0; n < 2000; ++n) largest = std::max(largest, rows.data<float>()[4 * n + 1]);
  row = {50.0F, 0.0F, 1.0F, 5.0F};
  mean.fill(row, std::vector<int64_t>{1});
  EXPECT_EQ(row[1], largest);
  // Of nothing known but the constant: the means.
  mean.fill(row, std::vector<int64_t>{0, 1, 2});
  EXPECT_NEAR(row[0], 0.0, 0.1);
}

TEST(ConditionalMean, RefusesOtherRows) {
  EXPECT_THROW(ConditionalMean(Tensor::empty({0, 3})), std::invalid_argument);
  const ConditionalMean mean(rows_of(20));
  std::vector<float> row(4);
  EXPECT_THROW(mean.fill(row, std::vector<int64_t>{4}), std::invalid_argument);
  EXPECT_THROW(mean.fill(std::span(row).first(3), std::vector<int64_t>{1}), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space
