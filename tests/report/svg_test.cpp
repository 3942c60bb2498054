// Charts as vector graphics.
#include <latent/report/svg.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace latent::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

size_t count(const std::string& text, const std::string& what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

Tensor some_points() { return Tensor::from<float>(std::vector<float>{0, 0, 1, 2, 2, 4, 3, NAN, 4, 8}, {5, 2}); }

TEST(ScatterSvg, HasEveryPointThatCanBeDrawnAndALegend) {
  const std::vector<int64_t> labels = {0, 1, 1, 0, -7};
  const std::string svg =
      scatter_svg(some_points(), labels, {"cats"}, {.title = "a map", .x_label = "x", .y_label = "y"});
  EXPECT_EQ(count(svg, "h0"), 4u);
  EXPECT_THAT(svg, HasSubstr(">cats<"));
  EXPECT_THAT(svg, HasSubstr(">1<"));  // a label without a name
  EXPECT_THAT(svg, HasSubstr(">unlabelled<"));
  EXPECT_THAT(svg, HasSubstr(">a map<"));
  EXPECT_EQ(count(svg, "<g"), count(svg, "</g>"));
  EXPECT_EQ(svg.substr(svg.size() - 7), "</svg>\n");
}

TEST(ScatterSvg, TextsCannotBreakTheDocument) {
  const std::vector<int64_t> labels(5, 0);
  const std::string svg = scatter_svg(some_points(), labels, {"</svg>\"\x01\xff <script>"}, {.title = "R&D \xc3\xa9"});
  EXPECT_EQ(count(svg, "</svg>"), 1u);
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
  EXPECT_THAT(svg, HasSubstr("R&amp;D \xc3\xa9"));
  EXPECT_THAT(svg, Not(HasSubstr("\xff")));
  EXPECT_THAT(svg, Not(HasSubstr("\x01")));
}

TEST(ScatterSvg, CharactersThatXmlForbidsBecomeQuestionMarks) {
  const auto title_of = [](const std::string& title) {
    const std::string svg = scatter_svg(some_points(), {}, {}, {.title = "<" + title + ">"});
    const size_t from = svg.find("&lt;") + 4;
    return svg.substr(from, svg.find("&gt;") - from);
  };
  for (const std::string forbidden : {"\xef\xbf\xbe", "\xef\xbf\xbf",          // U+FFFE, U+FFFF
                                      "\xed\xa0\x80", "\xed\xbf\xbf",          // surrogates
                                      "\xc1\xbf", "\xe0\x9f\xbf", "\xc0\xbc",  // overlong forms, of '<' at last
                                      "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80"}) {
    EXPECT_EQ(title_of(forbidden), std::string(forbidden.size(), '?'));
  }
  for (const std::string allowed : {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                    "\xef\xbf\xbd", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(title_of(allowed), allowed);
  }
}

TEST(ScatterSvg, EmptyAndWrong) {
  EXPECT_EQ(count(scatter_svg(Tensor::empty({0, 2}), {}, {}, {}), "h0"), 0u);
  EXPECT_EQ(count(scatter_svg(some_points(), {}, {}, {}), "<circle"), 0u);  // no legend without labels
  const std::vector<int64_t> two = {0, 1};
  EXPECT_THROW(scatter_svg(some_points(), two, {}, {}), std::invalid_argument);
  EXPECT_THROW(scatter_svg(Tensor::empty({5, 3}), {}, {}, {}), std::invalid_argument);
  EXPECT_THROW(scatter_svg(some_points(), {}, {}, {.width = 10}), std::invalid_argument);
}

TEST(ScatterSvg, ALongLegendIsCounted) {
  std::vector<int64_t> labels(100);
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int64_t>(i);
  EXPECT_THAT(scatter_svg(Tensor::zeros({100, 2}), labels, {}, {.height = 300}), HasSubstr(" more<"));
}

}  // namespace
}  // namespace latent::report
