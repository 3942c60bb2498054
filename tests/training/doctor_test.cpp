// What the doctor finds in data and in the course of training.
#include "tiny_model.hpp"

#include <latent/core/detail/json_value.hpp>
#include <latent/core/rng.hpp>
#include <latent/models/registry.hpp>
#include <latent/training/doctor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace latent {
namespace {

using namespace test;
using ::testing::HasSubstr;
using Severity = Diagnosis::Severity;

std::vector<Diagnosis> examine(const Tensor& x, bool unit_interval, data::Kind kind = data::Kind::table,
                               std::vector<std::string> names = {}) {
  const TinyVae model(1, unit_interval);
  return doctor::examine_data(model, *data::from_tensor(x, kind, {}, {}, {}, std::move(names)));
}

TEST(Doctor, ValuesOutsideTheUnitInterval) {
  Tensor x = random_samples(20, 1);
  EXPECT_TRUE(examine(x, true).empty());
  x.data<float>()[17] = -3.5f;
  x.data<float>()[30] = 255.0f;
  EXPECT_TRUE(examine(x, false).empty());
  const auto found = examine(x, true);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, Severity::error);
  EXPECT_EQ(found[0].code, "outside-unit-interval");
  EXPECT_THAT(found[0].what, HasSubstr("[-3.5, 255]"));
  EXPECT_THAT(found[0].advice, HasSubstr("--likelihood gaussian"));
}

TEST(Doctor, ConstantColumnsAreNamed) {
  Tensor x = random_samples(20, 1);
  for (int64_t row = 0; row < 20; ++row) {
    for (const int64_t column : {1, 4, 5, 6, 7}) x.data<float>()[row * kValues + column] = 0.25f;
  }
  std::vector<std::string> names;
  for (int64_t c = 0; c < kValues; ++c) names.push_back(fmt::format("c{}", c));
  const auto found = examine(x, true, data::Kind::table, names);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, Severity::note);
  EXPECT_EQ(found[0].code, "constant-inputs");
  EXPECT_THAT(found[0].what, HasSubstr("5 of 12 columns are constant: 'c1', 'c4', 'c5' and 2 more"));
  EXPECT_THAT(examine(x, true, data::Kind::array)[0].what, HasSubstr("5 of 12 columns are constant"));
}

TEST(Doctor, ImagesMayHaveConstantBordersButMustVary) {
  Tensor x = random_samples(20, 1);
  for (int64_t row = 0; row < 20; ++row) x.data<float>()[row * kValues] = 0.0f;
  EXPECT_TRUE(examine(x.view_as({20, 3, 4}), true, data::Kind::images).empty());
  const auto found = examine(Tensor::full({20, 3, 4}, 0.5), true, data::Kind::images);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, Severity::warning);
  EXPECT_THAT(found[0].what, HasSubstr("nothing to learn"));
  // One sample cannot vary, and that is no fault of the data.
  EXPECT_TRUE(examine(Tensor::full({1, 12}, 0.5), true).empty());
}

