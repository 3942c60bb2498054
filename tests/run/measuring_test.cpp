// Scores of anomalies, cleaning, figures of a run, archives.
#include <tests/run/tiny_run.hpp>
#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <latent/run/anomalies/odd_samples.hpp>
#include <latent/run/archives/archives.hpp>
#include <latent/run/denoising/denoising.hpp>
#include <latent/run/evaluation/evaluation.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent {
namespace {

using ::testing::HasSubstr;

TEST(Measuring, TheOddestSamplesComeFirst) {
  ScoredData scored;
  scored.scores.score = {0.5, 2.0, -1.0, 2.0};
  scored.scores.p_value = {0.4, 0.01, 0.9, 0.02};
  scored.deviations = Tensor::from(std::vector<float>{0, 0, 1, -3, 0, 0, 5, 4}, {4, 2});
  const std::vector<int64_t> order = oddest_first(scored);
  EXPECT_EQ(order, (std::vector<int64_t>{1, 3, 0, 2}));
  const auto samples = test::groups({2, 2});
  const std::vector<OddSample> odd = odd_samples(test::tiny_run(), *samples, scored, order, 2);
  ASSERT_EQ(odd.size(), 2);
  EXPECT_EQ(odd[0].index, 1);
  EXPECT_EQ(odd[0].class_name.value(), "group 0");
  EXPECT_FALSE(odd[0].name.has_value());
  ASSERT_EQ(odd[0].columns.size(), 2);
  EXPECT_EQ(odd[0].columns[0].name, "column_1");
  EXPECT_EQ(odd[0].columns[0].deviation, -3.0F);
  EXPECT_EQ(detection_of(scored.scores.score, {.is_anomaly = {0, 1, 0, 1}, .classes = {}}).auroc, 1.0);
}

TEST(Measuring, AnomalyScoresAreATable) {
  const test::TemporaryFolder folder;
  ScoredData scored;
  scored.scores.score = {0.5, 2.0};
  scored.scores.p_value = {0.5, 0.25};
  scored.scores.components.push_back({.name = "nll", .values = {3.0, 4.0}});
  write_anomaly_scores({folder / "s.csv", Form::csv}, scored, *test::groups({1, 1}));
  EXPECT_EQ(test::read_text(folder / "s.csv"),
            "index,score,p_value,nll,data_index,label\n0,0.5,0.5,3,0,group 0\n1,2,0.25,4,1,group 1\n");
}

TEST(Measuring, CleaningIsMeasuredWhereTheCleanCopyIsKnown) {
  const latent::Run& run = test::tiny_run();
  const RunData data = test::tiny_data();
  const DamagedSamples damage = damaged(data, data::Corruption::from_text("gaussian:0.2"), 1);
  const CleanedSamples cleaned = clean_samples(run, damage, {.count = 6});
  ASSERT_EQ(cleaned.figures.size(), 2);
  EXPECT_EQ(cleaned.figures[0].name, "psnr");
  // 20 log10(1 / 0.2) dB, and 3 dB more on black, where half of the noise is cut off.
  EXPECT_NEAR(cleaned.figures[0].before.mean.value(), 17.0, 1.0);
  EXPECT_EQ(cleaned.x_hat.dim(0), 6);
  for (const float value : cleaned.x_hat.span<float>()) EXPECT_TRUE(value >= 0.0F && value <= 1.0F);

  const CleanedSamples unknown = clean_samples(run, found_damaged(data, {}), {.count = 6});
  EXPECT_TRUE(unknown.figures.empty());
  EXPECT_FALSE(unknown.clean.defined());
}

TEST(Measuring, WhatIsCleanAlreadyCannotBecomeBetter) {
  const RunData data = test::tiny_data();
  const CleanedSamples cleaned = clean_samples(test::tiny_run(), found_damaged(data, data), {.count = 4});
  EXPECT_EQ(cleaned.figures[0].before.equal, 4);
  EXPECT_FALSE(cleaned.figures[0].before.mean.has_value());
  EXPECT_TRUE(cleaned.is_worse);
  ASSERT_EQ(cleaned.remarks.size(), 1);
  EXPECT_THAT(cleaned.remarks[0].text, HasSubstr("the model was not trained to clean"));
  const RunData fewer = test::tiny_data("validation");
  EXPECT_THAT(message_of<UsageError>([&] { found_damaged(data, fewer); }),
              HasSubstr("--clean: the validation part of shapes:150 has 15 samples, but shapes:150 has 150"));
}

TEST(Measuring, FiguresOfARunAreThoseOfItsModel) {
  const latent::Run& run = test::tiny_run();
  const RunData data = test::tiny_data("validation");
  const RunEvaluationOptions options{.figures = {.importance_samples = 2, .seed = 3}, .factors = true};
  const RunEvaluation evaluation = evaluate_run(run, data, options);
  const Evaluation figures = evaluate(*run.model, *data.samples, options.figures);
  EXPECT_EQ(evaluation.figures.terms, figures.terms);
  EXPECT_EQ(evaluation.figures.nll, figures.nll);
  EXPECT_EQ(evaluation.fit.value().samples, 15);
  EXPECT_EQ(evaluation.fit->fitted_to, 135);
  EXPECT_EQ(evaluation.factors.value().names.size(), data.samples->factor_names().size());
  EXPECT_FALSE(evaluation.generated.has_value());
  EXPECT_THAT(evaluation.protocol, HasSubstr("the validation part of shapes:150, 15 samples, nats per sample"));
  EXPECT_THAT(evaluation.protocol, HasSubstr("importance-weighted bound with 2 samples"));
  EXPECT_THAT(message_of<UsageError>([&] { check_factors(*run.model, *test::groups({3})); }), HasSubstr("--factors"));
}

TEST(Measuring, AnArchiveGivesItsSamplesBack) {
  const latent::Run& run = test::tiny_run();
  const RunData data = test::tiny_data("validation");
  const compression::Codec codec(*run.model);
  const CompressedSamples compressed = compress_samples(run, codec, data, {.lossy = true});
  EXPECT_EQ(compressed.samples, 15);
  EXPECT_EQ(compressed.values, 15 * 64 * 64);
  EXPECT_GT(compressed.mse.value(), 0.0);
  EXPECT_EQ(compressed.bits_per_dim(), 8.0 * static_cast<double>(compressed.archive.bytes()) / (15.0 * 64 * 64));
  EXPECT_EQ(codec.decompress(compressed.archive, "an archive").shape(), data.samples->sample_shape().prepend(15));
}

TEST(Measuring, OnlyEightBitValuesAreCompressed) {
  const latent::Run& run = test::tiny_run();
  RunData data{.source = "odd.npy", .split = "all"};
  data.samples = data::from_tensor(Tensor::full({1, 1, 64, 64}, 0.3333), data::Kind::images, {});
  const compression::Codec codec(*run.model);
  EXPECT_THAT(message_of<UsageError>([&] { compress_samples(run, codec, data, {.lossy = true}); }),
              HasSubstr("odd.npy: compress takes 8-bit values"));
}

}  // namespace
}  // namespace latent
