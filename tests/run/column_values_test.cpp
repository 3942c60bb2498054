// Which values columns of tables had in training, and rows that are drawn with them.

#include <tests/support/message_of.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/run/tables/column_values.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace latent {
namespace {

using ::testing::ElementsAre;

TEST(ColumnValues, OfFewKeepTheShareOfEach) {
  const ColumnValues column = column_values_of({80331, 10115, 10115, 20095});
  EXPECT_THAT(column.values, ElementsAre(10115, 10115, 20095, 20095, 80331, 80331));
  EXPECT_THAT(column.shares, ElementsAre(0, 0.5, 0.5, 0.75, 0.75, 1));
  EXPECT_EQ(column.step, 1.0);
  for (int i = 0; i <= 1000; ++i) {  // nothing between them
    const double share = i / 1000.0, expected = share < 0.5 ? 10115 : share < 0.75 ? 20095 : 80331;
    EXPECT_EQ(column.quantile(share), expected) << share;
  }
}

TEST(ColumnValues, OfManyKeepTheFrequentOnesAndTheRange) {
  std::vector<double> amounts(700, 0.0);
  for (int i = 1; i <= 300; ++i) amounts.push_back(static_cast<double>(i * i) / 100.0);  // 0.01 ... 900, in cents
  const ColumnValues column = column_values_of(amounts);
  EXPECT_EQ(column.step, 0.01);
  EXPECT_LT(column.values.size(), 150U);
  EXPECT_EQ(column.quantile(0.0), 0.0);
  EXPECT_EQ(column.quantile(0.699), 0.0);
  EXPECT_EQ(column.quantile(1.0), 900.0);
  // The share of the i-th of 300 above zero; between quantiles 0.01 apart the curve is straight.
  for (int i = 20; i <= 300; ++i) {
    EXPECT_NEAR(column.quantile(0.7 + (i - 0.5) / 1000.0), static_cast<double>(i * i) / 100.0, 2.0) << i;
  }
  for (int i = 0; i <= 997; ++i) {
    const double value = column.quantile(i / 997.0);
    EXPECT_EQ(value, std::round(value * 100.0) / 100.0);
    EXPECT_TRUE(value >= 0.0 && value <= 900.0);
  }
}

TEST(ColumnValues, StepsAreTheCoarsestRoundNumberThatAllValuesKeep) {
  EXPECT_EQ(column_values_of({3, 4, 8}).step, 1.0);
  EXPECT_EQ(column_values_of({0.5, 2, -3.5}).step, 0.5);
  EXPECT_EQ(column_values_of({500, 1000, 3500}).step, 500.0);
  EXPECT_EQ(column_values_of({17.45, 3.1}).step, 0.05);
  EXPECT_EQ(column_values_of({17.45, 3.11}).step, 0.01);
  EXPECT_EQ(column_values_of({std::sqrt(2.0), std::sqrt(3.0)}).step, 0.0);
  EXPECT_EQ(column_values_of({0.0, 0.0}).step, 0.0);
  EXPECT_EQ(column_values_of({17.45, 3.11}).in_steps(12.338), 12.34);
}

TEST(ColumnValues, ReturnFromJson) {
  const std::vector<ColumnValues> columns = {column_values_of({1, 1, 2}), column_values_of({0.25}),
                                             column_values_of({-1.5, 7.25, 1e9, 3})};
  const std::vector<ColumnValues> again = column_values_from_json(column_values_to_json(columns));
  ASSERT_EQ(again.size(), columns.size());
  for (size_t c = 0; c < columns.size(); ++c) {
    EXPECT_EQ(again[c].values, columns[c].values);
    EXPECT_EQ(again[c].shares, columns[c].shares);
    EXPECT_EQ(again[c].step, columns[c].step);
  }
  for (const char* text : {R"([{"values": [1, 2], "shares": [0, 0.5], "step": 0}])", R"([{"values": [1]}])",
                           R"([{"values": [], "shares": [], "step": 0}])", R"([7])"}) {
    EXPECT_THROW(column_values_from_json(nlohmann::json::parse(text)), std::invalid_argument) << text;
  }
  EXPECT_THROW(column_values_of({}), std::invalid_argument);
}

}  // namespace
}  // namespace latent
