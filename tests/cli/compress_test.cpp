// latent compress and latent decompress.

#include "tool.hpp"

#include <latent/formats/idx.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>

#include <gmock/gmock.h>

namespace latent::test {
namespace {

using ::testing::HasSubstr;

class Compress : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    write_idx("images", 120);
  }
  Tensor idx(const std::string& folder) const {
    return read_idx(MappedFile::open(path(folder + "/train-images-idx3-ubyte")));
  }
  static std::vector<std::string> lossless(const std::string& data, const std::string& out) {
    return train(data, out, {"--epochs", "20", "--likelihood", "logistic-mixture", "--lr", "0.005"});
  }
};

TEST_F(Compress, GivesBackTheBytesOfTheData) {
  ok(lossless("images", "run"));
  const auto report = json({"compress", "run", "images", "--split", "all", "-o", "all.lac"});
  EXPECT_EQ(report.at("samples"), 120);
  EXPECT_EQ(report.at("values"), "8-bit");
  EXPECT_EQ(report.at("coding"), "lossless");
  EXPECT_EQ(report.at("bytes"), fs::file_size(path("all.lac")));
  EXPECT_NEAR(report.at("bits_per_dim").get<double>(), 8.0 * report.at("bytes").get<double>() / (120 * 64), 1e-9);
  ok({"decompress", "run", "all.lac", "-o", "all.npy"});
  EXPECT_EQ(npy("all.npy").dtype(), DType::u8);
  EXPECT_EQ(npy("all.npy").shape(), idx("images").shape());
  EXPECT_EQ(npy("all.npy").to_vector(), idx("images").to_vector());
  ok({"decompress", "run", "all.lac", "-o", "folder"});
  const auto picture = MappedFile::open(path("folder/000007.png"));
  EXPECT_EQ(read_image(picture->bytes(), "7").view_as({8, 8}).to_vector(),
            idx("images").rows(7, 8).view_as({8, 8}).to_vector());
}

// The promise of bits-back coding: the size is the model's own bound, but for the initial bits.
TEST_F(Compress, TakesTheBitsThatEvaluatePromises) {
  ok(lossless("images", "run"));
  const auto report = json({"compress", "run", "--split", "all", "--streams", "1", "-o", "all.lac"});
  const double promised = json({"evaluate", "run", "--split", "all"}).at("bits_per_dim").get<double>();
  constexpr double kHeaderBits = 8 * 120;
  const double initial = (report.at("initial_bits").get<double>() + kHeaderBits) / (120 * 64);
  EXPECT_NEAR(report.at("bits_per_dim").get<double>() - initial, promised, 0.02 * promised);
}

TEST_F(Compress, BinarisedDataIsBlackAndWhite) {
  ok(train("images", "run", {"--epochs", "2", "--binarize", "0.5"}));
  EXPECT_EQ(json({"compress", "run", "--split", "all", "-o", "all.lac"}).at("values"), "binary");
  ok({"decompress", "run", "all.lac", "-o", "all.npz"});
  const Tensor x = read_npz(MappedFile::open(path("all.npz"))).at(0).second;
  const Tensor original = idx("images");
  for (int64_t i = 0; i < x.numel(); ++i) {
    ASSERT_EQ(x.data<uint8_t>()[i], original.data<uint8_t>()[i] > 127 ? 255 : 0);
  }
}

TEST_F(Compress, PreparedForAnyThreads) {
  ok(lossless("images", "run"));
  ok({"compress", "run", "--split", "all", "--streams", "40", "--threads", "1", "-o", "one.lac"});
  ok({"compress", "run", "--split", "all", "--streams", "40", "-o", "more.lac"});
  EXPECT_EQ(read("one.lac"), read("more.lac"));
}

TEST_F(Compress, LossySaysWhatIsLost) {
  ok(train("images", "run", {"--epochs", "2"}));
  const auto report = json({"compress", "run", "--split", "all", "--lossy", "--step", "0.1", "-o", "all.lac"});
  EXPECT_EQ(report.at("coding"), "lossy");
  EXPECT_GT(report.at("psnr").get<double>(), 3.0);
  ok({"decompress", "run", "all.lac", "-o", "all.npy"});
  EXPECT_EQ(npy("all.npy").shape(), Shape({120, 8, 8}));
}

TEST_F(Compress, TheDefaultIsTheTestPartOrElseEverything) {
  ok(train("images", "run", {"--epochs", "1"}));
  const auto all = json({"compress", "run", "--lossy", "-o", "a.lac"});
  EXPECT_EQ(all.at("split"), "all");
  EXPECT_EQ(all.at("samples"), 120);
  EXPECT_EQ(json({"compress", "run", "--lossy", "--split", "validation", "-o", "a.lac"}).at("samples"), 12);
  write_idx("images", 30, 8, "t10k");
  const auto test = json({"compress", "run", "images", "--lossy", "-o", "a.lac"});
  EXPECT_EQ(test.at("split"), "test");
  EXPECT_EQ(test.at("samples"), 30);
}

TEST_F(Compress, WhatCouldNotComeBackIsNotMade) {
  ok(train("images", "run", {"--epochs", "1", "--likelihood", "logistic-mixture"}));
  // A file of zeros that takes no place: more than the 64 GiB that are the most on any machine.
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1100000000, 8, 8), }";
  header.resize(0x76 - 1, ' ');
  write("large.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n");
  std::error_code error;
  fs::resize_file(path("large.npy"), 128 + uintmax_t{1'100'000'000} * 64, error);
  if (error) GTEST_SKIP() << "no sparse files here";
  fails(2, {"compress", "run", "large.npy", "-o", "a.lac"}, "decompress could give back");
  fails(2, {"compress", "run", "large.npy", "--lossy", "-o", "a.lac"}, "decompress could give back");
  EXPECT_FALSE(fs::exists(path("a.lac")));
}

TEST_F(Compress, RefusesWhatCannotBe) {
  ok(train("images", "bernoulli", {"--epochs", "1"}));
  ok(train("images", "gaussian", {"--epochs", "1", "--likelihood", "gaussian"}));
  const auto before = listing();
  fails(2, {"compress", "bernoulli", "-o", "x.lac"}, "values between");
  fails(2, {"compress", "gaussian", "-o", "x.lac"}, "likelihood 'gaussian'");
  fails(2, {"compress", "bernoulli", "-o", "x.npy"}, "this command writes .lac");
  fails(2, {"compress", "bernoulli", "--step", "1", "-o", "x.lac"}, "--lossy");
  fails(2, {"decompress", "bernoulli", "images/train-images-idx3-ubyte", "-o", "x.npy"}, "not an archive");
  fails(2, {"decompress", "bernoulli", "nothing.lac", "-o", "x.npy"}, "nothing.lac");
  EXPECT_EQ(listing(), before);
  ok({"compress", "bernoulli", "--lossy", "-o", "x.lac"});
  fails(2, {"decompress", "gaussian", "x.lac", "-o", "x.npy"}, "another model");
  std::string bytes = read("x.lac");
  write("short.lac", bytes.substr(0, bytes.size() - 1));
  fails(2, {"decompress", "bernoulli", "short.lac", "-o", "x.npy"}, "cut short");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write("damaged.lac", bytes);
  fails(2, {"decompress", "bernoulli", "damaged.lac", "-o", "x.npy"}, "damaged");
  EXPECT_FALSE(fs::exists(path("x.npy")));
}

}  // namespace
}  // namespace latent::test
