// What the doctor finds in data and in the course of training.
#include "tiny_model.hpp"

#include <latent/core/rng.hpp>
#include <latent/models/registry.hpp>
#include <latent/training/doctor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  const auto vae = make_model({{"model", "vae"},
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

TEST(Doctor, Overfitting) {
  EXPECT_TRUE(doctor::find_overfitting(history({9, 8, 7, 6, 5}, {9, 8, 8.1, 8.2, 8.3})));
  EXPECT_THAT(doctor::find_overfitting(history({9, 8, 7, 6, 5}, {9, 8, 8.1, 8.2, 8.3}))->what,
              HasSubstr("now 8.30, best 8.00 in epoch 2"));
  EXPECT_FALSE(doctor::find_overfitting(history({9, 8, 7, 6}, {8, 8.1, 8.2, 8.1})));
  EXPECT_FALSE(doctor::find_overfitting(history({9, 8, 7}, {8, 8.1, 8.2})));
  EXPECT_FALSE(doctor::find_overfitting(history({9, 8, 7, 7.5}, {8, 8.1, 8.2, 8.3})));
  EXPECT_FALSE(doctor::find_overfitting(history({9, 8, 7, 6, 5}, {})));
}

TEST(Doctor, Collapse) {
  std::vector<EpochReport> epochs = history({9, 8}, {});
  EXPECT_FALSE(doctor::find_collapse(epochs, {}));  // no KL at all
  epochs[1].kl_per_dim = {2.0, 0.001, 0.002, 1.0};
  EXPECT_TRUE(doctor::find_collapse(epochs, {}));
  EXPECT_THAT(doctor::find_collapse(epochs, {})->what, HasSubstr("2 of 4 dimensions"));
  EXPECT_FALSE(doctor::find_collapse(epochs, {.warmup_epochs = 5.0}));  // the weight of KL is still rising
  epochs[1].kl_per_dim = {2.0, 0.001, 0.02, 1.0};
  EXPECT_FALSE(doctor::find_collapse(epochs, {}));
  std::vector<EpochReport> first = history({9}, {});
  first[0].kl_per_dim = {0.0, 0.0};
  EXPECT_FALSE(doctor::find_collapse(first, {}));
}

TEST(Doctor, CollapseUnderAFixedScaleIsFirstAMatterOfTheScale) {
  std::vector<EpochReport> epochs = history({9, 8}, {});
  epochs[1].kl_per_dim = {0.0, 0.0};
  const auto advice = [&](const doctor::Pressure& pressure) { return doctor::find_collapse(epochs, pressure)->advice; };
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
