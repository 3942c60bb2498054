#include "tests/data/files.hpp"

namespace latent::data {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(OpenImages, SortedByNameAndScaled) {
  const TemporaryFolder folder;
  write_png(folder.file("b.png"), image_of(1, 2, 3, 255));
  write_png(folder.file("a.png"), image_of(1, 2, 3, 0));
  write_text(folder.file("notes.txt"), "not an image");
  write_text(folder.file(".hidden.png"), "not an image either");
  write_png(folder.file(".thumbnails/c.png"), image_of(3, 9, 9, 1));
  const Source source = open(folder.path());
  EXPECT_EQ(source.format, "image folder");
  EXPECT_EQ(source.train->sample_shape(), Shape({1, 2, 3}));
  ASSERT_EQ(source.train->size(), 2);
  EXPECT_EQ(sample(*source.train, 0)[5], 0.0f);
  EXPECT_EQ(sample(*source.train, 1)[5], 1.0f);
  EXPECT_TRUE(source.train->labels().empty());
  EXPECT_EQ(source.test, nullptr);
}

TEST(OpenImages, SubFoldersAreLabels) {
  const TemporaryFolder folder;
  write_png(folder.file("dog/1.png"), image_of(1, 2, 2, 1));
  write_png(folder.file("cat/deep/er/1.png"), image_of(1, 2, 2, 2));
  write_png(folder.file("cat/2.png"), image_of(1, 2, 2, 3));
  const auto data = open(folder.path()).train;
  EXPECT_THAT(data->class_names(), ElementsAre("cat", "dog"));
  EXPECT_THAT(data->labels(), ElementsAre(0, 0, 1));
}

TEST(OpenImages, TrainAndTestAreTheParts) {
  const TemporaryFolder folder;
  write_png(folder.file("train/dog/1.png"), image_of(1, 2, 2, 1));
  write_png(folder.file("train/cat/1.png"), image_of(1, 2, 2, 2));
  write_png(folder.file("test/eel/1.png"), image_of(3, 2, 2, 255));
  const Source source = open(folder.path());
  EXPECT_EQ(source.train->size(), 2);
  EXPECT_EQ(source.test->size(), 1);
  EXPECT_THAT(source.train->class_names(), ElementsAre("cat", "dog", "eel"));
  EXPECT_THAT(source.test->labels(), ElementsAre(2));
  EXPECT_EQ(source.train->sample_shape(), Shape({3, 2, 2})) << "colour in one part makes both coloured";
}

TEST(OpenImages, GreyAmongColourBecomesColour) {
  const TemporaryFolder folder;
  write_png(folder.file("a.png"), image_of(1, 1, 2, 255));
  write_png(folder.file("b.png"), image_of(3, 1, 2, 0));
  EXPECT_THAT(sample(*open(folder.path()).train, 0), ElementsAre(1, 1, 1, 1, 1, 1));
  EXPECT_EQ(open(folder.path(), {.grayscale = true}).train->sample_shape(), Shape({1, 1, 2}));
}

TEST(OpenImages, MixedSizesAreListedOrResized) {
  const TemporaryFolder folder;
  for (int i = 0; i < 3; ++i) write_png(folder.file(fmt::format("a{}.png", i)), image_of(1, 4, 5, 9));
  for (int i = 0; i < 7; ++i) write_png(folder.file(fmt::format("b{}.png", i)), image_of(1, 3, i < 2 ? 3 : 4 + i, 9));
  EXPECT_THAT(message_of<DataError>([&] { open(folder.path()); }),
              AllOf(HasSubstr("4x5 (3), 3x3 (2), 3x6 (1), 3x7 (1), 3x8 (1) and 2 more"), HasSubstr("--size HxW")));
  const auto data = open(folder.path(), {.size = std::pair<int64_t, int64_t>{8, 6}}).train;
  EXPECT_EQ(data->sample_shape(), Shape({1, 8, 6}));
  EXPECT_EQ(data->size(), 10);
}

TEST(OpenImages, OneThatCannotBeReadIsSkippedAndNamed) {
  const TemporaryFolder folder;
  const std::string path = folder.file("b/b.PNG");
  write_text(path, "GIF89a");
  EXPECT_THAT(message_of<DataError>([&] { open(folder.path()); }),
              HasSubstr("no picture that can be read: skipped 1 file that cannot be read: b/b.PNG (it is neither PNG"));
  write_png(folder.file("a/a.png"), image_of(1, 2, 2, 9));
  write_png(folder.file("c/c.png"), image_of(1, 2, 2, 30));
  write_text(folder.file("c/empty.png"), "");
  Source source = open(folder.path());
  EXPECT_EQ(source.train->size(), 2);
  EXPECT_THAT(
      source.warnings,
      ElementsAre("skipped 2 files that cannot be read: b/b.PNG (it is neither PNG nor JPEG, WebP, TIFF or BMP), "
                  "c/empty.png (the file is empty)"));
  write_png(path, image_of(3, 50, 50, 9));  // its header is right
  std::string bytes = read_text(path);
  bytes[bytes.size() - 20] = static_cast<char>(bytes[bytes.size() - 20] ^ 1);  // within its pixels
  write_text(path, bytes);
  source = open(folder.path(), {.size = std::pair<int64_t, int64_t>{2, 2}});
  ASSERT_EQ(source.train->size(), 2);
  EXPECT_THAT(source.train->class_names(), ElementsAre("a", "c"));
  EXPECT_THAT(source.train->labels(), ElementsAre(0, 1));
  EXPECT_EQ(source.train->sample_name(1), "c/c.png");
  EXPECT_FLOAT_EQ(sample(*source.train, 1)[0], 30.0F / 255.0F);
  EXPECT_THAT(source.warnings, ElementsAre(AllOf(HasSubstr("skipped 2 files that cannot be read: b/b.PNG (damaged PNG"),
                                                 HasSubstr("c/empty.png (the file is empty)"))));
}

TEST(OpenImages, WhatIsSkippedIsCountedAndNamed) {
  const TemporaryFolder folder;
  write_png(folder.file("a.png"), image_of(1, 2, 2, 9));
  EXPECT_TRUE(open(folder.path()).warnings.empty());
  write_text(folder.file("deep/cat.gif"), "GIF89a");
  write_text(folder.file("one.txt"), "hello");
  write_text(folder.file("two.TXT"), "hello");
  write_text(folder.file("LICENSE"), "hello");
  EXPECT_THAT(open(folder.path()).warnings,
              ElementsAre("skipped 4 files, no picture that can be read (PNG, JPEG, WebP, TIFF, BMP): 2 .txt (first: "
                          "one.txt), 1 without an ending (LICENSE), 1 .gif (cat.gif)"));
}

TEST(OpenImages, SamplesHaveTheirFilesNames) {
  const TemporaryFolder folder;
  write_png(folder.file("train/dog/1.png"), image_of(1, 2, 2, 1));
  write_png(folder.file("train/cat/1.png"), image_of(1, 2, 2, 1));
  write_png(folder.file("test/cat/2.png"), image_of(1, 2, 2, 1));
  const Source source = open(folder.path());
  ASSERT_TRUE(source.train->has_sample_names());
  EXPECT_EQ(source.train->sample_name(0), "train/cat/1.png");
  EXPECT_EQ(source.train->sample_name(1), "train/dog/1.png");
  const auto test = select(source, Split::test, 0.0, 0);
  EXPECT_EQ(test->sample_name(0), "test/cat/2.png");
  EXPECT_EQ(test->source_index(0), 2);
  const auto all = select(source, Split::all, 0.0, 0);
  EXPECT_EQ(all->sample_name(2), "test/cat/2.png");
  EXPECT_EQ(all->source_index(2), 2);
  const auto some = subset(all, {2, 0});
  EXPECT_EQ(some->sample_name(0), "test/cat/2.png");
  EXPECT_EQ(some->source_index(1), 0);
  EXPECT_EQ(binarized(some, 0.5)->source_index(0), 2);
}

TEST(OpenImages, SixteenBitsKeepTheirLevelsAmongEight) {
  const TemporaryFolder folder;
  const std::filesystem::path golden = std::filesystem::path(LATENT_TEST_DATA) / "golden" / "images";
  std::filesystem::copy_file(golden / "grey_16.png", folder.file("a.png"));
  std::filesystem::copy_file(golden / "grey_8.png", folder.file("b.png"));
  const Source source = open(folder.path());
  EXPECT_EQ(source.train->stored_dtype(), DType::f32);
  const std::vector<float> deep = sample(*source.train, 0), plain = sample(*source.train, 1);
  EXPECT_FLOAT_EQ(deep[7 + 2], static_cast<float>((2 * 3701 + 1117) % 65536) / 65535.0F);
  EXPECT_FLOAT_EQ(plain[7 + 2], static_cast<float>((2 * 3701 + 1117) % 256) / 255.0F);
  EXPECT_EQ(open(folder.path(), {.keep_16_bits = false}).train->stored_dtype(), DType::u8);
}

TEST(OpenImages, NothingVanishesOnItsBackground) {
  const std::filesystem::path golden = std::filesystem::path(LATENT_TEST_DATA) / "golden" / "images";
  const TemporaryFolder folder;
  std::filesystem::copy_file(golden / "alpha.tiff", folder.file("a.tiff"));
  const Source source = open(folder.path());
  EXPECT_EQ(source.background, 255) << "not light, so on white";
  ASSERT_EQ(source.notes.size(), 1u);
  EXPECT_THAT(source.notes[0], HasSubstr("transparent pixels (1 picture) are laid on white"));
  const Source black = open(folder.path(), {.background = 0});
  EXPECT_EQ(black.background, 0);
  EXPECT_NE(sample(*black.train, 0), sample(*source.train, 0));
  EXPECT_FALSE(open(golden / "rgb.bmp").background) << "nothing transparent";
}

TEST(OpenImages, OtherProportionsAreCroppedUnlessAskedOtherwise) {
  const TemporaryFolder folder;
  Tensor wide = Tensor::full({1, 4, 8}, 0.0, DType::u8);
  for (int64_t y = 0; y < 4; ++y) {
    for (int64_t x = 2; x < 6; ++x) wide.data<uint8_t>()[y * 8 + x] = 255;
  }
  write_png(folder.file("a.png"), wide);
  OpenOptions options{.size = std::pair<int64_t, int64_t>{4, 4}};
  const Source cropped = open(folder.path(), options);
  EXPECT_EQ(sample(*cropped.train, 0), std::vector<float>(16, 1.0F));
  ASSERT_EQ(cropped.notes.size(), 1u);
  EXPECT_THAT(cropped.notes[0], HasSubstr("1 of 1 pictures have other proportions than 4x4: they are cropped"));
  options.fit = Fit::stretch;
  EXPECT_LT(sample(*open(folder.path(), options).train, 0)[0], 0.5F);
  options.fit = Fit::pad;
  const std::vector<float> padded = sample(*open(folder.path(), options).train, 0);
  EXPECT_EQ(padded[0], 0.0F);
  EXPECT_GT(padded[4 + 2], 0.8F);  // the filter sees some of the black beside it
}

TEST(OpenImages, FoldersWithoutDataAreRefused) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<DataError>([&] { open(folder.path()); }), HasSubstr("the folder is empty"));
  write_text(folder.file("x.txt"), "hello");
  EXPECT_THAT(message_of<DataError>([&] { open(folder.path()); }), HasSubstr("no images and no other known data"));
}

TEST(OpenImages, ASinglePictureIsASetOfOne) {
  const TemporaryFolder folder;
  write_png(folder.file("a.png"), image_of(3, 4, 6, 51));
  const Source source = open(folder.file("a.png"), {.size = std::pair<int64_t, int64_t>{2, 3}, .grayscale = true});
  EXPECT_EQ(source.format, "image");
  EXPECT_EQ(source.train->sample_shape(), Shape({1, 2, 3}));
  EXPECT_FLOAT_EQ(sample(*source.train, 0)[0], 0.2f);
}

}  // namespace
}  // namespace latent::data
