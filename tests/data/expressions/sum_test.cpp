#include <latent/data/expressions/sum.hpp>

#include <fmt/core.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent::data {
namespace {

using ::testing::HasSubstr;

std::string sum_form(std::string_view expression) {
  std::string text;
  for (const Operand& operand : parse_sum(expression)) {
    const char* kind = operand.kind == Operand::Kind::item ? "#" : operand.kind == Operand::Kind::selection ? "" : "@";
    text += fmt::format("{}{:g}{}{}", text.empty() ? "" : " ", operand.factor, kind, operand.text);
  }
  return text;
}

TEST(SumExpressions, LinearForms) {
  EXPECT_EQ(sum_form("12"), "1#12");
  EXPECT_EQ(sum_form("#12"), "1#12");
  EXPECT_EQ(sum_form("3 - 5 + 7"), "1#3 -1#5 1#7");
  EXPECT_EQ(sum_form("3-5+7"), "1#3 -1#5 1#7");
  EXPECT_EQ(sum_form("0.5 * (3 + 5)"), "0.5#3 0.5#5");
  EXPECT_EQ(sum_form("(3 + 5) / 2"), "0.5#3 0.5#5");
  EXPECT_EQ(sum_form("(3+5)*.5"), "0.5#3 0.5#5");
  EXPECT_EQ(sum_form("2 * 3"), "2#3");
  EXPECT_EQ(sum_form("2 * 0.5 * 3"), "1#3");
  EXPECT_EQ(sum_form("#3 * 2"), "2#3");
  EXPECT_EQ(sum_form("3 / 2"), "0.5#3");
  EXPECT_EQ(sum_form("-3 + 5"), "-1#3 1#5");
  EXPECT_EQ(sum_form("-(3 - 5)"), "-1#3 1#5");
  EXPECT_EQ(sum_form("-0.5 * -(3)"), "0.5#3");
  EXPECT_EQ(sum_form("3 - #3 + 5"), "0#3 1#5");
  EXPECT_EQ(sum_form("label:sneaker - label:T-shirt/top"), "1label:sneaker -1label:T-shirt/top");
  EXPECT_EQ(sum_form("label:'Ankle boot' - label:3"), "1label:Ankle boot -1label:3");
  EXPECT_EQ(sum_form("label=3 - label:3 + label = 'a b'"), "0label:3 1label:a b");
  EXPECT_EQ(sum_form("column=age>60 - column=age<=30 and label:1 + 3"),
            "1column=age>60 -1column=age<=30 and label:1 1#3");
  EXPECT_EQ(sum_form("2 * (column=age>60% - column='a b'!=-1.5)"), "2column=age>60% -2column='a b'!=-1.5");
  EXPECT_EQ(sum_form("ids=0-9,12 - ids=@list.txt - label=3,8"), "1ids=0-9,12 -1ids=@list.txt -1label=3,8");
  EXPECT_EQ(sum_form("photos/my-cat.png - 3"), "1@photos/my-cat.png -1#3");
  EXPECT_EQ(sum_form("\"7 cats.png\"+3"), "1@7 cats.png 1#3");
  EXPECT_EQ(sum_form("a.png - ./b.png"), "1@a.png -1@./b.png");
}

TEST(SumExpressions, MistakesHaveTheirPlace) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"",
       "at character 1: expected an item (#12), a class (label:NAME), other samples (column=NAME>60, ids=0-9), a file, "
       "a "
       "number or '(', got the end"},
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
      {"label: - 3", "at character 8: expected a class, got '- 3'"},
      {"column=age", "at character 11: expected > >= < <= = or !="},
      {"column=age>60-3", "at character 12: expected a number, got '60-3'"},
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
      parse_sum(expression);
      ADD_FAILURE() << expression;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr(text)) << expression;
    }
  }
}

}  // namespace
}  // namespace latent::data
