#include <latent/core/detail/json_value.hpp>
#include <latent/core/json.hpp>

#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace latent {
namespace {

TEST(Json, ComesBackFromItsText) {
  const std::string text = R"({"hidden":[400,200],"name":"mlp","scale":0.1})";
  EXPECT_EQ(Json::parse(text).dump(), text);
  EXPECT_EQ(Json::parse(" [1,\n 2] ").dump(), "[1,2]");
  EXPECT_EQ(Json::parse(text), Json::parse(Json::parse(text).dump()));
  EXPECT_NE(Json::parse(text), Json::parse("{}"));
}

TEST(Json, IsNullBeforeItHoldsAValue) {
  EXPECT_EQ(Json().dump(), "null");
  EXPECT_EQ(Json(), Json::parse("null"));
  EXPECT_TRUE(Json()->is_null());
}

TEST(Json, CopiesStayWhatTheyWere) {
  Json value = Json::parse("[1]");
  const Json copy = value;
  EXPECT_EQ(&*copy, &*value) << "copies share what they hold";
  value = Json::parse("[2]");
  EXPECT_EQ(copy.dump(), "[1]");
  const Json moved = std::move(value);
  EXPECT_EQ(moved.dump(), "[2]");
}

TEST(Json, IsMadeOfTheLibrarysValuesAndPointsToThem) {
  nlohmann::json config = {{"name", "mlp"}, {"hidden", {400}}};
  const Json json = config;
  config["name"] = "conv";
  EXPECT_EQ(json->at("name"), "mlp");
  EXPECT_EQ(json->value("latent_dim", 20), 20);
  const nlohmann::json outer = {{"network", *json}};
  EXPECT_EQ(outer.dump(), R"({"network":{"hidden":[400],"name":"mlp"}})");
}

TEST(Json, RefusesInOneLineWhatIsNotJson) {
  EXPECT_EQ(message_of([] { Json::parse("{\"name\":\n x}"); }), "[json] not valid JSON (at character 11)");
  EXPECT_EQ(message_of([] { Json::parse(""); }), "[json] not valid JSON (at character 1)");
  EXPECT_EQ(message_of([] { Json::parse("1e999"); }), "[json] a number out of range");
  EXPECT_EQ(message_of([] { Json::parse(std::string(100000, '[')); }), "[json] nested deeper than 64");
  EXPECT_THROW(Json::parse("nan"), std::invalid_argument);
}

TEST(Json, WritesBytesThatAreNotUtf8AsSomethingElse) {
  const Json name = nlohmann::json("caf\xe9");
  EXPECT_EQ(name.dump(), "\"caf\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace latent
