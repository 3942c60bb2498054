#include <tests/run/tiny_run.hpp>
#include <tests/support/message_of.hpp>

#include <latent/run/codes.hpp>
#include <latent/run/editing/attributes.hpp>
#include <latent/run/editing/augmenting.hpp>
#include <latent/run/editing/edits.hpp>
#include <latent/run/editing/steps.hpp>
#include <latent/run/editing/sums.hpp>
#include <latent/run/editing/ways.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace latent {
namespace {

using ::testing::HasSubstr;

Tensor codes_of(const std::vector<int64_t>& items) {
  return encode_samples(*test::tiny_run().model, *data::subset(test::tiny_data().samples, items), Draw::mean, 0).z;
}

constexpr double kBatchRounding = 1e-4;  // a batch of another size may sum in another order

void expect_near(const Tensor& a, const Tensor& b, double tolerance = kBatchRounding) {
  ASSERT_EQ(a.numel(), b.numel());
  for (int64_t i = 0; i < a.numel(); ++i) EXPECT_NEAR(a.data<float>()[i], b.data<float>()[i], tolerance) << i;
}

RunData never(const std::string&) { throw std::logic_error("no file is named"); }

TEST(Editing, AWayBeginsAndEndsAtItsSamples) {
  const Strips strips =
      interpolate_samples(test::tiny_run(), test::tiny_data(), {0, 1}, {5, 6}, 4, space::Path::linear);
  EXPECT_EQ(strips.codes.shape(), Shape({8, 3}));
  EXPECT_EQ(strips.x_hat.dim(0), 8);
  const Tensor ends = codes_of({0, 1, 5, 6});
  expect_near(strips.codes.rows(0, 1), ends.rows(0, 1));
  expect_near(strips.codes.rows(3, 4), ends.rows(2, 3));
  expect_near(strips.codes.rows(7, 8), ends.rows(3, 4));
  EXPECT_THAT(message_of<UsageError>(
                  [] { interpolate_samples(test::tiny_run(), test::tiny_data(), {0}, {150}, 4, space::Path::linear); }),
              HasSubstr("sample 150 does not exist"));
}

TEST(Editing, ATraversalChangesOneDimensionOfTheSample) {
  const RunData data = test::tiny_data();
  const Traversal traversal =
      plan_traversal(test::tiny_run(), &data, {.item = 4, .dims = {2}, .low = -1.0, .high = 2.0, .steps = 3});
  const Strips strips = decode_traversal(test::tiny_run(), traversal);
  ASSERT_EQ(strips.codes.shape(), Shape({3, 3}));
  const Tensor z = codes_of({4});
  // The prior is standard normal: steps are as they were asked for.
  const std::vector<float> steps = {-1.0F, 0.5F, 2.0F};
  for (int64_t step = 0; step < 3; ++step) {
    const float* code = strips.codes.data<float>() + 3 * step;
    EXPECT_NEAR(code[0], z.data<float>()[0], kBatchRounding);
    EXPECT_NEAR(code[1], z.data<float>()[1], kBatchRounding);
    EXPECT_NEAR(code[2], steps[static_cast<size_t>(step)], 1e-6);
  }
  EXPECT_EQ(strips.step_names, (std::vector<std::string>{"-1", "+0.5", "+2"}));
}

TEST(Editing, QuantilesOfATraversalAreThoseOfTheCodes) {
  const RunData data = test::tiny_data();
  const Traversal traversal = plan_traversal(
      test::tiny_run(), &data, {.dims = {0}, .low = 0.0, .high = 100.0, .are_quantiles = true, .steps = 2});
  const Tensor z = encode_samples(*test::tiny_run().model, *data.samples, Draw::mean, 0).z;
  float low = z.data<float>()[0], high = low;
  for (int64_t i = 0; i < z.dim(0); ++i) {
    low = std::min(low, z.data<float>()[3 * i]);
    high = std::max(high, z.data<float>()[3 * i]);
  }
  EXPECT_EQ(traversal.values.to_vector(), (std::vector<double>{low, high}));
  EXPECT_EQ(traversal.step_names.back(), "100%");
  EXPECT_EQ(message_of<UsageError>([&] { plan_traversal(test::tiny_run(), &data, {.dims = {3}}); }),
            "--dims: dimension 3 of 3, numbered from 0");
}

TEST(Editing, AnEditRaisesTheScoreByItsAmount) {
  const latent::Run& run = test::tiny_run();
  const RunData data = test::tiny_data();
  const Tensor codes = encode_samples(*run.model, *data.samples, Draw::mean, 0).z;
  const auto attributes = choose_samples(run, data, {attribute_from("square=label=square")});
  const space::Directions directions = find_directions(run, codes, attributes, 1, {});
  EXPECT_EQ(directions.names, (std::vector<std::string>{"square", "pc1"}));
  EXPECT_TRUE(directions.model.has_value());
  EXPECT_GT(variance_share(directions, 1, codes), 1.0 / 3.0);  // the first of three components
  const Moves moves = {{0.0, 0.0}, {1.5, 0.0}};
  const EditedSamples edited = edit_samples(run, data, directions, {0, 7}, moves);
  EXPECT_EQ(used_directions(moves), std::vector<int64_t>{0});
  for (int64_t item = 0; item < 2; ++item) {
    const double before = edited.unedited.data<double>()[2 * item];
    EXPECT_NEAR(edited.asked.data<double>()[4 * item], before, 1e-4);
    EXPECT_NEAR(edited.asked.data<double>()[4 * item + 2], before + 1.5, 1e-3);
  }
  EXPECT_TRUE(edited.share_that_took(0).has_value());
  ASSERT_EQ(edited.votes.size(), 4);
  EXPECT_EQ(edited.votes[0].voters, 10);
  EXPECT_EQ(edited.strips.strip_names, (std::vector<std::string>{"#0", "#7"}));
}

TEST(Editing, AttributesAreRefusedInOneLine) {
  EXPECT_THAT(message_of<UsageError>([] { attribute_from("label"); }), HasSubstr("expected NAME=EXPR"));
  EXPECT_THAT(message_of<UsageError>([] { attribute_from("a b=label=c"); }), HasSubstr("expected NAME=EXPR"));
  EXPECT_EQ(attribute_from("old=column=age>60").expression, "column=age>60");
  EXPECT_EQ(attribute_from("a=ids=@a.txt and ids=@'b and c.txt' vs ids=@d.txt").files(),
            (std::vector<std::string>{"a.txt", "b and c.txt", "d.txt"}));
  EXPECT_TRUE(attribute_from("a=label=square").files().empty());
  EXPECT_THAT(message_of<UsageError>([] {
                choose_samples(test::tiny_run(), test::tiny_data(), {{"a", "label=nothing"}});
              }),
              HasSubstr("--attribute a=label=nothing: "));
}

TEST(Editing, ASumOfOneSampleIsThatSample) {
  const latent::Run& run = test::tiny_run();
  const RunData data = test::tiny_data();
  const CodeSum sum = sum_codes(run, data, sum_from("#3 + #8 - #8"), space::Path::linear, never);
  expect_near(sum.z, codes_of({3}));
  EXPECT_NE(sum.nearest.value().index, 3);
  EXPECT_EQ(sum.terms[0].text(), "+ #3");
  EXPECT_EQ(sum.terms[1].text(), "+ 0 #8");
  const CodeSum mean = sum_codes(run, data, sum_from("-0.5 * label:square"), space::Path::linear, never);
  EXPECT_FALSE(mean.terms[0].x.defined());
  EXPECT_EQ(mean.terms[0].text(), "- 0.5 label:square");
  EXPECT_THAT(message_of<UsageError>([&] { sum_codes(run, data, sum_from("#1 + #999"), space::Path::linear, never); }),
              HasSubstr("at character 6: sample 999 does not exist"));
  EXPECT_THAT(message_of<UsageError>([&] { sum_codes(run, data, sum_from("square"), space::Path::linear, never); }),
              HasSubstr("did you mean 'label:square'?"));
}

TEST(Editing, NewSamplesComeFromThoseThatWereChosen) {
  const RunData data = test::tiny_data();
  const std::vector<int64_t> rows = chosen_rows(data, "square", {});
  const auto labels = data.samples->labels();
  EXPECT_EQ(static_cast<std::ptrdiff_t>(rows.size()), std::ranges::count(labels, labels[static_cast<size_t>(rows[0])]));
  const NewSamples made = augment_samples(test::tiny_run(), data, rows, {.count = 9}, false, 5);
  EXPECT_EQ(made.x_hat.dim(0), 9);
  for (const int64_t source : made.made.sources) EXPECT_TRUE(std::ranges::binary_search(rows, source));
  EXPECT_EQ(chosen_rows(data, "", {5, 2, 5}), (std::vector<int64_t>{2, 5}));
  EXPECT_THAT(message_of<UsageError>([&] { chosen_rows(data, "nothing", {}); }), HasSubstr("--class: "));
  std::vector<int64_t> other;
  for (int64_t i = 0; other.empty(); ++i) {
    if (!std::ranges::binary_search(rows, i)) other.push_back(i);
  }
  EXPECT_THAT(message_of<UsageError>([&] { chosen_rows(data, "square", other); }), HasSubstr("has no sample that"));
}

TEST(Editing, StepsAreEvenlySpacedAndNamed) {
  EXPECT_EQ(linspace(-1.0, 1.0, 5), (std::vector<double>{-1.0, -0.5, 0.0, 0.5, 1.0}));
  EXPECT_EQ(signed_text(1e-17), "0");
  EXPECT_EQ(signed_text(0.25), "+0.25");
}

}  // namespace
}  // namespace latent