TEST(Doctor, LooksAtSamplesFromAllOverALargeSet) {
  Tensor x = random_samples(30'000, 1);
  for (int64_t row = 29'000; row < 30'000; ++row) x.data<float>()[row * kValues] = 2.0f;
  EXPECT_EQ(examine(x, true).at(0).code, "outside-unit-interval");
}

// Columns that vary in none of the samples looked at, which are evenly spread, but in others.
TEST(Doctor, CallsAColumnConstantWhenAllSamplesSaySo) {
  Tensor x = random_samples(30'000, 1);
  for (int64_t row = 0; row < 30'000; ++row) {
    x.data<float>()[row * kValues + 2] = row % 3 == 1 ? 1.0f : 0.5f;
    x.data<float>()[row * kValues + 5] = 0.5f;
  }
  const auto found = examine(x, true);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].what, HasSubstr("1 of 12 columns are constant"));
  for (int64_t row = 0; row < 30'000; ++row) x.data<float>()[row * kValues + 5] = row == 29'999 ? 1.0f : 0.5f;
  EXPECT_TRUE(examine(x, true).empty());
  Tensor images = Tensor::full({30'000, 3, 4}, 0.5);
  EXPECT_THAT(examine(images, true, data::Kind::images).at(0).what, HasSubstr("all 30000 samples are equal"));
  images.data<float>()[13] = 0.25f;
  EXPECT_TRUE(examine(images, true, data::Kind::images).empty());
}

TEST(Doctor, TheLikelihoodThatNeedsTheUnitIntervalIsNamed) {
  Rng rng(1);
  const auto vae = make_model(nlohmann::json{{"model", "vae"},
                                             {"data_shape", {kValues}},
                                             {"latent_dim", 2},
                                             {"network", {{"name", "mlp"}, {"hidden", {5}}}},
                                             {"likelihood", {{"name", "logistic-mixture"}}}},
                              rng);
  const auto data = data::from_tensor(Tensor::full({3, kValues}, -2.0), data::Kind::table, {});
  const auto found = doctor::examine_data(*vae, *data);
  EXPECT_THAT(found.at(0).what, HasSubstr("but likelihood 'logistic-mixture' needs them in [0, 1]"));
  EXPECT_THAT(found.at(0).advice, HasSubstr("saved as a u8 .npy"));
}

TEST(Doctor, BytesOfZeroAndOneAreNearlyBlack) {
  Tensor x = Tensor::full({20, 3, 4}, 0, DType::u8);
  for (int64_t i = 0; i < 240; i += 7) x.data<uint8_t>()[i] = 1;
  const TinyVae model(1, true);
  const data::Transform bytes{{0.0}, {1.0 / 255.0}, {}};
  const auto found = doctor::examine_data(model, *data::from_tensor(x, data::Kind::images, bytes));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, Severity::warning);
  EXPECT_EQ(found[0].code, "ones-of-255");
  EXPECT_THAT(found[0].advice, HasSubstr("multiply them by 255"));
  EXPECT_TRUE(doctor::examine_data(model, *data::from_tensor(x, data::Kind::images, {})).empty());  // bool
  x.data<uint8_t>()[5] = 2;
  EXPECT_TRUE(doctor::examine_data(model, *data::from_tensor(x, data::Kind::images, bytes)).empty());
}

std::vector<EpochReport> history(const std::vector<double>& train, const std::vector<double>& held_out) {
  std::vector<EpochReport> reports;
  for (size_t i = 0; i < train.size(); ++i) {
    EpochReport report;
    report.epoch = static_cast<int64_t>(i) + 1;
    report.train["loss"] = train[i];
    if (!held_out.empty()) report.held_out["loss"] = held_out[i];
    reports.push_back(report);
  }
  return reports;
}

// A course of n epochs: what loss(t) gives at t = 1, 2, ...
template <class Loss>
std::vector<double> course(int n, const Loss& loss) {
  std::vector<double> values;
  for (int t = 1; t <= n; ++t) values.push_back(loss(t));
  return values;
}

// Noise of about one, the same every time.
double noise(int t, uint64_t seed) {
  Rng rng = Rng(seed).fork(static_cast<uint64_t>(t));
  float draw[1];
  rng.normal(draw);
  return static_cast<double>(draw[0]);
}

constexpr doctor::Course kManySteps{.steps_per_epoch = 1000};

// Whether the doctor speaks up after any of the epochs.
template <class Find>
int first_alarm(const std::vector<EpochReport>& epochs, const Find& find) {
  for (size_t n = 1; n <= epochs.size(); ++n) {
    if (find(std::span(epochs).first(n))) return static_cast<int>(n);
  }
  return 0;
}
int first_overfitting(const std::vector<EpochReport>& epochs, const doctor::Course& run = kManySteps) {
  return first_alarm(epochs, [&](auto seen) { return doctor::find_overfitting(seen, run); });
}
int first_collapse(const std::vector<EpochReport>& epochs, const doctor::Course& run = kManySteps) {
  return first_alarm(epochs, [&](auto seen) { return doctor::find_collapse(seen, run); });
}

TEST(Doctor, OverfittingIsALastingRise) {
  const auto train = course(40, [](int t) { return 100.0 * std::exp(-t / 15.0); });
  const auto held_out = course(40, [](int t) { return 100.0 * std::exp(-t / 5.0) + 1.5 * t; });
  const std::vector<EpochReport> epochs = history(train, held_out);
  const int alarm = first_overfitting(epochs);
  EXPECT_GE(alarm, 17);  // the best epoch is the twelfth
  EXPECT_LE(alarm, 25);
  const auto found = doctor::find_overfitting(std::span(epochs).first(static_cast<size_t>(alarm)), kManySteps);
  EXPECT_THAT(found->what, HasSubstr("best 26.93 in epoch 13"));
  EXPECT_THAT(found->advice, HasSubstr("--patience"));
  // Without a held-out set there is nothing to see.
  EXPECT_EQ(first_overfitting(history(train, {})), 0);
  // Short epochs: not before there were some steps.
  EXPECT_EQ(first_overfitting(epochs, {.steps_per_epoch = 2}), 0);
}

TEST(Doctor, NoiseOnAFallingHeldOutLossIsNoOverfitting) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto train = course(300, [](int t) { return 80.0 + 60.0 * std::exp(-t / 60.0) - 0.01 * t; });
    const auto held_out =
        course(300, [&](int t) { return 90.0 + 60.0 * std::exp(-t / 60.0) - 0.005 * t + 1.5 * noise(t, seed); });
    EXPECT_EQ(first_overfitting(history(train, held_out)), 0) << seed;
  }
}

