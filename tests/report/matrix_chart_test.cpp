#include <latent/report/matrix_chart.hpp>

#include <gtest/gtest.h>

namespace latent::report {
namespace {

Tensor counts(const std::vector<int64_t>& values, int64_t classes) { return Tensor::from(values, {classes, classes}); }

// How many pixels have this colour.
int64_t pixels_of(const Tensor& image, uint8_t r, uint8_t g, uint8_t b) {
  const int64_t plane = image.dim(1) * image.dim(2);
  const auto* values = image.data<uint8_t>();
  int64_t count = 0;
  for (int64_t i = 0; i < plane; ++i) {
    count += values[i] == r && values[plane + i] == g && values[2 * plane + i] == b ? 1 : 0;
  }
  return count;
}

TEST(ConfusionChart, CellsAreAsDarkAsTheirShareOfTheRow) {
  const Tensor perfect = confusion_chart(counts({7, 0, 0, 3}, 2), {"cat", "dog"});
  EXPECT_EQ(perfect.dim(0), 3);
  const int64_t dark = pixels_of(perfect, 8, 64, 129);  // two cells of 45 x 45, less their figures
  EXPECT_GT(dark, 2 * 45 * 45 * 8 / 10);
  EXPECT_LE(dark, 2 * 45 * 45);
  const Tensor half = confusion_chart(counts({7, 7, 0, 3}, 2), {"cat", "dog"});
  EXPECT_LT(pixels_of(half, 8, 64, 129), dark);
  EXPECT_EQ(half.shape(), perfect.shape());
}

TEST(ConfusionChart, AnyNumberOfClassesAndRowsWithoutSamples) {
  EXPECT_EQ(confusion_chart(counts({5}, 1), {}).dim(0), 3);
  EXPECT_EQ(confusion_chart(counts({0, 0, 0, 0}, 2), {"a"}).dim(0), 3);
  const Tensor many = confusion_chart(Tensor::zeros({300, 300}, DType::i64), {});
  EXPECT_GE(many.dim(1), 300);
  const Tensor wide = confusion_chart(counts({1, 0, 0, 1}, 2), {std::string(500, 'w'), "b"});
  EXPECT_LT(wide.dim(2), 400);  // long names are shortened
}

TEST(ConfusionChart, WrongCalls) {
  EXPECT_THROW(confusion_chart(counts({1, -1, 0, 1}, 2), {}), std::invalid_argument);
  EXPECT_THROW(confusion_chart(Tensor::zeros({2, 3}, DType::i64), {}), std::invalid_argument);
  EXPECT_THROW(confusion_chart(Tensor::zeros({2, 2}), {}), std::invalid_argument);
}

}  // namespace
}  // namespace latent::report
