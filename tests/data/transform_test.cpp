#include "tests/data/files.hpp"

#include <latent/core/detail/json_value.hpp>

namespace latent::data {
namespace {

using nlohmann::json;

TEST(Transform, SurvivesJsonBitForBit) {
  const Transform transform{{0.1, 1e300, -3.0}, {1.0 / 3.0, 1e-300, 7.0}, {0.1, 2.0, 3.0}};
  const Transform again = Transform::from_json(json::parse(transform.to_json().dump()));
  EXPECT_EQ(again.shift, transform.shift);
  EXPECT_EQ(again.scale, transform.scale);
  EXPECT_EQ(again.impute, transform.impute);
  EXPECT_TRUE(Transform::from_json(Transform{}.to_json()).identity());
}

TEST(Transform, RefusesJsonOfOtherForms) {
  for (const char* text : {"[]", "3", R"({"shift": 1, "scale": [1]})", R"({"shift": ["a"], "scale": [1]})",
                           R"({"shift": [1, 2], "scale": [1]})", R"({"shift": [1], "scale": [1], "impute": [1, 2]})",
                           R"({"shift": [null], "scale": [1]})", R"({"shifts": [1], "scale": [1]})"}) {
    EXPECT_THROW(Transform::from_json(json::parse(text)), std::invalid_argument) << text;
  }
}

}  // namespace
}  // namespace latent::data
