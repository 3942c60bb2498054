// t-SNE as its user sees it: maps of planted clusters, against scikit-learn, and the promises of Layout.

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/formats/npy.hpp>
#include <latent/space/maps/map_quality.hpp>
#include <latent/space/maps/tsne.hpp>

#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tests/space/clusters.hpp>

#include <cmath>
#include <filesystem>
#include <limits>
#include <map>

namespace latent::space {
namespace {

using test::Clusters;
using ::testing::HasSubstr;

Tensor finished(const Tensor& codes, const TsneOptions& options) {
  const auto tsne = make_tsne(codes, options);
  tsne->step(options.steps);
  return tsne->positions();
}

bool all_finite(const Tensor& t) {
  const auto values = t.span<float>();
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

class TsneGolden : public testing::TestWithParam<std::string> {};

TEST_P(TsneGolden, DivergenceIsAsLowAsThatOfScikitLearn) {
  std::map<std::string, Tensor> file;
  const auto path = std::filesystem::path(LATENT_TEST_DATA) / "golden/tsne" / (GetParam() + ".npz");
  for (auto& [key, array] : read_npz(MappedFile::open(path))) file.emplace(key, array);
  const auto tsne =
      make_tsne(file.at("codes"), {.perplexity = file.at("perplexity").item(),
                                   .metric = GetParam() == "cosine" ? Metric::cosine : Metric::euclidean});
  tsne->step(1000);
  // Descents end in different minima; those of one set differ by a few percent.
  constexpr double kMinima = 1.05;
  EXPECT_LT(tsne->kl_divergence(), kMinima * file.at("kl_exact").item());
}

INSTANTIATE_TEST_SUITE_P(Sets, TsneGolden, testing::Values("clusters", "cosine", "few"));

TEST(TsneMap, SeparatesPlantedClusters) {
  const Clusters planted(300, 12, 5);
  for (const int64_t dims : {2, 3}) {
    for (const TsneInit init : {TsneInit::pca, TsneInit::random}) {
      const auto tsne = make_tsne(planted.codes, {.dims = dims, .perplexity = 15, .steps = 500, .init = init});
      tsne->step(500);
      const Tensor map = tsne->positions();
      EXPECT_EQ(map.shape(), Shape({300, dims}));
      EXPECT_EQ(neighbor_label_accuracy(map, planted.labels, 5), 1.0);
      EXPECT_GT(trustworthiness(planted.codes, map, 10), 0.9);
    }
  }
}

TEST(TsneMap, DivergenceFalls) {
  const Clusters planted(400, 10, 6);
  const auto tsne = make_tsne(planted.codes, {.perplexity = 20});
  double before = tsne->kl_divergence();
  for (const int64_t steps : {250, 100, 250, 400}) {
    tsne->step(steps);
    EXPECT_LT(tsne->kl_divergence(), before) << "after " << tsne->steps_done() << " steps";
    before = tsne->kl_divergence();
  }
  EXPECT_TRUE(tsne->done());
}

TEST(TsneMap, SameSeedSameBitsAtAnyNumberOfThreads) {
  const Clusters planted(1500, 10, 6);
  const Tensor more = Clusters(200, 10, 6).codes;
  for (const int64_t dims : {2, 3}) {
    const TsneOptions options = {.dims = dims, .perplexity = 20, .exaggeration_steps = 60, .steps = 120, .seed = 4};
    const int most = num_threads();
    std::vector<std::vector<double>> places;
    for (const int threads : {1, most}) {
      set_num_threads(threads);
      const auto tsne = make_tsne(planted.codes, options);
      tsne->step(120);
      places.push_back(tsne->positions().to_vector());
      places.push_back(tsne->transform(more).to_vector());
      places.push_back({tsne->kl_divergence()});
    }
    EXPECT_EQ(places[0], places[3]);
    EXPECT_EQ(places[1], places[4]);
    EXPECT_EQ(places[2], places[5]);
  }
}

TEST(TsneMap, StepsMayBeDividedAmongCalls) {
  const Clusters planted(200, 8, 4);
  const TsneOptions options = {.perplexity = 10, .exaggeration_steps = 25, .steps = 50};
  const auto whole = make_tsne(planted.codes, options), single = make_tsne(planted.codes, options);
  whole->step(1000);
  EXPECT_EQ(whole->steps_done(), 50);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(single->steps_done(), i);
    EXPECT_FALSE(single->done());
    single->step(1);
    if (i % 20 == 17) {  // looking changes nothing
      EXPECT_GT(single->kl_divergence(), 0);
      EXPECT_EQ(single->transform(planted.codes).dim(0), 200);
    }
  }
  EXPECT_TRUE(single->done());
  EXPECT_EQ(single->positions().to_vector(), whole->positions().to_vector());
  single->step(1);
  EXPECT_EQ(single->steps_done(), 50);
}

TEST(TsneMap, SeedsDecideRandomPlacesAlone) {
  const Clusters planted(100, 8, 3);
  const auto map = [&](TsneInit init, uint64_t seed) {
    return finished(planted.codes, {.perplexity = 10, .steps = 20, .init = init, .seed = seed}).to_vector();
  };
  EXPECT_EQ(map(TsneInit::random, 1), map(TsneInit::random, 1));
  EXPECT_NE(map(TsneInit::random, 1), map(TsneInit::random, 2));
  EXPECT_EQ(map(TsneInit::pca, 1), map(TsneInit::pca, 2));
}

TEST(TsneMap, StartsAtPrincipalComponents) {
  const Clusters planted(100, 8, 3);
  const std::vector<double> y = make_tsne(planted.codes, {})->positions().to_vector();
  double mean[2] = {}, square[2] = {};
  for (size_t i = 0; i < y.size(); ++i) mean[i % 2] += y[i] / 100, square[i % 2] += y[i] * y[i] / 100;
  EXPECT_NEAR(mean[0], 0, 1e-9);
  EXPECT_NEAR(std::sqrt(square[0]), 1e-4, 1e-9);
  EXPECT_LT(square[1], square[0]);
}

TEST(TsneTransform, NewCodesJoinTheirCluster) {
  // The same clusters, other members.
  const Clusters all(600, 10, 6);
  const Tensor old = all.codes.rows(0, 400), fresh = all.codes.rows(400, 600);
  const auto tsne = make_tsne(old, {.perplexity = 15, .steps = 500});
  tsne->step(500);
  const Tensor before = tsne->positions(), places = tsne->transform(fresh);
  EXPECT_EQ(places.shape(), Shape({200, 2}));
  EXPECT_EQ(tsne->positions().to_vector(), before.to_vector());
  const Neighbors near = nearest(places, before, 1);
  for (int64_t i = 0; i < 200; ++i) {
    const auto at = static_cast<size_t>(near.index.data<int64_t>()[i]);
    EXPECT_EQ(all.labels[at], all.labels[static_cast<size_t>(400 + i)]);
    EXPECT_LT(near.distance.data<float>()[i], 5.0f);  // clusters are some 10 wide
  }
  EXPECT_EQ(tsne->transform(Tensor::empty({0, 10})).shape(), Shape({0, 2}));
}

TEST(TsneTransform, OldCodesComeNearTheirPlaces) {
  const Clusters planted(400, 10, 4);
  const auto tsne = make_tsne(planted.codes, {.perplexity = 15, .steps = 500});
  tsne->step(500);
  const Tensor before = tsne->positions(), again = tsne->transform(planted.codes);
  std::vector<double> distance, spread;
  for (int64_t i = 0; i < 400; ++i) {
    const float *a = before.data<float>() + 2 * i, *b = again.data<float>() + 2 * i;
    distance.push_back(std::hypot(a[0] - b[0], a[1] - b[1]));
    spread.push_back(std::hypot(a[0], a[1]));
  }
  std::sort(distance.begin(), distance.end());
  std::sort(spread.begin(), spread.end());
  EXPECT_LT(distance[200], 0.1 * spread[200]);
}

TEST(TsneMap, DegenerateCodesDoNoHarm) {
  const TsneOptions options = {.perplexity = 3, .exaggeration_steps = 20, .steps = 60};
  // Twenty copies of each of four codes: more duplicates than the perplexity.
  Tensor copies = Tensor::empty({80, 5});
  for (int64_t i = 0; i < 400; ++i) copies.data<float>()[i] = static_cast<float>((i / 5 % 4) * (i % 5));
  EXPECT_TRUE(all_finite(finished(copies, options)));
  EXPECT_TRUE(all_finite(finished(Tensor::full({50, 3}, 7.0), options)));                      // all the same
  EXPECT_TRUE(all_finite(finished(Clusters(60, 1, 3).codes, options)));                        // one dimension
  EXPECT_TRUE(all_finite(finished(Clusters(2, 4, 2).codes, {.perplexity = 1, .steps = 60})));  // two points
  EXPECT_TRUE(all_finite(finished(Clusters(3, 4, 3).codes, {.dims = 3, .perplexity = 2, .steps = 60})));
  Tensor large = Clusters(60, 4, 3).codes.clone();
  for (float& v : large.span<float>()) v *= 1e15f;
  EXPECT_TRUE(all_finite(finished(large, options)));
  const auto kept = make_tsne(large, options);
  for (float& v : large.span<float>()) v *= 1e22f;
  for (const TsneInit init : {TsneInit::pca, TsneInit::random}) {
    EXPECT_THAT(message_of([&] { make_tsne(large, {.perplexity = 3, .init = init}); }),
                HasSubstr("divide all by one number"));
  }
  EXPECT_THAT(message_of([&] { kept->transform(large); }), HasSubstr("divide all by one number"));
  Tensor zeros = Clusters(60, 4, 3).codes.clone();
  std::fill_n(zeros.data<float>(), 40, 0.0f);
  EXPECT_TRUE(all_finite(finished(zeros, {.perplexity = 3, .steps = 60, .metric = Metric::cosine})));
}

TEST(TsneMap, WrongCalls) {
  const Tensor codes = Clusters(40, 4, 2).codes;
  const auto make = [&](const TsneOptions& options) { return message_of([&] { make_tsne(codes, options); }); };
  EXPECT_THAT(make({.perplexity = 40}),
              HasSubstr("perplexity: expected at least 1 and less than the number of codes, 40"));
  EXPECT_THAT(make({.perplexity = 0.5}), HasSubstr("perplexity"));
  EXPECT_THAT(make({.perplexity = std::nan("")}), HasSubstr("perplexity"));
  EXPECT_THAT(make({.dims = 4}), HasSubstr("dims: expected 2 or 3, got 4"));
  EXPECT_THAT(make({.early_exaggeration = 0.5}), HasSubstr("early_exaggeration"));
  EXPECT_THAT(make({.exaggeration_steps = -1}), HasSubstr("exaggeration_steps"));
  EXPECT_THAT(make({.steps = 0}), HasSubstr("steps"));
  EXPECT_THAT(make({.learning_rate = -1.0}), HasSubstr("learning_rate"));
  EXPECT_THAT(make({.theta = 1.5}), HasSubstr("theta"));
  EXPECT_THAT(message_of([] { make_tsne(Tensor(), {}); }), HasSubstr("codes (N, D): expected f32"));
  EXPECT_THAT(message_of([] { make_tsne(Tensor::zeros({5}), {}); }), HasSubstr("codes (N, D): expected f32"));
  EXPECT_THAT(message_of([] { make_tsne(Tensor::zeros({1, 5}), {}); }), HasSubstr("at least 2 rows"));
  Tensor broken = codes.clone();
  broken.data<float>()[9] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(message_of([&] { make_tsne(broken, {}); }), HasSubstr("expected finite values, got inf in row 2"));
  const auto tsne = make_tsne(codes, {.perplexity = 5});
  EXPECT_THAT(message_of([&] { tsne->step(0); }), HasSubstr("step: expected at least 1, got 0"));
  EXPECT_THAT(message_of([&] { tsne->transform(Tensor::zeros({2, 3})); }), HasSubstr("expected D = 4"));
  EXPECT_THAT(message_of([&] { tsne->transform(broken); }), HasSubstr("finite"));
  const auto wild = make_tsne(codes, {.perplexity = 5, .learning_rate = 1e30});
  EXPECT_THAT(message_of([&] { wild->step(1000); }), HasSubstr("learning_rate 1e+30 is too large"));
  const auto at_last = make_tsne(codes, {.perplexity = 5, .steps = 1, .learning_rate = 1e38});
  EXPECT_THAT(message_of([&] { at_last->step(1); }), HasSubstr("the map flew apart at step 1"));
  EXPECT_THAT(message_of([] { tsne_init_from("pcs"); }), HasSubstr("did you mean 'pca'"));
}

}  // namespace
}  // namespace latent::space
