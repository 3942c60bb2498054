// Which part and which class pictures and sounds belong to, by the folders that they lie in.

#include "tests/data/files.hpp"

#include <latent/formats/sound.hpp>

namespace latent::data {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A folder with a picture at each of the paths.
class Folder {
 public:
  explicit Folder(const std::vector<std::string>& names) {
    for (const std::string& name : names) write_png(folder_.file(name), image_of(1, 2, 2, 9));
  }
  Source open(bool usual_names = true) const { return data::open(folder_.path(), {.usual_names = usual_names}); }

 private:
  TemporaryFolder folder_;
};

std::vector<std::string> names_of(const Dataset& part) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < part.size(); ++i) names.push_back(part.sample_name(i));
  return names;
}

TEST(FolderParts, HaveTheirUsualNamesInAnyCase) {
  const std::pair<const char*, const char*> both[] = {
      {"Train", "Test"},       {"training", "testing"}, {"TRAIN", "val"},        {"train", "Valid"},
      {"train", "validation"}, {"train", "dev"},        {"train_set", "testset"}};
  for (const auto& [train, test] : both) {
    const Folder folder(
        {fmt::format("{}/a/1.png", train), fmt::format("{}/b/1.png", train), fmt::format("{}/b/1.png", test)});
    const Source source = folder.open();
    EXPECT_EQ(source.train->size(), 2) << train;
    ASSERT_NE(source.test, nullptr) << test;
    EXPECT_THAT(source.train->class_names(), ElementsAre("a", "b"));
    EXPECT_THAT(source.test->labels(), ElementsAre(1));
    EXPECT_THAT(source.warnings, IsEmpty());
  }
}

TEST(FolderParts, ValidationIsTheTestPartOrJoinsTheTrainingPart) {
  const Source two = Folder({"train/a/1.png", "train/b/1.png", "val/b/1.png"}).open();
  EXPECT_THAT(two.notes, ElementsAre("val/ is the test part"));
  const Source three = Folder({"train/a/1.png", "train/b/1.png", "val/a/1.png", "test/b/1.png"}).open();
  EXPECT_THAT(names_of(*three.train), ElementsAre("train/a/1.png", "train/b/1.png", "val/a/1.png"));
  EXPECT_THAT(three.train->labels(), ElementsAre(0, 1, 0));
  EXPECT_THAT(names_of(*three.test), ElementsAre("test/b/1.png"));
  EXPECT_THAT(three.notes, ElementsAre("val/ (1 picture) joins the training part, as there is a test part, too"));
}

TEST(FolderParts, FoldersCalledLikeAPartMayBeClasses) {
  const Source vehicles = Folder({"bus/1.png", "car/1.png", "train/1.png"}).open();
  EXPECT_THAT(vehicles.train->class_names(), ElementsAre("bus", "car", "train"));
  EXPECT_EQ(vehicles.test, nullptr);
}

TEST(FolderParts, ATestPartMayHaveNoClasses) {
  const Source source = Folder({"train/a/1.png", "train/b/1.png", "test/1.png", "test/2.png"}).open();
  EXPECT_THAT(source.train->labels(), ElementsAre(0, 1));
  EXPECT_THAT(source.test->labels(), IsEmpty());
  EXPECT_EQ(source.test->size(), 2);
  EXPECT_THAT(source.notes, ElementsAre("the test part has no folders of classes: its samples have no labels"));
}

TEST(FolderParts, WhatLiesInNoClassAndNoPartIsLeftOutAndNamed) {
  const Source loose = Folder({"a/1.png", "b/1.png", "cover.png"}).open();
  EXPECT_THAT(names_of(*loose.train), ElementsAre("a/1.png", "b/1.png"));
  EXPECT_THAT(loose.train->labels(), ElementsAre(0, 1));
  EXPECT_THAT(loose.warnings, ElementsAre("1 picture lies outside the folders of classes and is left out: cover.png"));
  const Source outside = Folder({"train/a/1.png", "train/b/1.png", "test/a/1.png", "more/1.png", "x.png"}).open();
  EXPECT_THAT(outside.train->labels(), ElementsAre(0, 1));
  EXPECT_THAT(outside.warnings, ElementsAre("2 pictures lie in none of the parts and are left out: more/1.png, x.png"));
}

