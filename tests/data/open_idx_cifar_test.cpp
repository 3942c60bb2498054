// Sets of pictures in bytes (IDX, CIFAR), known names, and which form a file is taken to have.
#include "tests/data/files.hpp"

#include <cstdlib>

namespace latent::data {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void write_mnist(const TemporaryFolder& folder, const std::string& sub = "") {
  write_idx(folder.file(sub + "train-images-idx3-ubyte"), {4, 2, 3}, counting_bytes(24));
  write_idx(folder.file(sub + "train-labels-idx1-ubyte"), {4}, {3, 0, 1, 3});
  write_idx(folder.file(sub + "t10k-images-idx3-ubyte"), {2, 2, 3}, counting_bytes(12));
  write_idx(folder.file(sub + "t10k-labels-idx1-ubyte"), {2}, {1, 4});
}

TEST(OpenIdx, AFolderHasBothParts) {
  const TemporaryFolder folder;
  write_mnist(folder);
  const Source source = open(folder.path());
  EXPECT_EQ(source.format, "idx");
  EXPECT_EQ(source.train->kind(), Kind::images);
  EXPECT_EQ(source.train->size(), 4);
  EXPECT_EQ(source.test->size(), 2);
  EXPECT_EQ(source.train->sample_shape(), Shape({1, 2, 3}));
  EXPECT_THAT(source.train->labels(), ElementsAre(3, 0, 1, 3));
  EXPECT_THAT(source.test->labels(), ElementsAre(1, 4));
  EXPECT_THAT(source.train->class_names(), ElementsAre("0", "1", "2", "3", "4"));
  EXPECT_FLOAT_EQ(sample(*source.train, 3)[5], 23.0f / 255.0f);
  EXPECT_TRUE(source.train->storage().mapped);
}

TEST(OpenIdx, PackedFilesReadTheSame) {
  const TemporaryFolder folder;
  write_mnist(folder, "plain/");
  for (const auto& entry : std::filesystem::directory_iterator(folder.file("plain"))) {
    write_text(folder.file("packed/" + entry.path().filename().string() + ".gz"),
               gzip(read_text(entry.path().string())));
  }
  const Source plain = open(folder.file("plain")), packed = open(folder.file("packed"));
  EXPECT_EQ(packed.train->range(0, 4).to_vector(), plain.train->range(0, 4).to_vector());
  EXPECT_THAT(packed.test->labels(), ElementsAre(1, 4));
  EXPECT_FALSE(packed.train->storage().mapped);
  const auto alone = open(folder.file("packed/train-images-idx3-ubyte.gz")).train;
  EXPECT_EQ(alone->range(0, 4).to_vector(), plain.train->range(0, 4).to_vector());
  EXPECT_THAT(alone->labels(), ElementsAre(3, 0, 1, 3));
}

TEST(OpenIdx, APictureOfThatNameIsAPicture) {
  const TemporaryFolder folder;
  write_png(folder.file("train-images.png"), image_of(1, 2, 2, 9));
  EXPECT_EQ(open(folder.path()).format, "image folder");
}

TEST(OpenIdx, OneFileFindsItsLabels) {
  const TemporaryFolder folder;
  write_mnist(folder);
  const Source source = open(folder.file("t10k-images-idx3-ubyte"));
  EXPECT_EQ(source.train->size(), 2);
  EXPECT_EQ(source.test, nullptr);
  EXPECT_THAT(source.train->labels(), ElementsAre(1, 4));
  const std::string alone = write_idx(folder.file("digits"), {1, 2, 3}, counting_bytes(6));
  EXPECT_TRUE(open(alone).train->labels().empty());
}

TEST(OpenIdx, ImagesAreResized) {
  const TemporaryFolder folder;
  write_mnist(folder);
  const Source source = open(folder.path(), {.size = std::pair<int64_t, int64_t>{4, 6}, .grayscale = true});
  EXPECT_EQ(source.train->sample_shape(), Shape({1, 4, 6}));
  EXPECT_EQ(source.test->sample_shape(), Shape({1, 4, 6}));
  EXPECT_FALSE(source.train->storage().mapped);
}

TEST(OpenIdx, RefusesWhatDoesNotFitTogether) {
  const TemporaryFolder folder;
  const std::string labels = write_idx(folder.file("a/train-labels-idx1-ubyte"), {3}, {0, 1, 2});
  EXPECT_THAT(message_of<DataError>([&] { open(labels); }), HasSubstr("may be labels"));
  const std::string images = write_idx(folder.file("a/train-images-idx3-ubyte"), {2, 1, 1}, {0, 1});
  EXPECT_THAT(message_of<DataError>([&] { open(images); }), HasSubstr("3 labels, but 2 samples"));
  write_idx(folder.file("b/t10k-images-idx3-ubyte"), {2, 1, 1}, {0, 1});
  EXPECT_THAT(message_of<DataError>([&] { open(folder.file("b")); }), HasSubstr("no train-images"));
  write_idx(folder.file("b/train-images-idx3-ubyte"), {2, 2, 1}, {0, 1, 2, 3});
  EXPECT_THAT(message_of<DataError>([&] { open(folder.file("b")); }), HasSubstr("the test part"));
  const std::string empty = write_idx(folder.file("none"), {0, 2, 2}, {});
  EXPECT_THAT(message_of<DataError>([&] { open(empty); }), HasSubstr("no values"));
}

std::string cifar_records(const std::vector<uint8_t>& labels) {
  std::string bytes;
  for (const uint8_t label : labels) {
    bytes += static_cast<char>(label);
    bytes += std::string(3072, static_cast<char>(label * 20));
  }
  return bytes;
}

TEST(OpenCifar, FileAndFolder) {
  const TemporaryFolder folder;
  write_text(folder.file("c/data_batch_1.bin"), cifar_records({1, 2}));
  write_text(folder.file("c/data_batch_2.bin"), cifar_records({0}));
  const std::string test = write_text(folder.file("c/test_batch.bin"), cifar_records({3}));
  const Source source = open(folder.file("c"));
  EXPECT_EQ(source.format, "cifar");
  EXPECT_EQ(source.train->sample_shape(), Shape({3, 32, 32}));
  EXPECT_THAT(source.train->labels(), ElementsAre(1, 2, 0));
  EXPECT_THAT(source.test->labels(), ElementsAre(3));
  EXPECT_FLOAT_EQ(sample(*source.train, 1)[3071], 40.0f / 255.0f);
  EXPECT_EQ(open(test).train->size(), 1);
  write_text(folder.file("c/batches.meta.txt"), "plane\r\ncar\nbird\ncat\n\n");
  EXPECT_THAT(open(folder.file("c")).train->class_names(), ElementsAre("plane", "car", "bird", "cat"));
}

TEST(OpenKnown, FashionMnistComesFromTheFolderOfDatasets) {
  const TemporaryFolder folder;
  write_mnist(folder, "fashion-mnist/");
  setenv("LATENT_DATASETS", folder.path().c_str(), 1);
  const Source source = open("fashion-mnist");
  unsetenv("LATENT_DATASETS");
  EXPECT_EQ(source.name, "fashion-mnist");
  EXPECT_EQ(source.train->size(), 4);
  EXPECT_EQ(source.train->class_names()[9], "Ankle boot");
}

TEST(OpenUnknown, IsAnsweredWithTheNearestName) {
  EXPECT_THAT(
      message_of<std::invalid_argument>([] { open("fashion-mnits"); }),
      ::testing::StrEq("fashion-mnits: no such file, and no known set of that name (did you mean 'fashion-mnist'?)"));
  EXPECT_THAT(message_of<std::invalid_argument>([] { open("somewhere/else.csv"); }),
              ::testing::StrEq("somewhere/else.csv: no such file, and no known set of that name"));
  EXPECT_THROW(open(""), std::invalid_argument);
}

TEST(OpenUnknown, RefusesEmptyAndUnknownFiles) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<DataError>([&] { open(write_text(folder.file("empty"), "")); }),
              HasSubstr("the file is empty"));
  EXPECT_THAT(
      message_of<DataError>([&] { open(write_text(folder.file("noise"), std::string("\x01\x02\x00\xff", 4))); }),
      HasSubstr("not a form of data that can be opened"));
  EXPECT_THAT(message_of<DataError>([&] { open(write_text(folder.file("x.gz"), "\x1f\x8b\x08 damaged")); }),
              HasSubstr("x.gz"));
}

