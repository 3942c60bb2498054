#include <latent/data/column_kinds.hpp>

#include <latent/core/rng.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace latent::data {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kRows = 250'000;  // of which a sample is drawn

// A table of columns that are functions of the row.
std::shared_ptr<const Dataset> table(const std::vector<std::function<double(int64_t)>>& columns) {
  const auto D = static_cast<int64_t>(columns.size());
  Tensor x = Tensor::empty({kRows, D});
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t c = 0; c < D; ++c) {
      x.data<float>()[row * D + c] = static_cast<float>(columns[static_cast<size_t>(c)](row));
    }
  }
  return from_tensor(x, Kind::table, {});
}

TEST(ColumnKinds, AreDecidedByAllRowsOfALargeTable) {
  Rng rng(1);
  std::vector<double> normal(kRows);
  rng.normal(std::span<double>(normal));
  const auto columns = column_kinds(*table({
      [](int64_t) { return 7.0; },
      [](int64_t row) { return row == 124'999 ? 1.0 : 0.0; },  // another value in one row of all
      [](int64_t row) { return row == 3         ? 1.0
                               : row == 200'001 ? 2.0
                                                : 0.0; },
      [&](int64_t row) { return row % 5 == 0 || row % 5 == 2 ? 0.0 : normal[static_cast<size_t>(row)]; },
      [&](int64_t row) { return normal[static_cast<size_t>(row)]; },
  }));
  EXPECT_EQ(columns[0], (TableColumn{.kind = ColumnKind::constant, .low = 7.0}));
  EXPECT_EQ(columns[1], (TableColumn{.kind = ColumnKind::binary, .low = 0.0, .high = 1.0}));
  EXPECT_EQ(columns[2].kind, ColumnKind::student);  // nearly always one value: as heavy as tails get
  EXPECT_EQ(columns[3].kind, ColumnKind::student);  // what every second or third row shows is constant
  EXPECT_EQ(columns[4].kind, ColumnKind::gaussian);
}

TEST(ColumnKinds, DistinctValuesInTheOrderOfSamples) {
  const auto data = from_tensor(Tensor::from(std::vector<float>{1, 5, 1, 4, 2, 5, 1, 3}, {4, 2}), Kind::table, {});
  EXPECT_THAT(distinct_values(*data, 2), ElementsAre(ElementsAre(1, 2), ElementsAre(5, 4)));
  EXPECT_THAT(distinct_values(*data, 3), ElementsAre(ElementsAre(1, 2), ElementsAre(5, 4, 3)));
}

}  // namespace
}  // namespace latent::data
