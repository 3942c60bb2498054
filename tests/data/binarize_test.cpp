#include <latent/data/dataset.hpp>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace latent::data