// What has CIFAR's size, and labels that fit, by chance.
TEST(Open, SurerFormsComeBeforeCifar) {
  const TemporaryFolder folder;
  std::vector<uint8_t> bits(307 * 40);
  for (size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<uint8_t>(i % 2);
  const Source idx = open(write_idx(folder.file("bits"), {307, 40}, bits));
  EXPECT_EQ(idx.format, "idx");
  EXPECT_EQ(idx.train->size(), 307);
  std::string tsv = "\ta\tb\n";
  for (int row = 0; tsv.size() + 12 <= 3073; ++row)
    tsv += fmt::format("{}\t{:.2f}\t{}\n", row % 10, 1.5 + row % 7, row % 9);
  tsv.append(3073 - tsv.size(), '\n');
  ASSERT_EQ(tsv.size(), 3073u);
  EXPECT_EQ(open(write_text(folder.file("table.tsv"), tsv)).format, "csv");
  // A picture that begins like IDX, dark and with its label, is CIFAR still.
  std::string cifar(3073, '\0');
  cifar[2] = 8, cifar[3] = 2, cifar[5] = 9;
  EXPECT_EQ(open(write_text(folder.file("dark.bin"), cifar)).format, "cifar");
  // Bright pictures of the tenth class begin with a tab and have no byte that a text has not.
  std::string bright(3073, '\xe0');
  bright[0] = 9;
  EXPECT_EQ(open(write_text(folder.file("bright.bin"), bright)).format, "cifar");
}

}  // namespace
}  // namespace latent::data
