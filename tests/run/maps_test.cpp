#include <tests/run/tiny_run.hpp>
#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <latent/run/codes.hpp>
#include <latent/run/maps/map_tiles.hpp>
#include <latent/run/maps/sample_map.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace latent {
namespace {

using ::testing::HasSubstr;

TEST(Maps, OnlyTheSamplesThatAreMappedAreEncoded) {
  const latent::Run& run = test::tiny_run();
  const RunData data = test::tiny_data();
  const MappedSamples some = samples_to_map(run, data, SampleSpace::latent, 20, 3);
  EXPECT_EQ(some.x.shape(), Shape({20, 3}));
  EXPECT_TRUE(std::ranges::is_sorted(some.index));
  const Tensor all = encode_samples(*run.model, *data.samples, Draw::mean, 0).z;
  // Batches of another size may round differently.
  for (int64_t d = 0; d < 3; ++d) {
    EXPECT_NEAR(some.x.data<float>()[d], all.data<float>()[some.index[0] * 3 + d], 1e-4);
  }
  EXPECT_EQ(some.index, samples_to_map(run, data, SampleSpace::data, 20, 3).index);
  EXPECT_EQ(samples_to_map(run, data, SampleSpace::data, {}, 0).x.shape(), Shape({150, 64 * 64}));
}

TEST(Maps, APlaneIsItsOwnMap) {
  MappedSamples samples{.data = {.source = "groups", .samples = test::groups({30, 30})}};
  samples.x = values_of(*samples.data.samples);
  const SampleMap map = make_map(samples.x, {.method = MapMethod::pca});
  EXPECT_NEAR(map.explained.value(), 1.0, 1e-6);
  EXPECT_FALSE(map.interrupted());
  const MapJudgement judged = judge_map(samples, map.positions, space::Metric::euclidean, 0).value();
  EXPECT_EQ(judged.trustworthiness, 1.0);
  EXPECT_EQ(judged.agreement, 1.0);
  EXPECT_EQ(judged.label_accuracy.value(), 1.0);
  EXPECT_EQ(judged.samples, 60);
}

TEST(Maps, TooFewSamplesAreNoMapAndAreNotJudged) {
  EXPECT_EQ(message_of<UsageError>([] {
              make_map(Tensor::zeros({2, 3}), {.method = MapMethod::umap});
            }),
            "--method umap: a map needs at least 3 samples, got 2");
  const MappedSamples two{.data = {.source = "groups", .samples = test::groups({2})}, .x = Tensor::zeros({2, 2})};
  EXPECT_FALSE(judge_map(two, Tensor::zeros({2, 2}), space::Metric::euclidean, 0).has_value());
}

TEST(Maps, WhoLooksDoesNotChangeTheMap) {
  const Tensor x = values_of(*test::groups({25, 25}));
  for (const MapMethod method : {MapMethod::tsne, MapMethod::umap}) {
    MapOptions options{.method = method, .epochs = 30, .seed = 5};
    const std::vector<double> alone = make_map(x, options).positions.to_vector();
    int64_t looks = 0;
    options.look = [&](const space::Layout& layout) {
      EXPECT_EQ(layout.positions().shape(), Shape({50, 2}));
      ++looks;
    };
    EXPECT_EQ(make_map(x, options).positions.to_vector(), alone);
    EXPECT_GE(looks, 30);
  }
}

TEST(Maps, AMapThatIsStoppedStandsAsItIs) {
  const Tensor x = values_of(*test::groups({20, 20}));
  std::atomic<bool> stop = false;
  MapOptions options{.method = MapMethod::tsne, .epochs = 10, .stop = &stop};
  std::vector<int64_t> seen;
  options.progress = [&](int64_t done, int64_t total) {
    EXPECT_EQ(total, 10);
    seen.push_back(done);
    stop = done == 2;
  };
  const SampleMap map = make_map(x, options);
  EXPECT_EQ(seen, (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(map.steps, 2);
  EXPECT_TRUE(map.interrupted());
  EXPECT_EQ(map.positions.shape(), Shape({40, 2}));
}

TEST(Maps, ATableOfPlacesHasARowForEachSample) {
  const test::TemporaryFolder folder;
  const MappedSamples samples{
      .data = {.source = "groups", .samples = test::groups({2, 1})}, .index = {4, 5, 9}, .x = Tensor::zeros({3, 2})};
  write_map(samples, Tensor::zeros({3, 2}), "a map", {folder / "map.csv", Form::csv});
  EXPECT_EQ(test::read_text(folder / "map.csv"),
            "index,x,y,data_index,class,label\n4,0,0,0,0,group 0\n5,0,0,1,0,group 0\n9,0,0,2,1,group 1\n");
}

TEST(Maps, TilesAreDecodedPlaces) {
  const latent::Run& run = test::tiny_run();
  const MappedSamples samples = samples_to_map(run, test::tiny_data(), SampleSpace::latent, {}, 0);
  const SampleMap map = make_map(samples.x, {.method = MapMethod::pca});
  const Picture picture = map_tiles(run, map.positions, samples.x, {.rows = 2, .columns = 3});
  EXPECT_GE(picture.pixels.dim(2), 3 * 64);
  EXPECT_GE(picture.pixels.dim(1), 2 * 64);
  EXPECT_THAT(message_of([] { map_method_from("umpa"); }), HasSubstr("did you mean 'umap'"));
}

}  // namespace
}  // namespace latent
