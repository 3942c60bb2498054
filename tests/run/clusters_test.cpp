#include <tests/run/tiny_run.hpp>
#include <tests/support/temporary_folder.hpp>

#include <latent/run/clusters/clustering.hpp>
#include <latent/run/codes.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace latent {
namespace {

TEST(Clusters, GroupsThatStandApartAreFoundAndNumberedBySize) {
  const auto samples = test::groups({20, 40, 30});
  const Tensor z = values_of(*samples);
  for (const ClusterMethod method : {ClusterMethod::kmeans, ClusterMethod::gmm}) {
    int64_t tried = 0;
    const Clustering found =
        cluster_codes(z, {.k_max = 6, .method = method, .progress = [&](const space::ClusterCountTrial&) { ++tried; }});
    EXPECT_EQ(found.sizes, (std::vector<int64_t>{40, 30, 20}));
    EXPECT_EQ(found.count.value().k, 3);
    EXPECT_EQ(tried, static_cast<int64_t>(found.count->trials.size()));
    EXPECT_TRUE(found.remarks.empty());
    EXPECT_EQ(found.weights.defined(), method == ClusterMethod::gmm);
    const ClusterScores scores = score_clusters(z, found, samples->labels(), 0);
    EXPECT_EQ(scores.adjusted_rand_index.value(), 1.0);
    EXPECT_GT(scores.silhouette.value(), 0.9);
    const std::vector<CommonClass> common = common_classes(found, *samples);
    EXPECT_EQ(common[0].label, 1);
    EXPECT_EQ(common[0].count, 40);
    EXPECT_EQ(common[2].label, 0);
    // Centres are those of the clusters that bear their number.
    EXPECT_NEAR(found.centers.data<float>()[0], 10.0, 0.1);
    EXPECT_NEAR(found.centers.data<float>()[2 * 2], 0.0, 0.1);
  }
}

TEST(Clusters, WithoutLabelsThereIsNothingToAgreeWith) {
  const auto samples = test::groups({10, 10});
  const Tensor z = values_of(*samples);
  const Clustering found = cluster_codes(z, {.k = 2});
  EXPECT_FALSE(found.count.has_value());
  EXPECT_FALSE(score_clusters(z, found, {}, 0).adjusted_rand_index.has_value());
  EXPECT_FALSE(score_clusters(z, cluster_codes(z, {.k = 1}), {}, 0).silhouette.has_value());
}

TEST(Clusters, CodesThatCoincideAreRemarkedOn) {
  const Clustering found = cluster_codes(Tensor::zeros({5, 2}), {.k = 3});
  ASSERT_FALSE(found.remarks.empty());
  EXPECT_TRUE(found.remarks.front().is_warning);
  EXPECT_EQ(found.remarks.front().text, "2 clusters empty: codes coincide");
}

TEST(Clusters, TheTableSaysWhereEachSampleIs) {
  const test::TemporaryFolder folder;
  const auto samples = test::groups({1, 2});
  const Clustering found = cluster_codes(values_of(*samples), {.k = 2});
  write_clusters({folder / "c.csv", Form::csv}, test::tiny_run(), *samples, found, 1);
  const std::string text = test::read_text(folder / "c.csv");
  EXPECT_EQ(text.substr(0, text.find('\n')), "index,cluster,distance,data_index,label");
  EXPECT_NE(text.find("\n0,1,0,0,group 0\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace latent
