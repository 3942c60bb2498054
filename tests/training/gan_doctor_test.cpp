// What the doctor finds in the course of a GAN.
#include <latent/training/doctor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent {
namespace {

using doctor::Course;
using ::testing::HasSubstr;

std::vector<EpochReport> course(const std::vector<std::pair<double, double>>& spread_and_ranked) {
  std::vector<EpochReport> history;
  for (const auto& [spread, ranked] : spread_and_ranked) {
    EpochReport report;
    report.epoch = static_cast<int64_t>(history.size()) + 1;
    report.train = {{"generator.spread", spread}, {"critic.ranked", ranked}};
    history.push_back(report);
  }
  return history;
}

std::vector<std::string> troubles(const std::vector<EpochReport>& history, int64_t steps_per_epoch = 500) {
  std::vector<std::string> codes;
  for (const Diagnosis& found :
       doctor::find_troubles(history, {.steps_per_epoch = steps_per_epoch}, [](const char*) { return false; })) {
    codes.push_back(found.code);
  }
  return codes;
}

using Codes = std::vector<std::string>;

TEST(GanDoctor, FindsWhatHasLasted) {
  EXPECT_EQ(troubles(course({{0.9, 0.7}, {0.95, 0.7}, {1.0, 0.7}})), Codes{});
  EXPECT_EQ(troubles(course({{0.9, 0.7}, {0.2, 0.7}, {0.1, 0.7}})), Codes{"mode-collapse"});
  EXPECT_EQ(troubles(course({{0.9, 0.7}, {0.5, 0.7}, {0.1, 0.7}})), Codes{}) << "one epoch alone";
  EXPECT_EQ(troubles(course({{0.1, 0.7}, {0.1, 0.7}}), 100), Codes{}) << "too few steps";
  EXPECT_EQ(troubles(course({{0.9, 0.985}, {0.9, 0.99}, {0.9, 0.995}})), Codes{"critic-wins"});
  EXPECT_EQ(troubles(course({{0.9, 0.999}, {0.9, 0.99}, {0.9, 0.985}})), Codes{}) << "the generator catches up";
  EXPECT_EQ(troubles(course({{0.5, 0.5}, {0.5, 0.505}, {0.5, 0.495}})), Codes{"critic-stalls"});
  EXPECT_EQ(troubles(course({{1.0, 0.5}, {1.0, 0.505}, {1.0, 0.495}})), Codes{}) << "there is nothing to tell";
  EXPECT_EQ(troubles(course({{0.4, 0.7}, {1.4, 0.7}, {0.4, 0.7}, {1.4, 0.7}, {0.4, 0.7}, {1.4, 0.7}})),
            Codes{"oscillation"});
  EXPECT_EQ(troubles(course({{0.4, 0.7}, {0.6, 0.7}, {0.8, 0.7}, {1.0, 0.7}, {1.2, 0.7}, {1.4, 0.7}})), Codes{})
      << "one way is no swing";
}

TEST(GanDoctor, SaysNothingOfOtherModelsNorTwice) {
  EpochReport of_vae;
  of_vae.epoch = 1;
  of_vae.train = {{"loss", 1.0}};
  EXPECT_EQ(troubles({of_vae, of_vae, of_vae}), Codes{});
  const auto history = course({{0.1, 0.7}, {0.1, 0.7}});
  EXPECT_TRUE(doctor::find_troubles(history, {.steps_per_epoch = 500}, [](const char*) { return true; }).empty());
}

TEST(GanDoctor, TakesBackWhatCameRight) {
  const auto history = course({{0.1, 0.999}, {0.9, 0.7}});
  EXPECT_THAT(doctor::take_back(doctor::kModeCollapse, 1, history)->what, HasSubstr("no longer holds"));
  EXPECT_THAT(doctor::take_back(doctor::kCriticWins, 1, history)->what, HasSubstr("caught up"));
  EXPECT_FALSE(doctor::take_back(doctor::kModeCollapse, 1, course({{0.1, 0.7}, {0.2, 0.7}})));
}

}  // namespace
}  // namespace latent
