// Which variations of images the data itself allows: on sets of which the answer is known.
#include <latent/data/augmentation_choice.hpp>

#include <tests/support/any_threads.hpp>
#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace latent::data {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kSceneSide = 24;
constexpr Augmentation kBoth{.flip = true, .shift = 0.1};  // up to two pixels

// What is on an image of a ramp from dark to light, which a mirror turns round, and a blob.
struct Scene {
  double ramp = 0.0;               ///< per pixel, to the right
  double row = 0.0, column = 0.0;  ///< place of the blob's middle
  double blob = 1.0;               ///< brightness
};

Tensor paint(const std::vector<Scene>& scenes) {
  constexpr double kWidth = 8.0;  // of the blob, in squared pixels
  Tensor x = Tensor::empty({static_cast<int64_t>(scenes.size()), 1, kSceneSide, kSceneSide});
  float* out = x.data<float>();
  for (const Scene& scene : scenes) {
    for (int64_t h = 0; h < kSceneSide; ++h) {
      for (int64_t w = 0; w < kSceneSide; ++w) {
        const double row = static_cast<double>(h) - scene.row, column = static_cast<double>(w) - scene.column;
        *out++ = static_cast<float>(scene.ramp * static_cast<double>(w) +
                                    scene.blob * std::exp(-(row * row + column * column) / (2.0 * kWidth)));
      }
    }
  }
  return x;
}

std::shared_ptr<const Dataset> set_of(const Tensor& x) { return from_tensor(x, Kind::images, {}); }

double between(Rng& rng, double low, double high) { return low + (high - low) * rng.uniform(); }

constexpr double kMiddle = (kSceneSide - 1) / 2.0;

// Waves in any direction and of any phase: mirrored or moved they are waves in another direction or of another phase.
Tensor waves(int64_t count) {
  Rng rng(1);
  Tensor x = Tensor::empty({count, 1, kSceneSide, kSceneSide});
  float* out = x.data<float>();
  for (int64_t i = 0; i < count; ++i) {
    const double down = between(rng, -0.4, 0.4), right = between(rng, -0.4, 0.4), phase = between(rng, 0.0, 6.2832);
    for (int64_t at = 0; at < kSceneSide * kSceneSide; ++at) {
      const auto h = static_cast<double>(at / kSceneSide), w = static_cast<double>(at % kSceneSide);
      *out++ = static_cast<float>(std::cos(down * h + right * w + phase));
    }
  }
  return x;
}

// Blobs in the middle of the picture, of any brightness: mirrored they are the same, moved they are not.
Tensor in_the_middle(int64_t count) {
  Rng rng(2);
  std::vector<Scene> scenes(static_cast<size_t>(count));
  for (Scene& scene : scenes) scene = {0.0, kMiddle, kMiddle, between(rng, 0.2, 1.0)};
  return paint(scenes);
}

// Blobs at any height, on ramps that rise to the right: mirrored these fall.
Tensor on_a_ramp(int64_t count) {
  Rng rng(3);
  std::vector<Scene> scenes(static_cast<size_t>(count));
  for (Scene& scene : scenes) scene = {0.02, between(rng, 4, kSceneSide - 5), between(rng, 4, kSceneSide - 5), 1.0};
  return paint(scenes);
}

AugmentationChoice choose(const Tensor& x, double apart = 0.0, uint64_t seed = 0) {
  return choose_augmentation(*set_of(x), {.candidates = kBoth, .apart = apart, .seed = seed});
}

TEST(AugmentationChoice, ImagesWithoutASideAreMirroredAndMoved) {
  for (const uint64_t seed : {0, 1, 2}) {
    const AugmentationChoice choice = choose(waves(600), 0.0, seed);
    EXPECT_EQ(choice.augmentation, kBoth) << *choice.flip_ratio << ", " << *choice.shift_ratio;
    EXPECT_EQ(choice.compared, 300);
  }
}

TEST(AugmentationChoice, CentredImagesAreMirroredButNotMoved) {
  const AugmentationChoice choice = choose(in_the_middle(600));
  EXPECT_TRUE(choice.augmentation.flip);
  EXPECT_NEAR(*choice.flip_ratio, 1.0, 1e-3);
  EXPECT_EQ(choice.augmentation.shift, 0.0);
  EXPECT_GT(*choice.shift_ratio, 5.0);
}

TEST(AugmentationChoice, ImagesWithASideAreNotMirrored) {
  const AugmentationChoice choice = choose(on_a_ramp(600));
  EXPECT_FALSE(choice.augmentation.flip);
  EXPECT_GT(*choice.flip_ratio, 2.0);
}

TEST(AugmentationChoice, RatiosAreThoseOfMediansByHand) {
  // Image i is i / 64 on the left and nothing on the right; the nearest other one is 1 / 64 away.
  constexpr int64_t kImages = 21;
  Tensor x = Tensor::zeros({kImages, 1, 1, 2});
  for (int64_t i = 0; i < kImages; ++i) x.data<float>()[2 * i] = static_cast<float>(i) / 64.0F;
  const AugmentationChoice choice = choose_augmentation(*set_of(x), {.candidates = {.flip = true}, .apart = 0.0});
  // Mirrored, image i is i / 64 away from the blank image 0, and that one 1 / 64 from image 1: 1, 1, 2, ... 20.
  EXPECT_NEAR(choice.flip_ratio.value(), 10.0, 1e-6);
  EXPECT_FALSE(choice.shift_ratio.has_value());
  EXPECT_EQ(choice.compared, kImages);
  EXPECT_TRUE(choice.augmentation.empty());
  const AugmentationChoiceOptions generous{.candidates = {.flip = true}, .most_ratio = 10.1, .apart = 0.0};
  EXPECT_TRUE(choose_augmentation(*set_of(x), generous).augmentation.flip);
}

