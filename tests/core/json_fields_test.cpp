#include <latent/core/choice.hpp>
#include <latent/core/detail/json_fields.hpp>

#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

TEST(JsonFields, ReadsWhatIsThereAndFallsBackWhereItIsNot) {
  const json object = {{"scale", 2}, {"name", "gaussian"}, {"hidden", {400, 200}}, {"latent_dim", 20}};
  const JsonFields fields("thing", object, {"scale", "name", "hidden", "latent_dim", "beta"});
  EXPECT_EQ(fields.number("scale", std::nullopt, 0, 10), 2.0);
  EXPECT_EQ(fields.text("name"), "gaussian");
  EXPECT_EQ(fields.integers("hidden", std::nullopt, 5, 1, 1000), (std::vector<int64_t>{400, 200}));
  EXPECT_EQ(fields.integer("latent_dim", std::nullopt, 1, 100), 20);
  EXPECT_EQ(fields.number("beta", 0.5, 0, 1), 0.5);
  EXPECT_EQ(fields.find("beta"), nullptr);
}

TEST(JsonFields, RefusesOtherKeysWithTheNearestValidOne) {
  const json object = {{"sclae", 1.0}};
  const std::string message = message_of([&] { JsonFields("likelihood", object, {"name", "scale"}); });
  EXPECT_THAT(message, HasSubstr("likelihood"));
  EXPECT_THAT(message, HasSubstr("did you mean 'scale'"));
}

TEST(JsonFields, RefusesWrongTypesAndValuesOutOfRange) {
  const json object = {{"i", 1.5},      {"big", uint64_t{1} << 63}, {"s", "text"},   {"n", nullptr},
                       {"a", {1, "x"}}, {"long", {1, 2, 3}},        {"float", 20.0}, {"low", {0, 5}}};
  const JsonFields fields("thing", object, {"i", "big", "s", "n", "a", "long", "float", "low", "missing"});
  EXPECT_THROW(fields.integer("i", 1, 0, 9), std::invalid_argument);
  EXPECT_THROW(fields.integer("big", 1, INT64_MIN, INT64_MAX), std::invalid_argument);
  EXPECT_THROW(fields.integer("float", 1, 0, 100), std::invalid_argument);
  EXPECT_THROW(fields.number("s", 1.0, 0, 9), std::invalid_argument);
  EXPECT_THROW(fields.number("n", 1.0, 0, 9), std::invalid_argument);
  EXPECT_THROW(fields.number("i", 1.0, 2, 9), std::invalid_argument);
  EXPECT_THROW(fields.text("i"), std::invalid_argument);
  EXPECT_THROW(fields.integers("a", std::nullopt, 5, 0, 9), std::invalid_argument);
  EXPECT_THROW(fields.integers("long", std::nullopt, 2, 0, 9), std::invalid_argument);
  EXPECT_THROW(fields.integers("low", std::nullopt, 2, 1, 9), std::invalid_argument);
  EXPECT_THAT(message_of([&] { fields.text("missing"); }), HasSubstr("[thing] missing is missing"));
  EXPECT_THROW(JsonFields("thing", json::array(), {}), std::invalid_argument);
}

TEST(JsonFields, MessagesStayOnOneShortLine) {
  EXPECT_EQ(printable(std::string_view("a\nb\x7f")), "a?b?");
  EXPECT_EQ(printable(std::string_view(std::string(1000, 'x'))).size(), 63u);
  // 59 letters and then two bytes of one character: it is left out whole.
  EXPECT_EQ(printable(std::string_view(std::string(59, 'x') + "\xc3\xa9yyy")), std::string(59, 'x') + "...");
  const json object = {{std::string(500, 'k') + "\n", 1}};
  const std::string message = message_of([&] { JsonFields("thing", object, {"name"}); });
  EXPECT_LT(message.size(), 200u);
  EXPECT_THAT(message, Not(HasSubstr("\n")));
}

TEST(JsonFields, PrintsNestedValuesByTheirKindAlone) {
  json deep = json::array();
  for (int i = 0; i < 100; ++i) deep = json::array({std::move(deep)});
  EXPECT_EQ(printable(deep), "an array of 1");
  EXPECT_EQ(printable(json(2.5)), "2.5");
  EXPECT_EQ(printable(json("x")), "\"x\"");
}

TEST(NameIn, WantsAnObjectWithAName) {
  EXPECT_EQ(name_in("prior", {{"name", "normal"}}), "normal");
  EXPECT_THROW(name_in("prior", json("normal")), std::invalid_argument);
  EXPECT_THROW(name_in("prior", json::object()), std::invalid_argument);
  EXPECT_THROW(name_in("prior", {{"name", 3}}), std::invalid_argument);
}

TEST(Choose, FindsOrNamesTheNearest) {
  constexpr auto kTable = std::to_array<Choice<int>>({{"one", 1}, {"three", 3}});
  EXPECT_EQ(choose("number", "three", kTable), 3);
  EXPECT_THAT(message_of([&] { choose("number", "thre", kTable); }), HasSubstr("did you mean 'three'"));
}

}  // namespace
}  // namespace latent
