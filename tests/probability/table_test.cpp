#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/probability/slots.hpp>
#include <latent/probability/table_likelihood.hpp>

#include <tests/probability/slot_helpers.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace latent {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr double kLog2Pi = 1.8378770664093453;
constexpr double kGradientTolerance = 1e-6;  // what gradient_error() promises for a correct smooth function
constexpr double kFloatTolerance = 1e-5;     // a few roundings of float32 in values of order 1 to 10

const json kColumns = json::parse(R"([{"kind": "gaussian"}, {"kind": "student"},
                                      {"kind": "binary", "low": -0.5, "high": 1.5}, {"kind": "constant", "value": 2.0}])");
const json kTable = {{"name", "table"}, {"columns", kColumns}};

std::vector<float> draws(int64_t n, uint64_t seed) {
  std::vector<float> values(static_cast<size_t>(n));
  Rng rng(seed);
  rng.normal(std::span<float>(values));
  return values;
}

// log density of Student's t with 4 degrees of freedom at d: Gamma(2.5) / (sqrt(4 pi) Gamma(2)) (1 + d^2 / 4)^-2.5.
double student_log_density(double d) {
  return std::log(0.75 * std::sqrt(std::numbers::pi) / std::sqrt(4.0 * std::numbers::pi)) -
         2.5 * std::log1p(d * d / 4.0);
}

TEST(TableLikelihood, EachColumnByHand) {
  const auto table = test::likelihood(kTable);
  const double scale = std::exp(-3.0 + std::log1p(std::exp(3.0)));  // where the parameter is 0
  const Tensor params = Tensor::from<float>({0.5f, 1.0f, 0.7f, 9.0f}, {1, 4});
  const Tensor x = Tensor::from<float>({1.5f, -1.0f, 1.5f, 2.0f}, {1, 4});
  const double gaussian = 0.5 * kLog2Pi + std::log(scale) + 0.5 / (scale * scale);
  const double student = std::log(scale) - student_log_density(2.0 / scale);
  const double binary = std::log1p(std::exp(-0.7));  // the higher level; the constant costs nothing
  EXPECT_NEAR(table->nll(params, x).item(), gaussian + student + binary, kFloatTolerance);
}

TEST(TableLikelihood, LevelsThatTrainingNeverSawCostMore) {
  const auto table = test::likelihood(kTable);
  const Tensor params = Tensor::zeros({5, 4});
  const Tensor x =
      Tensor::from<float>({0, 0, -0.5, 2, 0, 0, 0.5, 2, 0, 0, 9.5, 2, 0, 0, -0.5, 3, 0, 0, -0.5, 1e30f}, {5, 4});
  const std::vector<double> nll = table->nll(params, x).to_vector();
  EXPECT_NEAR(nll[1] - nll[0], std::log1p(1e4 * 0.25), 1e-3);  // half a gap from both levels
  EXPECT_NEAR(nll[2] - nll[0], std::log1p(1e4 * 16), 1e-3);    // 4 gaps above the higher one
  EXPECT_NEAR(nll[3] - nll[0], std::log1p(1e4), 1e-3);
  for (const double value : nll) EXPECT_TRUE(std::isfinite(value));
  EXPECT_GT(nll[4], nll[3]);
}

TEST(TableLikelihood, NllIsMinusLogProbOfItsDistributionAlsoForSeveralDraws) {
  const auto table = test::likelihood(kTable);
  const Tensor params = Tensor::from(draws(12, 1), {3, 4});
  const auto p = table->distribution(params);
  Rng rng(2);
  const Tensor x = p->sample(rng, 2);
  ASSERT_EQ(x.shape(), Shape({2, 3, 4}));
  const std::vector<double> both = p->log_prob(x).to_vector();
  ASSERT_EQ(both.size(), 6u);
  for (int64_t k = 0; k < 2; ++k) {
    const Tensor one = x.rows(k, k + 1).view_as({3, 4});
    const std::vector<double> nll = table->nll(params, one).to_vector(), log_prob = p->log_prob(one).to_vector();
    for (size_t n = 0; n < 3; ++n) {
      EXPECT_NEAR(nll[n], -log_prob[n], kFloatTolerance);
      EXPECT_EQ(both[static_cast<size_t>(k) * 3 + n], log_prob[n]);
    }
  }
}