TEST(Doctor, APlateauOrAPassingBumpIsNoOverfitting) {
  const auto train = course(100, [](int t) { return 100.0 * std::exp(-t / 40.0); });
  // A plateau that creeps up by little of what the training loss still gains.
  EXPECT_EQ(first_overfitting(history(train, course(100, [](int t) { return 50.0 * std::exp(-t / 8.0) + 0.005 * t; }))),
            0);
  // Three epochs in a row were once enough for a warning.
  const auto bump =
      course(100, [](int t) { return 100.0 * std::exp(-t / 40.0) + (t >= 33 && t <= 36 ? 3.0 * (t - 32) : 0.0); });
  EXPECT_EQ(first_overfitting(history(train, bump)), 0);
  // The training loss rises too: that is no overfitting but a rate that is too high.
  const auto rising = course(60, [](int t) { return t < 20 ? 100.0 - t : 60.0 + t; });
  EXPECT_EQ(first_overfitting(history(rising, rising)), 0);
}

TEST(Doctor, LossesAreComparedWithoutWeightsThatChange) {
  // The weighted training loss falls while the KL's weight does; the bound itself rises with the held-out one.
  std::vector<EpochReport> epochs =
      history(course(40, [](int t) { return 100.0 - t; }), course(40, [](int t) { return 50.0 + t; }));
  for (EpochReport& report : epochs) {
    report.train["elbo"] = -50.0 - static_cast<double>(report.epoch);
    report.held_out["elbo"] = -report.held_out["loss"];
  }
  EXPECT_EQ(first_overfitting(epochs), 0);
  for (EpochReport& report : epochs) report.train["elbo"] = -report.train["loss"];
  EXPECT_GT(first_overfitting(epochs), 0);
  EXPECT_EQ(first_overfitting(epochs, {.warmup_epochs = 40.0, .steps_per_epoch = 1000}), 0);
}

std::vector<EpochReport> with_kl(int n, const std::function<std::vector<double>(int)>& kl) {
  std::vector<EpochReport> epochs = history(course(n, [](int t) { return 100.0 - t; }), {});
  for (EpochReport& report : epochs) report.kl_per_dim = kl(static_cast<int>(report.epoch));
  return epochs;
}

