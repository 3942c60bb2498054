#include <tests/run/tiny_run.hpp>
#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <latent/run/probes/probing.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent {
namespace {

using ::testing::HasSubstr;

ProbeData shapes(const ProbeDataOptions& options = {}) {
  const latent::Run& run = test::tiny_run();
  return open_probe_data(run, RunSource(run, ""), options);
}

TEST(Probes, TrainAndTestPartsAreThoseOfTheRun) {
  const ProbeData data = shapes();
  EXPECT_EQ(data.train_size, 135);
  EXPECT_EQ(data.test_size, 15);
  EXPECT_EQ(data.train_part, "the training part of shapes:150 (135 samples)");
  EXPECT_EQ(data.test_rows().front(), 135);
  EXPECT_EQ(probed_codes(test::tiny_run(), data).z.shape(), Shape({150, 3}));
  EXPECT_EQ(shapes({.one_part = true}).train_size, 150);
  EXPECT_EQ(shapes({.most = 20}).train_part, "the training part of shapes:150 (a random part, 20 samples)");
}

TEST(Probes, EveryFormOfTheSamplesIsProbed) {
  const ProbeData data = shapes();
  std::vector<std::string> told;
  const ProbeResults results = probe_run(test::tiny_run(), data, {.kind = space::ProbeKind::knn},
                                         [&](const ProbeRow& row) { told.push_back(row.on); });
  EXPECT_EQ(told, (std::vector<std::string>{"codes", "pca", "raw"}));
  EXPECT_EQ(results.best().on, "codes");
  EXPECT_EQ(results.rows[1].dims, 3);
  EXPECT_EQ(results.rows[2].dims, 64 * 64);
  EXPECT_EQ(results.test_samples, 15);
  EXPECT_EQ(results.tested->size(), 15);
  EXPECT_THAT(results.protocol, HasSubstr("measured on the validation part"));
}

TEST(Probes, NewSamplesGainWhatTheRoundsSay) {
  const ProbeData data = shapes({.one_part = true});
  const ProbeResults results = probe_run(test::tiny_run(), data,
                                         {.kind = space::ProbeKind::knn,
                                          .codes_only = true,
                                          .per_class = 5,
                                          .repeats = 3,
                                          .augment = space::AugmentMethod::posterior,
                                          .new_samples = 2});
  ASSERT_EQ(results.rows.size(), 2);
  const ProbeRow &without = results.rows[0], &with = results.rows[1];
  EXPECT_TRUE(with.augmented);
  EXPECT_EQ(results.find("codes", "k-NN", true), &with);
  double sum = 0.0;
  for (size_t r = 0; r < 3; ++r) sum += with.score.scores[r] - without.score.scores[r];
  EXPECT_NEAR(results.gain_of(with).mean, sum / 3.0, 1e-12);
  EXPECT_THROW(results.gain_of(without), std::invalid_argument);
  EXPECT_EQ(results.new_samples, 2 * results.train_samples);
}

TEST(Probes, ANumberIsPredicted) {
  const test::TemporaryFolder folder;
  const ProbeData data = shapes({.target = "scale"});
  const ProbeResults results =
      probe_run(test::tiny_run(), data, {.kind = space::ProbeKind::linear, .codes_only = true});
  EXPECT_EQ(results.best().probe, "ridge");
  write_probe_file({folder / "p.csv", Form::csv}, results.best(), data, results);
  const std::string text = test::read_text(folder / "p.csv");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 16);
  EXPECT_THAT(text, HasSubstr("truth,predicted,data_index\n"));
}

TEST(Probes, WhatDoesNotFitTogetherIsRefused) {
  EXPECT_THAT(message_of<UsageError>([] { ProbeOptions{.folds = 3, .per_class = 2}.check(); }),
              HasSubstr("exclude each other"));
  EXPECT_THAT(message_of<UsageError>([] {
                ProbeOptions{.data = {.target = "scale"}, .augment = space::AugmentMethod::posterior}.check();
              }),
              HasSubstr("--augment needs classes"));
  EXPECT_THAT(message_of([] { shapes({.target = "scal"}); }), HasSubstr("did you mean 'scale'"));
  const ProbeData data = shapes({.one_part = true, .most = 20});
  EXPECT_THAT(message_of<UsageError>([&] { probe_run(test::tiny_run(), data, {.folds = 21}); }),
              HasSubstr("--folds: 21 asked for"));
}

}  // namespace
}  // namespace latent