TEST(AugmentationChoice, CopiesAreNotNeighbours) {
  const Tensor x = waves(300);
  Tensor twice = Tensor::empty({600, 1, kSceneSide, kSceneSide});
  for (int64_t i = 0; i < 600; ++i) twice.rows(i, i + 1).copy_from(x.rows(i % 300, i % 300 + 1));
  const AugmentationChoice choice = choose(twice);
  EXPECT_EQ(choice.augmentation, kBoth) << *choice.flip_ratio << ", " << *choice.shift_ratio;
}

TEST(AugmentationChoice, ApartSaysWhetherNeighboursInTheOrderCount) {
  // Ten pictures in a row of each of 200 waves, which differ in brightness alone.
  constexpr int64_t kWaves = 200, kEach = 10, kAll = kWaves * kEach, kPixels = kSceneSide * kSceneSide;
  const Tensor one_of_each = waves(kWaves);
  Tensor x = Tensor::empty({kAll, 1, kSceneSide, kSceneSide});
  for (int64_t i = 0; i < kAll; ++i) {
    const float brightness = 1.0F - 0.01F * static_cast<float>(i % kEach);
    const float* from = one_of_each.data<float>() + i / kEach * kPixels;
    std::transform(from, from + kPixels, x.data<float>() + i * kPixels,
                   [=](float value) { return value * brightness; });
  }
  EXPECT_TRUE(choose(x, 0.0).augmentation.empty());
  EXPECT_TRUE(choose(x, 0.05).augmentation.flip);
  // The order is that of the whole data, however the samples are taken from it, and however often.
  std::vector<int64_t> order = Rng(5).permutation(kAll);
  order.reserve(order.size() + 300);
  order.insert(order.end(), order.begin(), order.begin() + 300);
  const auto mixed = subset(set_of(x), order);
  EXPECT_TRUE(choose_augmentation(*mixed, {.candidates = kBoth, .apart = 0.0}).augmentation.empty());
  EXPECT_TRUE(choose_augmentation(*mixed, {.candidates = kBoth, .apart = 0.05}).augmentation.flip);
}

TEST(AugmentationChoice, DependsOnTheSeedAndNotOnThreads) {
  const auto set = set_of(waves(400));
  const auto ratios = [&](uint64_t seed) {
    const AugmentationChoice choice = choose_augmentation(*set, {.queries = 50, .references = 100, .seed = seed});
    EXPECT_EQ(choice.compared, 50);
    return std::vector<double>{*choice.flip_ratio, *choice.shift_ratio};
  };
  expect_same_with_any_threads([&] { return ratios(0); });
  EXPECT_NE(ratios(0), ratios(1));
}

TEST(AugmentationChoice, WhatCannotBeToldIsLeftOut) {
  const auto nothing = [](const Tensor& x, double apart = 0.0) {
    const AugmentationChoice choice = choose(x, apart);
    EXPECT_TRUE(choice.augmentation.empty());
    EXPECT_FALSE(choice.flip_ratio || choice.shift_ratio);
  };
  nothing(waves(19));                                            // too few
  nothing(Tensor::full({50, 1, kSceneSide, kSceneSide}, 0.5F));  // all the same
  nothing(waves(20), 0.5);                                       // each too near to nearly all others
  // Too small to be moved, and without a left and right.
  Rng rng(6);
  Tensor narrow = Tensor::empty({50, 3, 4, 1});
  rng.normal(narrow.span<float>());
  nothing(narrow);
  EXPECT_TRUE(choose(waves(20)).flip_ratio.has_value());
}

TEST(AugmentationChoice, LargeAndColouredImagesOfOddSizes) {
  // 3 x 37 x 50, noise at every pixel, the left half light: mirrored it is another thing in all channels.
  Rng rng(7);
  Tensor x = Tensor::empty({60, 3, 37, 50});
  rng.normal(x.span<float>());
  for (int64_t i = 0; i < x.numel(); ++i) x.data<float>()[i] += i % 50 < 25 ? 4.0F : 0.0F;
  const AugmentationChoice choice = choose(x);
  EXPECT_FALSE(choice.augmentation.flip);
  EXPECT_GT(*choice.flip_ratio, 3.0);
}

TEST(AugmentationChoice, RefusesWhatItCannotJudge) {
  const auto rows = from_tensor(Tensor::zeros({30, 4}), Kind::table, {});
  EXPECT_THAT(message_of<std::invalid_argument>([&] { choose_augmentation(*rows); }),
              HasSubstr("[choose_augmentation] flip and shift are for images, but the data is a table"));
  const auto set = set_of(waves(30));
  for (const AugmentationChoiceOptions& bad :
       std::initializer_list<AugmentationChoiceOptions>{{.candidates = {.shift = 0.6}},
                                                        {.candidates = {.shift = -0.1}},
                                                        {.candidates = {.automatic = true}},
                                                        {.most_ratio = 0.0},
                                                        {.most_ratio = std::nan("")},
                                                        {.apart = -0.1},
                                                        {.apart = 0.6},
                                                        {.apart = std::nan("")},
                                                        {.queries = 0},
                                                        {.references = 0}}) {
    EXPECT_THROW(choose_augmentation(*set, bad), std::invalid_argument);
  }
}

}  // namespace
}  // namespace latent::data