TEST(Doctor, CollapseIsWhatLasts) {
  EXPECT_EQ(first_collapse(history({9, 8, 7, 6}, {})), 0);  // no KL at all
  const auto half = with_kl(5, [](int) { return std::vector<double>{2.0, 0.001, 0.002, 1.0}; });
  EXPECT_EQ(first_collapse(half), 3);
  EXPECT_THAT(doctor::find_collapse(half, kManySteps)->what, HasSubstr("2 of 4 dimensions"));
  EXPECT_EQ(first_collapse(half, {.warmup_epochs = 5.0, .steps_per_epoch = 1000}), 0);  // the KL's weight still rises
  EXPECT_EQ(first_collapse(half, {.steps_per_epoch = 100}), 0);                         // 500 steps are few
  EXPECT_EQ(first_collapse(with_kl(5, [](int) { return std::vector<double>{2.0, 0.001, 0.02, 1.0}; })), 0);
}

TEST(Doctor, CodesThatWakeUpAreNoCollapse) {
  // One dimension after the other becomes active, every other epoch.
  const auto waking = with_kl(30, [](int t) {
    std::vector<double> kl(8, 0.001);
    for (int d = 0; d < std::min(8, t / 2); ++d) kl[static_cast<size_t>(d)] = 1.0;
    return kl;
  });
  EXPECT_EQ(first_collapse(waking), 0);
  // KL rises slowly from next to nothing.
  EXPECT_EQ(first_collapse(with_kl(12, [](int t) { return std::vector<double>(4, 0.0004 * std::exp(0.6 * t)); })), 0);
}

TEST(Doctor, CollapseAtTheEndIsToldHoweverShortTheRun) {
  const auto collapsed = with_kl(2, [](int) { return std::vector<double>{0.0, 0.0}; });
  EXPECT_TRUE(doctor::find_final_collapse(collapsed, {.steps_per_epoch = 10}));
  EXPECT_FALSE(doctor::find_final_collapse(collapsed, {.warmup_epochs = 2.0, .steps_per_epoch = 10}));
  // The first epoch's mean holds the first steps.
  EXPECT_FALSE(doctor::find_final_collapse(std::span(collapsed).first(1), {.steps_per_epoch = 10}));
  EXPECT_TRUE(doctor::find_final_collapse(std::span(collapsed).first(1), kManySteps));
  EXPECT_FALSE(doctor::find_final_collapse(with_kl(2, [](int) { return std::vector<double>{1.0, 1.0}; }), kManySteps));
  EXPECT_FALSE(doctor::find_final_collapse({}, kManySteps));
}

// Epochs of a model whose codebooks have 100 entries.
std::vector<EpochReport> with_perplexity(const std::vector<double>& values) {
  std::vector<EpochReport> reports = history(std::vector<double>(values.size(), 1.0), {});
  for (size_t i = 0; i < values.size(); ++i) reports[i].train["perplexity"] = values[i];
  return reports;
}

TEST(Doctor, CodebooksThatAreHardlyUsed) {
  const doctor::Course run{.steps_per_epoch = 1000, .codebook_size = 100};
  const auto found = doctor::find_codebook_collapse(with_perplexity({5.0, 4.0, 3.0}), run);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->code, "codebook-collapse");
  EXPECT_THAT(found->what, HasSubstr("a perplexity of 3.0 where 100 entries could all serve"));
  EXPECT_FALSE(doctor::find_codebook_collapse(with_perplexity({5.0, 4.0}), run));          // not for long
  EXPECT_FALSE(doctor::find_codebook_collapse(with_perplexity({3.0, 4.0, 5.0}), run));     // it rises
  EXPECT_FALSE(doctor::find_codebook_collapse(with_perplexity({50.0, 40.0, 30.0}), run));  // enough of them
  EXPECT_FALSE(
      doctor::find_codebook_collapse(with_perplexity({5.0, 4.0, 3.0}), {.steps_per_epoch = 10, .codebook_size = 100}));
  EXPECT_FALSE(doctor::find_codebook_collapse(history({1, 1, 1}, {}), run));
  const auto later = with_perplexity({5.0, 4.0, 3.0, 3.5, 20.0});
  EXPECT_THAT(doctor::take_back(doctor::kCodebookCollapse, 3, later)->what,
              HasSubstr("the perplexity has risen to 20.0"));
  EXPECT_FALSE(doctor::take_back(doctor::kCodebookCollapse, 3, std::span(later).first(4)));
}

