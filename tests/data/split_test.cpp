#include <latent/data/split.hpp>

#include "tests/data/files.hpp"

#include <algorithm>
#include <numeric>

namespace latent::data {
namespace {

using namespace testing;
using ::testing::HasSubstr;

Source numbered_source(int64_t n) {
  std::vector<float> values(static_cast<size_t>(n));
  std::iota(values.begin(), values.end(), 0.0f);
  return {
      "numbers",
      "npy",
      from_tensor(Tensor::from(values, {n, 1}), Kind::array, {}, std::vector<int64_t>(values.begin(), values.end())),
      nullptr,
      {}};
}

std::vector<double> values_of(const Dataset& data) { return data.range(0, data.size()).to_vector(); }

TEST(Split, NamesGoBothWays) {
  for (const Split split : {Split::train, Split::validation, Split::test, Split::all}) {
    EXPECT_EQ(split_from(name_of(split)), split);
  }
  EXPECT_THAT(message_of<std::invalid_argument>([] { split_from("tests"); }), HasSubstr("did you mean 'test'?"));
}

TEST(Split, HeldOutSamplesAndTheRestMakeUpAll) {
  const Source source = numbered_source(103);
  const auto train = select(source, Split::train, 0.2, 7), validation = select(source, Split::validation, 0.2, 7);
  EXPECT_EQ(validation->size(), 21);  // round(20.6)
  EXPECT_EQ(train->size(), 82);
  std::vector<double> all = values_of(*train), held_out = values_of(*validation);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_TRUE(std::is_sorted(held_out.begin(), held_out.end()));
  all.insert(all.end(), held_out.begin(), held_out.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, values_of(*select(source, Split::all, 0.2, 7)));
  EXPECT_EQ(static_cast<double>(validation->labels()[3]), held_out[3]);
}

TEST(Split, DependsOnTheSeedAlone) {
  const Source source = numbered_source(100);
  EXPECT_EQ(values_of(*select(source, Split::validation, 0.1, 1)),
            values_of(*select(source, Split::validation, 0.1, 1)));
  EXPECT_NE(values_of(*select(source, Split::validation, 0.1, 1)),
            values_of(*select(source, Split::validation, 0.1, 2)));
}

TEST(Split, HoldsOutAtLeastOneAndNeverAll) {
  EXPECT_EQ(partition(2, 0.01, 0).held_out.size(), 1u);
  EXPECT_EQ(partition(2, 0.99, 0).train().size(), 1u);
  EXPECT_THROW(partition(1, 0.5, 0), std::invalid_argument);
  EXPECT_THROW(partition(10, 0.0, 0), std::invalid_argument);
  EXPECT_THROW(partition(10, 1.0, 0), std::invalid_argument);
}

TEST(Split, AllButLeavesOutWhatItIsTold) {
  const Source source = numbered_source(7);
  EXPECT_EQ(values_of(*all_but(source.train, {})), values_of(*source.train));
  EXPECT_EQ(values_of(*all_but(source.train, {0, 1, 4, 6})), (std::vector<double>{2, 3, 5}));
  EXPECT_EQ(all_but(source.train, {0, 1, 4, 6})->labels()[2], 5);
  EXPECT_EQ(all_but(source.train, {0, 1, 2, 3, 4, 5, 6})->size(), 0);
  for (const std::vector<int64_t>& wrong : {std::vector<int64_t>{-1}, {7}, {3, 3}, {4, 2}}) {
    EXPECT_THROW(all_but(source.train, wrong), std::invalid_argument);
  }
}

TEST(Split, PartsThatAreNotThereAreRefused) {
  const Source source = numbered_source(10);
  EXPECT_EQ(select(source, Split::train, 0.0, 0)->size(), 10);
  EXPECT_EQ(select(source, Split::all, 0.0, 0)->size(), 10);
  EXPECT_THAT(message_of<std::invalid_argument>([&] { select(source, Split::validation, 0.0, 0); }),
              HasSubstr("no validation part"));
  EXPECT_THAT(message_of<std::invalid_argument>([&] { select(source, Split::test, 0.0, 0); }),
              ::testing::EndsWith("no test part"));
  EXPECT_THAT(message_of<std::invalid_argument>([&] { select(source, Split::test, 0.1, 0); }),
              HasSubstr("no test part; the samples that are held out are its validation part"));
  EXPECT_THROW(select(source, Split::train, 1.0, 0), std::invalid_argument);
  EXPECT_THROW(select(source, Split::train, -0.1, 0), std::invalid_argument);
}

TEST(Split, ATestPartOfTheSourcesOwnIsUsedAsItIs) {
  Source source = numbered_source(5);
  source.test = numbered_source(3).train;
  EXPECT_EQ(select(source, Split::train, 0.0, 0)->size(), 5);
  EXPECT_EQ(select(source, Split::train, 0.4, 0)->size(), 3);
  EXPECT_EQ(select(source, Split::validation, 0.4, 0)->size(), 2);
  EXPECT_EQ(select(source, Split::test, 0.4, 0)->size(), 3);
  const auto all = select(source, Split::all, 0.4, 0);
  EXPECT_THAT(values_of(*all), ::testing::ElementsAre(0, 1, 2, 3, 4, 0, 1, 2));
  EXPECT_THAT(all->labels(), ::testing::ElementsAre(0, 1, 2, 3, 4, 0, 1, 2));
  EXPECT_THAT(all->batch(std::vector<int64_t>{7, 0, 5, 6, 4}).to_vector(), ::testing::ElementsAre(2, 0, 0, 1, 4));
  const auto held_out = select(source, Split::validation, 0.4, 0);
  EXPECT_EQ(held_out->source_index(1), static_cast<int64_t>(sample(*held_out, 1)[0]));
  EXPECT_EQ(select(source, Split::train, 0.4, 0)->source_index(0),
            static_cast<int64_t>(sample(*select(source, Split::train, 0.4, 0), 0)[0]));
  EXPECT_EQ(select(source, Split::test, 0.4, 0)->source_index(0), 5) << "behind the training part";
  EXPECT_EQ(all->source_index(7), 7);
  EXPECT_THROW(sample(*all, 8), std::invalid_argument);
  EXPECT_THROW(sample(*all, -1), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
