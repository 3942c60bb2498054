#include <latent/space/editing/arithmetic.hpp>

#include <latent/core/rng.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace latent::space {
namespace {

using ::testing::HasSubstr;

std::string linear_form(std::string_view expression) {
  std::string text;
  for (const Operand& operand : parse_arithmetic(expression)) {
    const char* kind = operand.kind == Operand::Kind::item    ? "#"
                       : operand.kind == Operand::Kind::label ? "label:"
                                                              : "@";
    text += fmt::format("{}{:g}{}{}", text.empty() ? "" : " ", operand.factor, kind, operand.text);
  }
  return text;
}

TEST(ArithmeticParserTest, LinearForms) {
  EXPECT_EQ(linear_form("12"), "1#12");
  EXPECT_EQ(linear_form("#12"), "1#12");
  EXPECT_EQ(linear_form("3 - 5 + 7"), "1#3 -1#5 1#7");
  EXPECT_EQ(linear_form("3-5+7"), "1#3 -1#5 1#7");
  EXPECT_EQ(linear_form("0.5 * (3 + 5)"), "0.5#3 0.5#5");
  EXPECT_EQ(linear_form("(3 + 5) / 2"), "0.5#3 0.5#5");
  EXPECT_EQ(linear_form("(3+5)*.5"), "0.5#3 0.5#5");
  EXPECT_EQ(linear_form("2 * 3"), "2#3");
  EXPECT_EQ(linear_form("2 * 0.5 * 3"), "1#3");
  EXPECT_EQ(linear_form("#3 * 2"), "2#3");
  EXPECT_EQ(linear_form("3 / 2"), "0.5#3");
  EXPECT_EQ(linear_form("-3 + 5"), "-1#3 1#5");
  EXPECT_EQ(linear_form("-(3 - 5)"), "-1#3 1#5");
  EXPECT_EQ(linear_form("-0.5 * -(3)"), "0.5#3");
  EXPECT_EQ(linear_form("3 - #3 + 5"), "0#3 1#5");
  EXPECT_EQ(linear_form("label:sneaker - label:T-shirt/top"), "1label:sneaker -1label:T-shirt/top");
  EXPECT_EQ(linear_form("label:'Ankle boot' - label:3"), "1label:Ankle boot -1label:3");
  EXPECT_EQ(linear_form("photos/my-cat.png - 3"), "1@photos/my-cat.png -1#3");
  EXPECT_EQ(linear_form("\"7 cats.png\"+3"), "1@7 cats.png 1#3");
  EXPECT_EQ(linear_form("a.png - ./b.png"), "1@a.png -1@./b.png");
}

TEST(ArithmeticParserTest, MistakesHaveTheirPlace) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "at character 1: expected an item (#12), a class (label:NAME), a file, a number or '(', got the end"},
      {"3 +", "at character 4: expected an item"},
      {"3 5", "at character 3: expected + - * / or the end, got '5'"},
      {"(3 + 5", "at character 7: expected ')', got the end"},
      {"3 + 5)", "at character 6: expected + - * / or the end, got ')'"},
      {"0.5", "at character 1: expected an item, a whole number"},
      {"3 + 0.5", "at character 5: expected an item"},
      {"#3 * #5", "at character 6: expected a number, because two codes cannot be multiplied"},
      {"3 / #5", "at character 5: expected a number to divide by"},
      {"3 / 0", "at character 5: expected a number other than 0"},
      {"#x", "at character 2: expected the number of an item, got 'x'"},
      {"label: bag", "at character 7: expected the name of a class"},
      {"label:'bag", "at character 7: expected a closing quote"},
      {"''", "at character 1: expected a name between the quotes"},
      {"7.png", "at character 1: expected a number (names that begin with a digit stand in quotes), got '7.png'"},
      {"3 $ 5", "at character 3: expected + - * /"},
      {"99999999999999999999", "expected the number of an item below 2^63"},
      {"1e308 * 1e308 * 3", "a factor is too large"},
      {std::string(500, '('), "inside each other"},
      {std::string(500, '-') + "3", "inside each other"},
      {std::string(20'000, '3'), "at most 10000"}};
  for (const auto& [expression, text] : cases) {
    try {
      parse_arithmetic(expression);
      ADD_FAILURE() << expression;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr(text)) << expression;
    }
  }
}

Tensor operands(int64_t K) {
  Tensor x = Tensor::empty({K, 17});
  Rng(2).normal(x.span<float>());
  return x;
}

TEST(CombineTest, IdentitiesHoldToTheBit) {
  const Tensor x = operands(3);
  const auto row = [&](int64_t i) { return x.rows(i, i + 1).to_vector(); };
  EXPECT_EQ(combine(x, std::vector<double>{0, 1, 0}).to_vector(), row(1));
  // A - A + B: what the parser makes of it, and what two equal operands come to.
  EXPECT_EQ(combine(x, std::vector<double>{1 - 1, 1, 0}).to_vector(), row(1));
  Tensor twice = x.clone();
  twice.rows(1, 2).copy_from(x.rows(0, 1));
  EXPECT_EQ(combine(twice, std::vector<double>{1, -1, 1}).to_vector(), row(2));
  EXPECT_EQ(combine(x, std::vector<double>{0, 0, 0}).to_vector(), std::vector<double>(17, 0.0));
  const Tensor mean = combine(x, std::vector<double>{0.5, 0.5, 0});
  for (size_t d = 0; d < 17; ++d) EXPECT_NEAR(mean.to_vector()[d], 0.5 * (row(0)[d] + row(1)[d]), 1e-6);
}

TEST(CombineTest, SphericalSumsHaveATypicalLength) {
  const Tensor x = operands(3);
  const double length = typical_length(x);
  const Tensor sum = combine(x, std::vector<double>{1, -1, 1}, Path::spherical, length);
  double squares = 0.0;
  for (const double v : sum.to_vector()) squares += v * v;
  EXPECT_NEAR(std::sqrt(squares), length, 1e-5);
  // The length of an operand does not matter, only where it points.
  Tensor longer = x.clone();
  for (float& value : longer.rows(1, 2).span<float>()) value *= 3.0F;
  const Tensor same = combine(longer, std::vector<double>{1, -1, 1}, Path::spherical, length);
  for (size_t d = 0; d < 17; ++d) EXPECT_NEAR(same.to_vector()[d], sum.to_vector()[d], 1e-5);
  EXPECT_THROW(combine(x, std::vector<double>{0, 0, 0}, Path::spherical, length), std::invalid_argument);
  Tensor twice = x.clone();
  twice.rows(1, 2).copy_from(x.rows(0, 1));
  EXPECT_THROW(combine(twice, std::vector<double>{1, -1, 0}, Path::spherical, length), std::invalid_argument);
  EXPECT_THROW(combine(x, std::vector<double>{1, 0, 0}, Path::spherical, 0.0), std::invalid_argument);
}

TEST(CombineTest, WrongCalls) {
  EXPECT_THROW(combine(operands(2), std::vector<double>{1}), std::invalid_argument);
  EXPECT_THROW(combine(operands(1), std::vector<double>{NAN}), std::invalid_argument);
  EXPECT_THROW(combine(Tensor::zeros({3}), std::vector<double>{1}), std::invalid_argument);
  EXPECT_THROW(typical_length(Tensor::zeros({3})), std::invalid_argument);
  EXPECT_EQ(typical_length(Tensor::from(std::vector<float>{3, 4, 0, 1, 6, 8}, {3, 2})), 5.0);
}

}  // namespace
}  // namespace latent::space
