#include <tests/run/tiny_run.hpp>
#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <latent/run/neighbors/finding.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace latent {
namespace {

using ::testing::HasSubstr;

TEST(Neighbors, AQueryAmongTheDataIsNotItsOwnNeighbour) {
  const latent::Run& run = test::tiny_run();
  const RunData data = test::tiny_data();
  const NeighborQueries queries = queries_among(data, {3, 0});
  for (const SampleSpace space : {SampleSpace::latent, SampleSpace::data}) {
    const FoundNeighbors found = find_neighbors(run, data, queries, {.k = 149, .space = space});
    ASSERT_EQ(found.rows.index.shape(), Shape({2, 149}));
    for (int64_t i = 0; i < 149; ++i) {
      EXPECT_NE(found.rows.index.data<int64_t>()[i], 3);
      EXPECT_NE(found.rows.index.data<int64_t>()[149 + i], 0);
    }
    const std::span<const float> first(found.rows.distance.data<float>(), 149);
    EXPECT_TRUE(std::ranges::is_sorted(first));
    // Every other sample is a neighbour: as many have the label as there are.
    const auto labels = data.samples->labels();
    const auto same = std::ranges::count(labels, labels[3]) + std::ranges::count(labels, labels[0]) - 2;
    EXPECT_EQ(found.same_label.value(), same);
    EXPECT_FALSE(found.recall.has_value());
  }
}

TEST(Neighbors, OthersAreFoundAmongTheDataToo) {
  const RunData data = test::tiny_data();
  const NeighborQueries queries{.samples = data::subset(data.samples, {5})};
  const FoundNeighbors found = find_neighbors(test::tiny_run(), data, queries, {.k = 1, .space = SampleSpace::data});
  EXPECT_EQ(found.rows.index.data<int64_t>()[0], 5);
  EXPECT_EQ(found.rows.distance.data<float>()[0], 0.0F);
  EXPECT_EQ(queries.number(0), 0);
}

TEST(Neighbors, AnApproximateIndexIsMeasured) {
  const RunData data = test::tiny_data();
  const FoundNeighbors found = find_neighbors(test::tiny_run(), data, queries_among(data, {1, 2, 3}),
                                              {.k = 5, .method = space::IndexMethod::hnsw});
  EXPECT_GT(found.recall.value(), 0.5);
  EXPECT_LE(found.recall.value(), 1.0);
}

TEST(Neighbors, WhatCannotBeComparedIsRefused) {
  const RunData data = test::tiny_data();
  EXPECT_EQ(message_of<UsageError>([&] { queries_among(data, {150}); }),
            "sample 150 does not exist: shapes:150 has 150 samples, numbered from 0");
  const auto refusal = [&](const NeighborOptions& options) {
    return message_of<UsageError>([&] { find_neighbors(test::tiny_run(), data, queries_among(data, {0}), options); });
  };
  EXPECT_EQ(refusal({.k = 150}), "-k 150: shapes:150 has only 149 samples besides a query");
  EXPECT_THAT(refusal({.metric = NeighborMetric::kl, .space = SampleSpace::data}), HasSubstr("compares posteriors"));
  EXPECT_THAT(refusal({.metric = NeighborMetric::wasserstein, .method = space::IndexMethod::hnsw}),
              HasSubstr("does not know --metric wasserstein"));
}

TEST(Neighbors, TheTableNamesQueriesByTheirNumbers) {
  const test::TemporaryFolder folder;
  const RunData data = test::tiny_data();
  const NeighborQueries queries = queries_among(data, {7});
  const FoundNeighbors found = find_neighbors(test::tiny_run(), data, queries, {.k = 2});
  write_neighbors(test::tiny_run(), data, queries, found.rows, {folder / "n.csv", Form::csv});
  const std::string text = test::read_text(folder / "n.csv");
  EXPECT_THAT(text, HasSubstr("query,rank,index,distance,query_data_index,data_index,label\n7,1,"));
}

}  // namespace
}  // namespace latent
