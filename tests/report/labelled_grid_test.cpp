#include <latent/report/labelled_grid.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace latent::report {
namespace {

// A grey picture of 2 x 3 cells of 30 x 50 pixels.
Tensor cells() {
  Tensor grid = Tensor::zeros({1, 60, 150}, DType::u8);
  grid.data<uint8_t>()[0] = 200;
  return grid;
}

bool has_ink(const Tensor& picture, int64_t top, int64_t bottom, int64_t left, int64_t right) {
  for (int64_t y = top; y < bottom; ++y) {
    for (int64_t x = left; x < right; ++x) {
      if (picture.data<uint8_t>()[y * picture.dim(2) + x] < 100) return true;
    }
  }
  return false;
}

TEST(LabelledGridTest, NamesStandBesideTheirRowsAndAboveTheirColumns) {
  const Tensor picture = labelled_grid(cells(), {"first", "second"}, {"a", "", "c"});
  const int64_t left = picture.dim(2) - 150, top = picture.dim(1) - 60;
  EXPECT_EQ(picture.dim(0), 3);
  EXPECT_GT(left, 20);
  EXPECT_GT(top, 10);
  EXPECT_EQ(picture.data<uint8_t>()[top * picture.dim(2) + left], 200);  // the grid itself is untouched
  EXPECT_TRUE(has_ink(picture, top, top + 30, 0, left));
  EXPECT_TRUE(has_ink(picture, top + 30, top + 60, 0, left));
  EXPECT_TRUE(has_ink(picture, 0, top, left, left + 50));
  EXPECT_FALSE(has_ink(picture, 0, top, left + 50, left + 100));
  EXPECT_TRUE(has_ink(picture, 0, top, left + 100, left + 150));
}

TEST(LabelledGridTest, WithoutNamesNothingIsAdded) {
  const Tensor picture = labelled_grid(cells(), {}, {});
  EXPECT_EQ(picture.shape(), Shape({3, 60, 150}));
  EXPECT_EQ(picture.data<uint8_t>()[0], 200);
  EXPECT_THROW(labelled_grid(Tensor::zeros({60, 150}, DType::u8), {}, {}), std::invalid_argument);
  EXPECT_THROW(labelled_grid(Tensor::zeros({1, 60, 150}), {}, {}), std::invalid_argument);
}

}  // namespace
}  // namespace latent::report
