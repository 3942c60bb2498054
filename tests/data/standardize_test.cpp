#include <latent/core/threads.hpp>
#include <latent/data/standardize.hpp>

#include "tests/data/files.hpp"

#include <cmath>
#include <limits>

namespace latent::data {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using Missing = OpenOptions::Missing;

const double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Standardization, IsMeanAndInverseDeviation) {
  const Tensor x = Tensor::from(std::vector<int32_t>{1, 10, 3, 10, 5, 10}, {3, 2});
  const Transform t = standardization(x, {}, Missing::refuse, {});
  EXPECT_DOUBLE_EQ(t.shift[0], 3.0);
  EXPECT_DOUBLE_EQ(t.scale[0], 1.0 / std::sqrt(8.0 / 3.0));
  EXPECT_DOUBLE_EQ(t.shift[1], 10.0);
  EXPECT_DOUBLE_EQ(t.scale[1], 1.0) << "a constant column";
  EXPECT_TRUE(t.impute.empty());
}

TEST(Standardization, AConstantColumnIsRecognisedInSpiteOfRounding) {
  const Transform t = standardization(Tensor::full({99'999, 1}, 0.1, DType::f64), {}, Missing::refuse, {});
  EXPECT_EQ(t.shift[0], 0.1);
  EXPECT_EQ(t.scale[0], 1.0);
}

TEST(Standardization, LooksAtTheGivenRowsOnly) {
  const Tensor x = Tensor::from(std::vector<double>{1, 1000, 3}, {3, 1});
  const std::vector<int64_t> rows{0, 2};
  EXPECT_DOUBLE_EQ(standardization(x, rows, Missing::refuse, {}).shift[0], 2.0);
}

TEST(Standardization, LeavesMissingValuesOutWhereTheyAreImputed) {
  const Tensor x = Tensor::from(std::vector<double>{1, kNan, 3, 7}, {4, 1});
  const Transform t = standardization(x, {}, Missing::impute, {});
  EXPECT_DOUBLE_EQ(t.shift[0], 11.0 / 3.0);
  EXPECT_EQ(t.impute, t.shift);
  EXPECT_THAT(message_of<DataError>([&] {
                standardization(x, {}, Missing::refuse, {"p", {}, {}});
              }),
              HasSubstr("p: x[1, 0] is NaN (--missing impute"));
  const Tensor none = Tensor::full({3, 1}, kNan, DType::f64);
  EXPECT_THAT(message_of<DataError>([&] {
                standardization(none, {}, Missing::impute, {"p", {"age"}, {}});
              }),
              HasSubstr("column 'age' has no values"));
}

TEST(Standardization, OfManyRowsComesFromASampleAndNotFromTheNumberOfThreads) {
  const int64_t N = 250'000, D = 130;
  Tensor x = Tensor::empty({N, D});
  Rng(3).normal(x.span<float>());
  const int threads = num_threads();
  set_num_threads(1);
  const Transform one = standardization(x, {}, Missing::refuse, {});
  set_num_threads(threads);
  const Transform all = standardization(x, {}, Missing::refuse, {});
  EXPECT_EQ(one.shift, all.shift);
  EXPECT_EQ(one.scale, all.scale);
  // Five standard errors of a mean over about 82,000 distinct rows.
  constexpr double kMeanTolerance = 5.0 / 286.0;
  for (const double mean : one.shift) EXPECT_NEAR(mean, 0.0, kMeanTolerance);
}

TEST(CheckSamples, FindsTheFirstBadValueWithAnyNumberOfThreads) {
  Tensor x = Tensor::zeros({1000, 300});
  x.data<float>()[250'000] = std::numeric_limits<float>::infinity();
  x.data<float>()[70'005] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(message_of<DataError>([&] {
                check_samples(x, 0, 1000, Missing::refuse, {"p", {}, {}});
              }),
              HasSubstr("x[233, 105] is NaN"));
  EXPECT_THAT(message_of<DataError>([&] {
                check_samples(x, 0, 1000, Missing::impute, {"p", {}, {}});
              }),
              HasSubstr("x[833, 100] is infinity"));
  EXPECT_NO_THROW(check_samples(x, 234, 833, Missing::refuse, {"p", {}, {}}));
  EXPECT_NO_THROW(check_samples(Tensor::full({2, 2}, 1e9, DType::i64), 0, 2, Missing::refuse, {}));
}

}  // namespace
}  // namespace latent::data