TEST(TableLikelihood, Gradients) {
  const auto table = test::likelihood(kTable);
  const Tensor params = Tensor::from<double>({0.5, 1.0, 0.7, 9.0, -0.3, 0.2, -2.0, 0.0}, {2, 4});
  const Tensor x = Tensor::from<double>({1.5, -1.0, 1.5, 2.0, 0.1, 4.0, -0.5, 2.0}, {2, 4});
  EXPECT_LT(gradient_error([&](std::span<const Tensor> in) { return sum(table->nll(in[0], x)); }, {params}),
            kGradientTolerance);
  const TablePlan plan(columns_from_json(kColumns));
  const auto by_scale = [&](std::span<const Tensor> in) { return sum(plan.nll(params, in[0], x)); };
  EXPECT_LT(gradient_error(by_scale, {Tensor::from<double>({0.1, -0.4, 0.0, 0.3}, {4})}), kGradientTolerance);
}

TEST(TableLikelihood, WithoutColumnsItIsAGaussianWithALearnedScale) {
  const auto table = test::likelihood({{"name", "table"}});
  EXPECT_EQ(table->config(), json({{"name", "table"}}));
  const Tensor params = Tensor::from(draws(24, 1), {2, 3, 2, 2}), x = Tensor::from(draws(24, 2), {2, 3, 2, 2});
  const double scale = std::exp(-3.0 + std::log1p(std::exp(3.0)));
  const auto gaussian = test::likelihood({{"name", "gaussian"}, {"scale", scale}});
  const std::vector<double> expected = gaussian->nll(params, x).to_vector(), nll = table->nll(params, x).to_vector();
  for (size_t n = 0; n < 2; ++n) EXPECT_NEAR(nll[n], expected[n], 1e-4);
}

TEST(TableDistribution, SamplesHaveItsMoments) {
  constexpr int64_t kDraws = 40000;
  const auto p = test::likelihood(kTable)->distribution(Tensor::from<float>({0.5f, 1.0f, 0.7f, 9.0f}, {1, 4}));
  const std::vector<double> mean = p->mean().to_vector(), stddev = p->stddev().to_vector();
  EXPECT_EQ(mean[3], 2.0);
  EXPECT_EQ(stddev[3], 0.0);
  const double odds = 1.0 / (1.0 + std::exp(-0.7));
  EXPECT_NEAR(mean[2], -0.5 + 2.0 * odds, kFloatTolerance);
  EXPECT_NEAR(stddev[2], 2.0 * std::sqrt(odds * (1.0 - odds)), kFloatTolerance);
  Rng rng(3);
  const std::vector<double> x = p->sample(rng, kDraws).to_vector();
  for (size_t d = 0; d < 4; ++d) {
    double sum = 0, squares = 0;
    for (size_t k = 0; k < kDraws; ++k) sum += x[4 * k + d] / kDraws;
    for (size_t k = 0; k < kDraws; ++k) squares += std::pow(x[4 * k + d] - sum, 2) / kDraws;
    EXPECT_NEAR(sum, mean[d], 5 * stddev[d] / std::sqrt(kDraws) + 1e-9) << d;  // five standard errors
    // Squares of Student's t with 4 degrees of freedom have no variance: its deviation is only roughly that of draws.
    EXPECT_NEAR(std::sqrt(squares), stddev[d], 0.1 * stddev[d] + 1e-9) << d;
  }
}

TEST(TableColumns, KindsByTheirValues) {
  EXPECT_EQ(column_of(std::vector<float>{2, 2, 2}), (TableColumn{ColumnKind::constant, 2.0, 1.0}));
  EXPECT_EQ(column_of(std::vector<float>{7}), (TableColumn{ColumnKind::constant, 7.0, 1.0}));
  EXPECT_EQ(column_of(std::vector<float>{3, -1, 3, 3}), (TableColumn{ColumnKind::binary, -1.0, 3.0}));
  std::vector<float> normal = draws(500, 4), heavy = normal, whole = normal;
  EXPECT_EQ(column_of(normal).kind, ColumnKind::gaussian);
  for (float& value : heavy) value = value * value * value;
  EXPECT_EQ(column_of(heavy).kind, ColumnKind::student);
  for (float& value : whole) value = std::round(value);
  EXPECT_EQ(column_of(whole).kind, ColumnKind::gaussian);
  EXPECT_EQ(column_of(std::vector<float>{1, 2, 3}).kind, ColumnKind::gaussian);
  // Nearly constant: Student's scale stays above zero.
  std::vector<float> counts(200, 0.0f);
  counts[3] = 1.0f;
  counts[7] = 5.0f;
  EXPECT_EQ(column_of(counts).kind, ColumnKind::student);
  EXPECT_THROW(column_of({}), std::invalid_argument);
}

