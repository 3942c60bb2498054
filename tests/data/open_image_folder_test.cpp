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
  write_png(folder.file("stray.png"), image_of(1, 2, 2, 3));
  EXPECT_TRUE(open(folder.path()).train->labels().empty()) << "an image without a label";
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

TEST(OpenImages, AnImageThatCannotBeReadIsNamed) {
  const TemporaryFolder folder;
  write_png(folder.file("a.png"), image_of(1, 2, 2, 9));
  const std::string path = folder.file("b.PNG");
  write_text(path, "GIF89a");
  EXPECT_THAT(message_of<DataError>([&] { open(folder.path()); }),
              AllOf(HasSubstr("b.PNG"), HasSubstr("neither PNG nor JPEG")));
  write_text(path, "");
  EXPECT_THAT(message_of<DataError>([&] { open(folder.path()); }), AllOf(HasSubstr("b.PNG"), HasSubstr("empty")));
  write_png(path, image_of(3, 50, 50, 9));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 20);
  EXPECT_THAT(message_of<DataError>([&] {
                open(folder.path(), {.size = std::pair<int64_t, int64_t>{2, 2}});
              }),
              HasSubstr("b.PNG"));
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
