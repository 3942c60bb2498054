// What is shown while the codes of something else are searched for.

#include "explorer_test.hpp"

#include <server/preparing.hpp>

#include <latent/run/run.hpp>

#include <gmock/gmock.h>

namespace latent::test {
namespace {

class PreparingTest : public ExplorerTest {
 protected:
  static std::unique_ptr<server::Session> generated() {
    latent::Run run = load_run(run_path());
    GeneratedData made = generated_data(run, 20, 0, nullptr);
    return std::make_unique<server::Session>(std::move(run), std::move(made));
  }
  static nlohmann::json ask(const server::Explorer& explorer, const std::string& path) {
    const server::Response response = explorer.answer({.method = "GET", .path = "/api/v1/" + path});
    return nlohmann::json::parse(response.body);
  }
};

TEST_F(PreparingTest, InfoSaysHowFarItIsUntilItIsShown) {
  server::Explorer explorer{server::ExplorerOptions{}};
  explorer.show(generated());
  EXPECT_TRUE(ask(explorer, "info").at("preparing").is_null());
  explorer.prepare("bars", 0, kSamples);
  EXPECT_EQ(ask(explorer, "info").at("preparing"),
            nlohmann::json({{"data", "bars"}, {"done", 0}, {"total", kSamples}, {"seconds_left", nullptr}}));
  explorer.prepare("bars", 100, kSamples);
  const auto now = ask(explorer, "info").at("preparing");
  EXPECT_EQ(now.at("done"), 100);
  EXPECT_GE(now.at("seconds_left").get<double>(), 0.0);
  EXPECT_EQ(ask(explorer, "info").at("data").at("samples"), 20);
  explorer.show(open_session());
  EXPECT_TRUE(ask(explorer, "info").at("preparing").is_null());
  EXPECT_EQ(ask(explorer, "info").at("data").at("samples"), kSamples);
}

TEST_F(PreparingTest, TheFormerSessionEndsItsMapsAndKeepsItsAnswers) {
  server::Explorer explorer{server::ExplorerOptions{}};
  explorer.show(generated());
  server::Response codes = explorer.answer({.method = "GET", .path = "/api/v1/codes"});
  server::Response events;
  explorer.answer({.method = "POST", .path = "/api/v1/maps", .body = R"({"method": "tsne"})"});
  events = explorer.answer({.method = "GET", .path = "/api/v1/maps/1/events"});
  explorer.show(open_session());
  std::string last;
  while (auto next = events.next()) last = next->empty() ? last : *next;
  EXPECT_THAT(last, testing::AnyOf(testing::HasSubstr("event: stopped"), testing::HasSubstr("event: done")));
  const std::string body = codes.whole_body();
  EXPECT_EQ(read_npy(std::as_bytes(std::span(body)), "codes").shape(), (Shape{20, kDim}));
}

TEST_F(PreparingTest, SamplesThatTheModelMadeHaveNoScores) {
  server::Explorer explorer{server::ExplorerOptions{}};
  explorer.show(generated());
  for (const auto& color : ask(explorer, "colors")) {
    EXPECT_FALSE(color.at("id").get<std::string>().starts_with("anomaly:")) << color;
  }
}

}  // namespace
}  // namespace latent::test
