#include <latent/data/stratified.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace latent::data {
namespace {

// Samples of classes of these sizes, one class after the other.
std::shared_ptr<const Dataset> classes_of(const std::vector<int64_t>& sizes) {
  std::vector<int64_t> labels;
  for (size_t c = 0; c < sizes.size(); ++c)
    labels.insert(labels.end(), static_cast<size_t>(sizes[c]), static_cast<int64_t>(c));
  const auto N = static_cast<int64_t>(labels.size());
  return from_tensor(Tensor::zeros({N, 2}), Kind::array, {}, labels);
}

std::map<int64_t, int64_t> counts_of(const Dataset& data, const std::vector<int64_t>& chosen) {
  std::map<int64_t, int64_t> counts;
  for (const int64_t index : chosen) ++counts[data.labels()[static_cast<size_t>(index)]];
  return counts;
}

TEST(StratifiedSample, ClassesShareThePlacesAndTheirOrder) {
  const auto data = classes_of({1000, 50, 3, 0, 400});
  const std::vector<int64_t> chosen = stratified_sample(*data, 24, Rng(1));
  const std::map<int64_t, int64_t> counts = counts_of(*data, chosen);
  EXPECT_EQ(counts.at(2), 3) << "all that there are";
  for (const int64_t c : {0, 1, 4}) EXPECT_EQ(counts.at(c), 7) << c;
  EXPECT_TRUE(std::ranges::is_sorted(chosen)) << "classes stand one after the other here";
  EXPECT_EQ(std::ranges::adjacent_find(chosen), chosen.end());
}

TEST(StratifiedSample, EveryClassIsThereIfThereIsRoom) {
  const auto data = classes_of({100'000, 1, 1, 1, 2});
  for (uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(counts_of(*data, stratified_sample(*data, 5, Rng(seed))).size(), 5u);
  }
  const std::vector<int64_t> three = stratified_sample(*data, 3, Rng(0));
  EXPECT_EQ(counts_of(*data, three).size(), 3u) << "with less room, no class twice";
}

TEST(StratifiedSample, IsRandomAndTheSameForTheSameSeed) {
  const auto data = classes_of({500, 500});
  const std::vector<int64_t> one = stratified_sample(*data, 20, Rng(1));
  EXPECT_EQ(one, stratified_sample(*data, 20, Rng(1)));
  EXPECT_NE(one, stratified_sample(*data, 20, Rng(2)));
  EXPECT_GT(*std::ranges::max_element(one), 600) << "not the first of a class";
  const auto plain = from_tensor(Tensor::zeros({1000, 2}), Kind::array, {});
  const std::vector<int64_t> any = stratified_sample(*plain, 24, Rng(1));
  EXPECT_EQ(any.size(), 24u);
  EXPECT_EQ(any, stratified_sample(*plain, 24, Rng(1)));
  EXPECT_NE(any, stratified_sample(*plain, 24, Rng(2)));
  EXPECT_TRUE(std::ranges::is_sorted(any));
  EXPECT_EQ(std::ranges::adjacent_find(any), any.end());
  EXPECT_GT(any.back(), 500);
}

// Each of 1000 samples is drawn with probability 0.1 in 400 seeds: counts within 5 standard deviations of 40.
TEST(StratifiedSample, NoSampleIsMoreLikelyThanAnother) {
  const auto data = classes_of({500, 500});
  std::vector<int64_t> drawn(1000);
  for (uint64_t seed = 0; seed < 400; ++seed) {
    for (const int64_t index : stratified_sample(*data, 100, Rng(seed))) ++drawn[static_cast<size_t>(index)];
  }
  const double deviations = 5 * std::sqrt(400 * 0.1 * 0.9);
  const auto [least, most] = std::ranges::minmax_element(drawn);
  EXPECT_GT(static_cast<double>(*least), 40 - deviations);
  EXPECT_LT(static_cast<double>(*most), 40 + deviations);
}

TEST(StratifiedSample, AllNoneAndWrongCalls) {
  const auto data = classes_of({2, 3});
  EXPECT_THAT(stratified_sample(*data, 100, Rng(0)), ::testing::ElementsAre(0, 1, 2, 3, 4));
  EXPECT_TRUE(stratified_sample(*data, 0, Rng(0)).empty());
  EXPECT_THROW(stratified_sample(*data, -1, Rng(0)), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