TEST(Doctor, WhatDidNotComeTrueIsTakenBack) {
  const auto all = with_kl(9, [](int) { return std::vector<double>{1.0, 0.5}; });
  const auto taken_back = doctor::take_back(doctor::kPosteriorCollapse, 3, all);
  ASSERT_TRUE(taken_back);
  EXPECT_EQ(taken_back->severity, Severity::note);
  EXPECT_EQ(taken_back->what,
            "the warning of epoch 3 about posterior collapse no longer holds: all dimensions are active");
  const auto most = with_kl(9, [](int) { return std::vector<double>{1.0, 0.5, 0.0}; });
  EXPECT_THAT(doctor::take_back(doctor::kPosteriorCollapse, 3, most)->what, HasSubstr("2 of 3 dimensions are active"));
  EXPECT_FALSE(
      doctor::take_back(doctor::kPosteriorCollapse, 3, with_kl(9, [](int) { return std::vector<double>(2); })));

  const auto better =
      history(course(300, [](int t) { return 300.0 - t; }), course(300, [](int t) { return 400.0 - t; }));
  EXPECT_EQ(doctor::take_back(doctor::kOverfitting, 35, better)->what,
            "the warning of epoch 35 about overfitting no longer holds: the best epoch was 300");
  const auto worse =
      history(course(300, [](int t) { return 300.0 - t; }), course(300, [](int t) { return 400.0 + t; }));
  EXPECT_FALSE(doctor::take_back(doctor::kOverfitting, 35, worse));
  EXPECT_TRUE(doctor::take_back(doctor::kHeldOutNotFinite, 1, history({1, 1}, {1, 1})));
  EXPECT_FALSE(doctor::take_back("constant-inputs", 0, better));
  EXPECT_FALSE(doctor::take_back(doctor::kOverfitting, 0, {}));
}

TEST(Doctor, ReconstructionsAreJudgedByTheMeanAndByPca) {
  const auto judged = [](double mse, std::optional<double> pca) {
    return doctor::judge_fit(
        {.mse = mse, .mse_of_mean = 2.0, .mse_of_pca = pca, .pca_dims = 4, .samples = 9, .fitted_to = 9});
  };
  EXPECT_EQ(judged(2.1, 0.5).at(0).code, "worse-than-mean");
  EXPECT_EQ(judged(2.1, 0.5).at(0).severity, Severity::warning);
  EXPECT_THAT(judged(2.1, 0.5).at(0).what, HasSubstr("worse than the mean of the training data (R2 -0.050)"));
  EXPECT_THAT(judged(1.999, {}).at(0).what, HasSubstr("hardly better than the mean"));
  EXPECT_EQ(judged(0.6, 0.5).at(0).code, "worse-than-pca");
  EXPECT_EQ(judged(0.6, 0.5).at(0).severity, Severity::note);
  EXPECT_THAT(judged(0.6, 0.5).at(0).what, HasSubstr("PCA with 4 components reconstructs better"));
  EXPECT_TRUE(judged(0.505, 0.5).empty());
  EXPECT_TRUE(judged(0.6, {}).empty());
}

TEST(Doctor, CollapseUnderAFixedScaleIsFirstAMatterOfTheScale) {
  const auto epochs = with_kl(3, [](int) { return std::vector<double>{0.0, 0.0}; });
  const auto advice = [&](doctor::Course run) {
    run.steps_per_epoch = 1000;
    return doctor::find_collapse(epochs, run)->advice;
  };
  EXPECT_THAT(
      advice({.scale = 0.5, .likelihood = "gaussian"}),
      HasSubstr("try a scale below 0.5 (--likelihood gaussian:X), a learned one (--likelihood gaussian:learned), a "
                "lower --beta"));
  EXPECT_THAT(advice({.scale = 1.0, .likelihood = "laplace"}),
              HasSubstr("try a scale below 1 (--likelihood laplace:X), a lower --beta"));
  EXPECT_THAT(advice({}), ::testing::StartsWith("try a lower --beta"));
}

}  // namespace
}  // namespace latent
