// Training options and their JSON, schedules, precision.
#include <latent/core/detail/json_value.hpp>
#include <latent/training/forced_precision.hpp>
#include <latent/training/options.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent {
namespace {

using ::testing::HasSubstr;

// Cosines in double.
constexpr double kExact = 1e-12;

std::string refusal(const nlohmann::json& json) {
  try {
    TrainingOptions::from_json(json);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "accepted";
}

TEST(TrainingOptions, JsonThereAndBack) {
  TrainingOptions options;
  options.epochs = 3;
  options.batch = 17;
  options.optimizer = {
      .name = "sgd", .lr = 0.1, .beta1 = 0.5, .beta2 = 0.6, .eps = 1e-5, .momentum = 0.3, .weight_decay = 0.2};
  options.schedule = {.name = "step", .warmup_epochs = 1.5, .step_epochs = 4, .step_factor = 0.3};
  options.clip_norm = 1.0;
  options.ema = 0.99;
  options.patience = 5;
  options.augmentation = data::Augmentation::from_text("flip,shift:0.1");
  options.corruption = data::Corruption::from_text("gaussian:0.3,mask:0.1-0.2");
  options.seed = ~uint64_t{0};
  options.precision = Precision::bf16;
  const nlohmann::json json = *options.to_json();
  EXPECT_EQ(TrainingOptions::from_json(json).to_json(), json);
  EXPECT_EQ(TrainingOptions::from_json(nlohmann::json::parse(json.dump())).seed, ~uint64_t{0});
  const nlohmann::json defaults = *TrainingOptions().to_json();
  for (const auto& [key, value] : defaults.items()) EXPECT_NE(json.at(key), value) << key;
}

TEST(TrainingOptions, MissingKeysKeepTheirDefaults) {
  const TrainingOptions options =
      TrainingOptions::from_json(nlohmann::json{{"epochs", 5}, {"batch", 64}, {"lr", 0.001}});
  EXPECT_EQ(options.epochs, 5);
  EXPECT_EQ(options.batch, 64);
  EXPECT_EQ(options.optimizer.name, "adam");
  EXPECT_EQ(TrainingOptions::from_json(nlohmann::json::object()).to_json(), TrainingOptions().to_json());
}

TEST(TrainingOptions, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(refusal({{"epoch", 5}}), HasSubstr("epochs"));
  EXPECT_THAT(refusal({{"optimizer", "adamv"}}), HasSubstr("did you mean 'adam'"));
  EXPECT_THAT(refusal({{"schedule", "cosin"}}), HasSubstr("did you mean 'cosine'"));
  EXPECT_THAT(refusal({{"precision", "bf61"}}), HasSubstr("did you mean 'bf16'"));
  EXPECT_THAT(refusal({{"corrupt", "gausian:0.3"}}), HasSubstr("did you mean 'gaussian'"));
  EXPECT_THAT(refusal({{"epochs", "ten"}}), HasSubstr("epochs"));
  EXPECT_THAT(refusal({{"epochs", 2.5}}), HasSubstr("epochs"));
  EXPECT_THAT(refusal({{"lr", "fast"}}), HasSubstr("lr"));
  EXPECT_THAT(refusal({{"seed", -1}}), HasSubstr("seed"));
  EXPECT_THAT(refusal(nlohmann::json::array()), HasSubstr("training"));
}

TEST(TrainingOptions, RefusesValuesOutOfRange) {
  EXPECT_THAT(refusal({{"epochs", 0}}), HasSubstr("epochs"));
  EXPECT_THAT(refusal({{"batch", -1}}), HasSubstr("batch"));
  EXPECT_THAT(refusal({{"lr", 0}}), HasSubstr("lr"));
  EXPECT_THAT(refusal({{"warmup_epochs", -1}}), HasSubstr("warmup_epochs"));
  EXPECT_THAT(refusal({{"step_epochs", 0}}), HasSubstr("step_epochs"));
  EXPECT_THAT(refusal({{"step_factor", 2}}), HasSubstr("step_factor"));
  EXPECT_THAT(refusal({{"clip_norm", -1}}), HasSubstr("clip_norm"));
  EXPECT_THAT(refusal({{"ema", 1}}), HasSubstr("ema"));
  EXPECT_THAT(refusal({{"corrupt", "mask:2"}}), HasSubstr("mask takes a probability"));
  EXPECT_THAT(refusal({{"patience", -1}}), HasSubstr("patience"));
}

TEST(Schedule, FactorsByHand) {
  const ScheduleOptions constant;
  EXPECT_EQ(schedule_factor(constant, 0.0, 10), 1.0);
  EXPECT_EQ(schedule_factor(constant, 10.0, 10), 1.0);

  const ScheduleOptions cosine{.name = "cosine", .warmup_epochs = 2.0};
  EXPECT_EQ(schedule_factor(cosine, 0.0, 10), 0.0);
  EXPECT_EQ(schedule_factor(cosine, 1.0, 10), 0.5);
  EXPECT_EQ(schedule_factor(cosine, 2.0, 10), 1.0);
  EXPECT_NEAR(schedule_factor(cosine, 6.0, 10), 0.5, kExact);
  EXPECT_NEAR(schedule_factor(cosine, 10.0, 10), 0.0, kExact);
  EXPECT_NEAR(schedule_factor(cosine, 11.0, 10), 0.0, kExact);

  const ScheduleOptions step{.name = "step", .warmup_epochs = 1.0, .step_epochs = 3.0, .step_factor = 0.1};
  EXPECT_EQ(schedule_factor(step, 3.9, 10), 1.0);
  EXPECT_NEAR(schedule_factor(step, 4.0, 10), 0.1, kExact);
  EXPECT_NEAR(schedule_factor(step, 7.0, 10), 0.01, kExact);

  // A warm-up as long as the training has no schedule after it.
  EXPECT_EQ(schedule_factor({.name = "cosine", .warmup_epochs = 4.0}, 3.0, 4), 0.75);
  EXPECT_THROW(schedule_factor({.name = "linear"}, 0.0, 1), std::invalid_argument);
}

TEST(Precision, Names) {
  EXPECT_EQ(precision_from("f32"), Precision::f32);
  EXPECT_EQ(precision_from("bf16"), Precision::bf16);
  EXPECT_EQ(precision_from("auto"),
            forced_precision().value_or(has_bf16_matrix_units() ? Precision::bf16 : Precision::f32));
  EXPECT_EQ(name_of(Precision::f32), "f32");
  EXPECT_EQ(name_of(Precision::bf16), "bf16");
  EXPECT_THROW(precision_from("f16"), std::invalid_argument);
}

}  // namespace
}  // namespace latent
