// What training images are turned into at random.
#include <latent/data/augmentation.hpp>

#include <tests/support/any_threads.hpp>
#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace latent::data {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

std::shared_ptr<const Dataset> images(int64_t count, int64_t C, int64_t H, int64_t W) {
  Tensor x = Tensor::empty({count, C, H, W});
  std::iota(x.span<float>().begin(), x.span<float>().end(), 0.0F);
  return from_tensor(x, Kind::images, {});
}

TEST(Augmentation, TextThereAndBack) {
  for (const char* text :
       {"none", "flip", "shift:0.05", "flip,shift:0.125", "cutout:0.3", "flip,shift:0.1,cutout:0.5", "auto"}) {
    EXPECT_EQ(Augmentation::from_text(text).str(), text);
  }
  EXPECT_EQ(Augmentation::from_text("shift:0.1,flip"), (Augmentation{.flip = true, .shift = 0.1}));
  EXPECT_THAT(message_of<std::invalid_argument>([] { Augmentation::from_text("flop"); }), HasSubstr("flip"));
  for (const char* text : {"", "shift", "shift:", "shift:0", "shift:0.6", "shift:-0.1", "shift:nan", "flip:1", "flip,",
                           "shift:0.1x", ",", "auto,flip", "flip,auto", "none,flip", "auto:1"}) {
    EXPECT_THROW(Augmentation::from_text(text), std::invalid_argument) << text;
  }
}

TEST(Augmentation, FlipsHalfOfTheImagesAndMovesNothingElse) {
  const auto plain = images(400, 2, 1, 3);
  const auto flipped = augmented(plain, {.flip = true}, 7);
  int64_t mirrored = 0;
  for (int64_t i = 0; i < plain->size(); ++i) {
    std::vector<double> x = plain->range(i, i + 1).to_vector(), y = flipped->range(i, i + 1).to_vector();
    if (x == y) continue;
    ++mirrored;
    // Each channel by itself.
    std::reverse(y.begin(), y.begin() + 3);
    std::reverse(y.begin() + 3, y.end());
    EXPECT_THAT(y, ElementsAreArray(x));
  }
  EXPECT_NEAR(static_cast<double>(mirrored), 200.0, 50.0);  // five standard deviations
}

TEST(Augmentation, ShiftsByWholePixelsAndGoesOnAtTheEdges) {
  constexpr int64_t kImages = 900, kH = 10, kW = 20;
  const auto plain = images(kImages, 1, kH, kW);
  const auto moved = augmented(plain, {.shift = 0.1}, 3);
  std::map<std::pair<int64_t, int64_t>, int> seen;
  for (int64_t i = 0; i < kImages; ++i) {
    const std::vector<double> x = plain->range(i, i + 1).to_vector(), y = moved->range(i, i + 1).to_vector();
    const auto at = [&](const std::vector<double>& image, int64_t h, int64_t w) {
      return image[static_cast<size_t>(std::clamp<int64_t>(h, 0, kH - 1) * kW + std::clamp<int64_t>(w, 0, kW - 1))];
    };
    const double middle = at(y, 5, 10) - x.front();
    const int64_t rows = 5 - static_cast<int64_t>(middle) / kW, columns = 10 - static_cast<int64_t>(middle) % kW;
    ++seen[{rows, columns}];
    for (int64_t h = 0; h < kH; ++h) {
      for (int64_t w = 0; w < kW; ++w) ASSERT_EQ(at(y, h, w), at(x, h - rows, w - columns));
    }
  }
  EXPECT_EQ(seen.size(), 15u);  // -1 ... 1 rows, -2 ... 2 columns
  for (const auto& [offset, count] : seen) EXPECT_GT(count, 25) << offset.first << ", " << offset.second;
}

TEST(Augmentation, CutoutSetsASquareToZeroAndNothingElse) {
  const auto base = from_tensor(Tensor::full({200, 2, 10, 14}, 0.5), Kind::images, {});
  const auto cut = augmented(base, {.cutout = 0.4}, 3);
  int64_t whole = 0;
  for (int64_t i = 0; i < 200; ++i) {
    const std::vector<double> x = cut->range(i, i + 1).to_vector();
    int64_t rows = 0, columns = 0, zeros = 0;
    for (int64_t h = 0; h < 10; ++h) {
      int64_t in_row = 0;
      for (int64_t w = 0; w < 14; ++w) {
        const double value = x[static_cast<size_t>(h * 14 + w)];
        EXPECT_EQ(value, x[static_cast<size_t>(140 + h * 14 + w)]);  // all channels alike
        EXPECT_TRUE(value == 0.0 || value == 0.5);
        in_row += value == 0.0 ? 1 : 0;
      }
      columns = std::max(columns, in_row);
      rows += in_row > 0 ? 1 : 0;
      zeros += in_row;
    }
    EXPECT_EQ(zeros, rows * columns);  // a rectangle
    EXPECT_LE(std::max(rows, columns), 4);
    whole += zeros == 16 ? 1 : 0;
  }
  // The square lies whole within the image for 7 of 10 rows and 11 of 14 columns of its middle.
  EXPECT_NEAR(static_cast<double>(whole) / 200.0, 0.7 * 11.0 / 14.0, 0.12);  // 3.4 standard errors
}

TEST(Augmentation, DependsOnSeedAndNumberAlone) {
  const auto plain = images(50, 3, 8, 8);
  const Augmentation both{.flip = true, .shift = 0.2};
  const auto first = augmented(plain, both, 1);
  const Tensor all = first->range(0, 50);
  expect_same_with_any_threads([&] { return first->range(0, 50).to_vector(); });
  EXPECT_EQ(first->range(20, 30).to_vector(), all.rows(20, 30).to_vector());
  EXPECT_NE(augmented(plain, both, 2)->range(0, 50).to_vector(), all.to_vector());
  EXPECT_EQ(augmented(plain, {}, 1), plain);
}

TEST(Augmentation, WantsAutoDecidedFirst) {
  EXPECT_THAT(message_of<std::invalid_argument>([] { augmented(images(3, 1, 2, 2), {.automatic = true}, 0); }),
              HasSubstr("choose_augmentation()"));
}

TEST(Augmentation, IsForImages) {
  const auto rows = from_tensor(Tensor::zeros({3, 4}), Kind::table, {});
  EXPECT_THAT(message_of<std::invalid_argument>([&] { augmented(rows, {.flip = true}, 0); }),
              HasSubstr("flip, shift and cutout are for images, but the data is a table"));
}

}  // namespace
}  // namespace latent::data