// Whole numbers as a standardised table has them: (k - 3.1) * 0.37 in single precision.
std::vector<float> counts(int64_t n) {
  std::vector<float> values;
  for (int64_t i = 0; i < n; ++i) values.push_back(static_cast<float>((static_cast<double>(i % 8) - 3.1) * 0.37));
  return values;
}

TEST(TableColumns, WholeNumbersHaveTheirLattice) {
  std::vector<float> values = counts(400);
  const TableColumn column = column_of(values);
  EXPECT_NEAR(column.step, 0.37, 1e-6);
  EXPECT_EQ(column.low, values[0]);
  EXPECT_EQ(column.high, values[7]);
  EXPECT_EQ(columns_from_json(columns_to_json({column})).at(0), column);
  EXPECT_EQ(column_of(counts(99)).step, 0.0) << "few values say nothing";
  values[17] += 0.1F;
  EXPECT_EQ(column_of(values).step, 0.0) << "one value lies between";
  std::vector<float> normal(400);
  Rng(3).normal(std::span<float>(normal));
  EXPECT_EQ(column_of(normal).step, 0.0);
}

TEST(TableDistribution, SamplesOfWholeNumbersAreWholeNumbers) {
  const TableColumn column = column_of(counts(400));
  const auto plan = std::make_shared<const TablePlan>(std::vector<TableColumn>{column});
  const TableDistribution p(plan, Tensor::full({500, 1}, 1.0), Tensor::full({1}, 0.3));
  Rng rng(1);
  for (const double value : p.sample(rng, 1).to_vector()) {
    const double steps = (value - column.low) / column.step;
    EXPECT_NEAR(steps, std::round(steps), 1e-4);
    EXPECT_GE(value, column.low - 1e-6);
    EXPECT_LE(value, column.high + 1e-6);
  }
}

TEST(TableColumns, JsonThereAndBack) {
  EXPECT_EQ(columns_to_json(columns_from_json(kColumns)), kColumns);
  EXPECT_EQ(test::likelihood(kTable)->config(), kTable);
  const auto message = [](const char* text) {
    try {
      test::likelihood({{"name", "table"}, {"columns", json::parse(text)}});
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  EXPECT_THAT(message(R"([{"kind": "gausian"}])"), HasSubstr("did you mean 'gaussian'"));
  EXPECT_THAT(message(R"([{"kind": "binary", "low": 1, "high": 1}])"), HasSubstr("more than low"));
  EXPECT_THAT(message(R"([{"kind": "binary", "low": 1}])"), HasSubstr("high"));
  EXPECT_THAT(message(R"([{"kind": "constant"}])"), HasSubstr("value"));
  EXPECT_THAT(message(R"([{"kind": "gaussian", "low": 1}])"), HasSubstr("low"));
  EXPECT_THAT(message(R"(["gaussian"])"), HasSubstr("expected an object"));
  EXPECT_THAT(message(R"({"kind": "gaussian"})"), HasSubstr("expected a list"));
}

TEST(TableLikelihood, RefusesRowsOfOtherLengths) {
  const auto table = test::likelihood(kTable);
  EXPECT_THROW(table->nll(Tensor::zeros({2, 5}), Tensor::zeros({2, 5})), std::invalid_argument);
  EXPECT_THROW(table->nll(Tensor::zeros({2, 4}), Tensor::zeros({3, 4})), std::invalid_argument);
  EXPECT_THROW(table->distribution(Tensor::zeros({2, 5})), std::invalid_argument);
  const auto p = table->distribution(Tensor::zeros({2, 4}));
  Rng rng(0);
  EXPECT_THROW(p->sample(rng, 0), std::invalid_argument);
  EXPECT_THROW(p->log_prob(Tensor::zeros({3, 4})), std::invalid_argument);
}

TEST(TableColumns, TheConstantOfStudentIsThatOfItsDegreesOfFreedom) {
  EXPECT_DOUBLE_EQ(kStudentLogGammas, std::lgamma((kStudentDf + 1.0) / 2.0) - std::lgamma(kStudentDf / 2.0));
}

}  // namespace
}  // namespace latent