TEST(FolderParts, FewPicturesInAFolderMakeNoClasses) {
  const Source source = Folder({"1.png", "2.png", "3.png", "old/1.png", "older/1.png"}).open();
  EXPECT_EQ(source.train->size(), 5);
  EXPECT_THAT(source.train->labels(), IsEmpty());
  EXPECT_THAT(source.notes, ElementsAre("3 of 5 pictures lie in no folder, so that folders are not taken for classes"));
}

TEST(FolderParts, ASingleFolderIsLookedThrough) {
  const Source parts = Folder({"data/train/a/1.png", "data/train/b/1.png", "data/test/a/1.png"}).open();
  EXPECT_THAT(parts.train->class_names(), ElementsAre("a", "b"));
  EXPECT_THAT(names_of(*parts.test), ElementsAre("data/test/a/1.png"));
  EXPECT_THAT(Folder({"data/a/1.png", "data/b/1.png"}).open().train->class_names(), ElementsAre("a", "b"));
  EXPECT_THAT(Folder({"train/a/1.png", "train/b/1.png"}).open().train->class_names(), ElementsAre("a", "b"));
  EXPECT_THAT(Folder({"cat/1.png", "cat/2.png"}).open().train->class_names(), ElementsAre("cat"));
  const Source twice = Folder({"train/train/1.png", "test/test/1.png"}).open();
  EXPECT_EQ(twice.test->size(), 1);
  EXPECT_THAT(twice.train->labels(), IsEmpty());
}

TEST(FolderParts, FilesOfKnownSetsMayLieInASingleFolder) {
  const TemporaryFolder folder;
  write_idx(folder.file("MNIST/raw/train-images-idx3-ubyte"), {3, 2, 2}, counting_bytes(12));
  write_idx(folder.file("MNIST/raw/train-labels-idx1-ubyte"), {3}, {0, 1, 0});
  EXPECT_EQ(open(folder.path()).train->size(), 3);
}

TEST(FolderParts, EarlierRunsFindWhatTheyFound) {
  constexpr bool kUsualNames = false;
  const Source three = Folder({"train/a/1.png", "val/a/1.png", "test/b/1.png"}).open(kUsualNames);
  EXPECT_EQ(three.train->size(), 1);
  EXPECT_EQ(three.test->size(), 1);
  EXPECT_THAT(Folder({"train/a/1.png", "val/a/1.png"}).open(kUsualNames).train->class_names(),
              ElementsAre("train", "val"));
  const Source loose = Folder({"a/1.png", "b/1.png", "cover.png"}).open(kUsualNames);
  EXPECT_EQ(loose.train->size(), 3);
  EXPECT_THAT(loose.train->labels(), IsEmpty());
}

TEST(FolderParts, OfSoundsAreTheSame) {
  const TemporaryFolder folder;
  Tensor wave = Tensor::zeros({1, 4000});
  for (int64_t i = 0; i < wave.numel(); ++i) wave.data<float>()[i] = (i % 20 < 10) ? 0.2F : -0.2F;
  for (const char* name : {"Train/a/1.wav", "Train/b/1.wav", "Train/loose.wav", "val/1.wav"}) {
    write_wav(folder.file(name), wave, 8000);
  }
  const Source source = open(folder.path());
  EXPECT_THAT(source.train->labels(), ElementsAre(0, 1));
  EXPECT_EQ(source.test->size(), 1);
  EXPECT_THAT(source.test->labels(), IsEmpty());
  EXPECT_THAT(source.warnings,
              ElementsAre("1 sound lies outside the folders of classes and is left out: Train/loose.wav"));
  EXPECT_THAT(source.notes, ::testing::Contains("val/ is the test part"));
}

}  // namespace
}  // namespace latent::data
