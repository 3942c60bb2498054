#include <latent/data/data_facts.hpp>

#include <gtest/gtest.h>

#include <set>

namespace latent::data {
namespace {

std::shared_ptr<const Dataset> numbered(int64_t n) {
  Tensor x = Tensor::empty({n, 2});
  for (int64_t i = 0; i < 2 * n; ++i) x.data<float>()[i] = static_cast<float>(i / 2);
  return from_tensor(x, Kind::array, {});
}

TEST(DataFacts, DrawsDifferentSamplesAndOthersEachTime) {
  const auto facts = facts_of(numbered(20));
  Rng rng(1), same(1);
  const std::vector<double> first = facts->draw(15, rng).to_vector(), second = facts->draw(15, rng).to_vector();
  EXPECT_EQ(first, facts->draw(15, same).to_vector());
  EXPECT_NE(first, second);
  EXPECT_EQ(std::set<double>(first.begin(), first.end()).size(), 15u);
}

TEST(DataFacts, BeginsAgainWhereMoreAreAskedForThanThereAre) {
  Rng rng(1);
  const Tensor x = facts_of(numbered(4))->draw(10, rng);
  ASSERT_EQ(x.shape(), Shape({10, 2}));
  std::multiset<double> drawn;
  for (int64_t n = 0; n < 8; ++n) drawn.insert(static_cast<double>(x.data<float>()[2 * n]));
  for (const double value : {0.0, 1.0, 2.0, 3.0}) EXPECT_EQ(drawn.count(value), 2u);
  EXPECT_THROW(facts_of(numbered(4))->draw(0, rng), std::invalid_argument);
  EXPECT_THROW(facts_of(nullptr), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
