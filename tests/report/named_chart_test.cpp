// Maps of words.
#include <latent/report/pictures.hpp>
#include <latent/report/svg.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace latent::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Three words far from each other, one on the first, one nowhere.
Tensor word_places() { return Tensor::from<float>(std::vector<float>{0, 0, 10, 10, 10, 0, 0.001f, 0, NAN, 3}, {5, 2}); }
const std::vector<std::string> kWords = {"king", "café", "<b>", "covered", "nowhere"};

TEST(NamedChart, TheFirstNamesAreShownAndCoverLaterOnes) {
  const std::string svg = named_svg(word_places(), kWords, {.title = "words"});
  EXPECT_THAT(svg, HasSubstr(">king<"));
  EXPECT_THAT(svg, HasSubstr(">café<"));
  EXPECT_THAT(svg, HasSubstr(">&lt;b&gt;<"));
  EXPECT_THAT(svg, Not(HasSubstr("covered")));
  EXPECT_THAT(svg, Not(HasSubstr("nowhere")));
  EXPECT_THAT(svg, HasSubstr(">words<"));
}

int64_t dark_pixels(const Tensor& picture) {
  int64_t dark = 0;
  for (const uint8_t value : picture.span<uint8_t>()) dark += value < 80 ? 1 : 0;
  return dark;
}

TEST(NamedChart, DrawsNames) {
  const Tensor named = named_chart(word_places(), kWords, {.width = 400, .height = 300});
  EXPECT_EQ(named.shape(), Shape({3, 300, 400}));
  const Tensor without = named_chart(word_places(), std::vector<std::string>(5), {.width = 400, .height = 300});
  EXPECT_GT(dark_pixels(named), dark_pixels(without) + 100);
}

TEST(NamedChart, JoinsPairsThatCanBeSeen) {
  const std::vector<PointPair> pairs = {{0, 1}, {2, 4}};  // the last point is nowhere
  const auto lines_in = [](const std::string& svg) {
    const size_t group = svg.find("stroke-opacity=\"0.7\""), end = svg.find("</g>", group);
    const std::string within = svg.substr(group, end - group);
    return std::ranges::count(within, 'L');
  };
  EXPECT_EQ(lines_in(named_svg(word_places(), kWords, {}, pairs)), 1);
  EXPECT_EQ(lines_in(named_svg(word_places(), kWords, {})), 0);
  const ChartOptions chart{.width = 400, .height = 300};
  const auto plain = named_chart(word_places(), kWords, chart),
             joined = named_chart(word_places(), kWords, chart, pairs);
  int64_t changed = 0;
  for (int64_t i = 0; i < plain.numel(); ++i) changed += plain.data<uint8_t>()[i] != joined.data<uint8_t>()[i] ? 1 : 0;
  EXPECT_GT(changed, 300);  // of a line across the chart
  const std::vector<PointPair> wrong = {{0, 5}};
  EXPECT_THROW(named_chart(word_places(), kWords, {}, wrong), std::invalid_argument);
  EXPECT_THROW(named_svg(word_places(), kWords, {}, wrong), std::invalid_argument);
}

TEST(NamedChart, RefusesOtherNumbersOfNames) {
  EXPECT_THROW(named_chart(word_places(), {"one"}, {}), std::invalid_argument);
  EXPECT_THROW(named_svg(word_places(), {"one"}, {}), std::invalid_argument);
}

}  // namespace
}  // namespace latent::report
