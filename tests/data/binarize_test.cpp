#include <latent/data/dataset.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace latent::data {
namespace {

TEST(Binarize, ValuesAboveTheThresholdAreOne) {
  const Tensor x = Tensor::from<uint8_t>({0, 127, 128, 255, 3, 200, 1, 129}, {2, 2, 2});
  const auto base = from_tensor(x, Kind::images, {{0.0}, {1.0 / 255.0}, {}}, {1, 0});
  const auto samples = binarized(base, 0.5);
  EXPECT_EQ(samples->size(), 2);
  EXPECT_EQ(samples->sample_shape(), Shape({1, 2, 2}));
  EXPECT_EQ(samples->labels()[0], 1);
  EXPECT_EQ(samples->range(0, 2).to_vector(), (std::vector<double>{0, 0, 1, 1, 0, 1, 0, 1}));
  EXPECT_EQ(binarized(base, 0.9)->range(0, 1).to_vector(), (std::vector<double>{0, 0, 0, 1}));
}

TEST(Binarize, OpensEveryPartSo) {
  OpenOptions options;
  options.binarize = 0.5;
  const Source source = open("shapes:20", options);
  for (const double value : source.train->range(0, 20).to_vector()) ASSERT_TRUE(value == 0.0 || value == 1.0);
}

TEST(Binarize, RefusesTablesAndThresholdsThatAreNoNumbers) {
  const auto rows = from_tensor(Tensor::zeros({2, 3}), Kind::table, {});
  EXPECT_THROW(binarized(rows, 0.5), std::invalid_argument);
  const auto array = from_tensor(Tensor::zeros({2, 3}), Kind::array, {});
  EXPECT_THROW(binarized(array, 1.0 / 0.0), std::invalid_argument);
  EXPECT_THROW(binarized(nullptr, 0.5), std::invalid_argument);
}

// Samples of one grey level each, 0 to 1.
std::shared_ptr<const Dataset> greys() {
  Tensor x = Tensor::empty({5, 100, 100});
  for (int64_t i = 0; i < x.numel(); ++i) x.data<float>()[i] = static_cast<float>(i / 10'000) / 4.0f;
  return from_tensor(x, Kind::images, {});
}

TEST(DrawnBits, HaveTheGreyLevelAsTheirProbability) {
  const auto bits = drawn_bits(greys(), DrawnBits::fixed, 1);
  for (int64_t n = 0; n < 5; ++n) {
    double mean = 0.0;
    for (const double value : bits->range(n, n + 1).to_vector()) {
      ASSERT_TRUE(value == 0.0 || value == 1.0);
      mean += value;
    }
    const double p = static_cast<double>(n) / 4.0;
    EXPECT_NEAR(mean / 10'000, p, 5.0 * std::sqrt(p * (1.0 - p) / 10'000));
  }
}

TEST(DrawnBits, AreTheSameWheneverReadAndOthersAnew) {
  const auto fixed = drawn_bits(greys(), DrawnBits::fixed, 1), dynamic = drawn_bits(greys(), DrawnBits::dynamic, 1);
  const auto anew = [](const Dataset& data, std::vector<int64_t> indices, uint64_t seed) {
    Tensor x = Tensor::empty({static_cast<int64_t>(indices.size()), 1, 100, 100});
    data.gather_anew(indices, Rng(seed), x.span<float>());
    return x.rows(x.dim(0) - 1, x.dim(0)).to_vector();
  };
  const std::vector<double> once = fixed->range(2, 3).to_vector();
  EXPECT_EQ(fixed->range(1, 3).rows(1, 2).to_vector(), once);  // whatever else is read
  EXPECT_EQ(dynamic->range(2, 3).to_vector(), once);
  EXPECT_NE(drawn_bits(greys(), DrawnBits::fixed, 2)->range(2, 3).to_vector(), once);
  EXPECT_EQ(anew(*fixed, {2}, 7), once);
  EXPECT_NE(anew(*dynamic, {2}, 7), once);
  EXPECT_EQ(anew(*dynamic, {2}, 7), anew(*dynamic, {0, 2}, 7));
  EXPECT_NE(anew(*dynamic, {2}, 7), anew(*dynamic, {2}, 8));
  // Also of a part of it.
  const auto part = subset(dynamic, {4, 2});
  EXPECT_EQ(part->range(1, 2).to_vector(), once);
  EXPECT_EQ(anew(*part, {1}, 7), anew(*dynamic, {2}, 7));
  // What stores its values has nothing to draw.
  EXPECT_EQ(anew(*greys(), {2}, 7), greys()->range(2, 3).to_vector());
}

TEST(DrawnBits, OpensEveryPartSoAndRefusesWhatIsNoProbability) {
  OpenOptions options;
  options.drawn_bits = DrawnBits::dynamic;
  for (const double value : open("shapes:20", options).train->range(0, 20).to_vector()) {
    ASSERT_TRUE(value == 0.0 || value == 1.0);
  }
  options.binarize = 0.5;
  EXPECT_THROW(open("shapes:20", options), std::invalid_argument);
  EXPECT_THROW(drawn_bits(from_tensor(Tensor::zeros({2, 3}), Kind::table, {}), DrawnBits::fixed, 1),
               std::invalid_argument);
  EXPECT_EQ(drawn_bits_from("dynamic"), DrawnBits::dynamic);
  EXPECT_EQ(name_of(DrawnBits::fixed), "fixed");
  EXPECT_THROW(drawn_bits_from("dinamic"), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
