#include <tests/support/message_of.hpp>

#include <latent/data/augmentation.hpp>
#include <latent/data/corrupt.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent::data {
namespace {

using ::testing::HasSubstr;

TEST(Kinds, TheirNamesInFilesAreFixed) {
  std::vector<std::string_view> names;
  for (const Kind* kind : kinds()) {
    names.push_back(kind->name);
    EXPECT_EQ(&kind_from(kind->name), kind);
  }
  EXPECT_EQ(names, (std::vector<std::string_view>{"images", "table", "array", "words", "series", "sound", "waves"}));
  EXPECT_THAT(message_of<std::invalid_argument>([] { kind_from("tables"); }), HasSubstr("did you mean 'table'?"));
}

// A kind that no file of the library knows: what may be done with its samples follows from what it says of itself.
TEST(Kinds, AMadeUpOneIsTreatedAsItSays) {
  const Kind echo{
      .name = "echo", .article = "an", .are_pixels = true, .has_columns = false, .unit_interval_advice = ""};
  const auto echoes = from_tensor(Tensor::full({3, 8}, 0.75), echo, {});
  EXPECT_EQ(subset(echoes, {2, 0})->kind(), echo);
  EXPECT_EQ(binarized(echoes, 0.5)->range(0, 3).to_vector(), std::vector<double>(24, 1.0));
  const std::vector<float> x(8, 0.75F);
  std::vector<float> damaged(8);
  Corruptor(Corruption::from_text("gaussian:9"), *echoes).apply(std::vector<int64_t>{0}, Rng(1), x, damaged);
  for (const float value : damaged) EXPECT_TRUE(value >= 0.0F && value <= 1.0F) << value;  // pixels stay in [0, 1]
  EXPECT_THAT(message_of<std::invalid_argument>([&] { Corruptor(Corruption::from_text("blur:1"), *echoes); }),
              HasSubstr("blur needs images, but the data is an echo"));
  EXPECT_THAT(message_of<std::invalid_argument>([&] { Augmenter({.flip = true}, *echoes); }),
              HasSubstr("for images, but the data is an echo"));
  EXPECT_THAT(message_of<std::invalid_argument>([&] {
                from_tensor(Tensor::zeros({2, 3, 4}), echo, {});
              }),
              HasSubstr("echo: expected (N, D), got (2, 3, 4)"));

  const Kind stack{
      .name = "stack", .arrays = "(N, H, W)", .is_spatial = true, .has_one_scale = false, .unit_interval_advice = ""};
  const auto stacks = from_tensor(Tensor::full({3, 4, 5}, 7.0), stack, {});
  EXPECT_EQ(stacks->sample_shape(), Shape({1, 4, 5}));
  EXPECT_NO_THROW(Augmenter({.flip = true}, *stacks));
  EXPECT_THROW(binarized(stacks, 0.5), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
