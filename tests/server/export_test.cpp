// What an exported page carries with it.

#include <server/export_contents.hpp>

#include <latent/core/error.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/run/run_data.hpp>
#include <latent/run/training/train.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace latent::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Maps = std::optional<std::vector<std::string>>;

server::ExportContents exported(TrainOptions options, const Maps& maps = std::vector<std::string>{}) {
  options.hidden = {16};
  options.epochs = 1;
  latent::Run run = train(data::open("shapes:90", {}), options, {.seed = 1});
  RunSource source(run, "");
  RunData data = source.part("all");
  server::Explorer explorer{server::ExplorerOptions{}};
  auto session =
      std::make_unique<server::Session>(std::move(run), std::move(source), std::move(data), CodeCacheOptions{});
  const latent::Run& kept = session->run();
  explorer.show(std::move(session));
  return server::export_contents(explorer, kept, maps);
}

Tensor tensor_of(const server::ExportContents& contents, const std::string& name) {
  for (const auto& [other, tensor] : contents.tensors) {
    if (other == name) return tensor;
  }
  return {};
}

TEST(Export, ANormalPriorNeedsNoDraws) {
  const server::ExportContents contents = exported({.preset = "vae-mlp", .latent_dim = 3});
  EXPECT_FALSE(tensor_of(contents, "prior.draws").defined());
  EXPECT_FALSE(tensor_of(contents, "prior.scales").defined());
  EXPECT_TRUE(contents.header.at("info").at("run").at("has_normal_prior").get<bool>());
  EXPECT_THAT(contents.header.at("missing"), IsEmpty());
  EXPECT_THAT(contents.remarks, IsEmpty());
}

TEST(Export, HasTheMapsThatAreAskedFor) {
  const TrainOptions options{.preset = "vae-mlp", .latent_dim = 3};
  const auto maps_of = [](const server::ExportContents& contents) {
    std::vector<std::string> methods;
    for (const auto& map : contents.header.at("maps")) {
      methods.push_back(map.at("method").get<std::string>());
      EXPECT_EQ(tensor_of(contents, "map." + methods.back()).shape(), (Shape{90, 2}));
    }
    return methods;
  };
  EXPECT_THAT(maps_of(exported(options)), ElementsAre("pca", "codes"));
  EXPECT_THAT(maps_of(exported(options, {})), ElementsAre("pca", "codes", "umap"));
  const server::ExportContents both = exported(options, std::vector<std::string>{"tsne", "umap"});
  EXPECT_THAT(maps_of(both), ElementsAre("pca", "codes", "tsne", "umap"));
  EXPECT_FALSE(tensor_of(both, "map.tsne").to_vector() == tensor_of(both, "map.umap").to_vector());
  EXPECT_THROW(exported(options, std::vector<std::string>{"isomap"}), UsageError);
}

TEST(Export, TheScalesOfAPriorComeAlong) {
  const server::ExportContents contents = exported({.preset = "vae-mlp", .latent_dim = 3, .prior = "scaled-normal"});
  EXPECT_EQ(tensor_of(contents, "prior.scales").shape(), Shape{3});
  EXPECT_FALSE(tensor_of(contents, "prior.draws").defined());
}

TEST(Export, OfAnotherPriorTheModelDraws) {
  for (const auto& [preset, prior] :
       {std::pair{"vae-mlp", "mixture:5"}, {"vae-mlp", "vamp:5"}, {"ae-mlp", "fitted-gaussian"}}) {
    const server::ExportContents contents = exported({.preset = preset, .latent_dim = 3, .prior = prior});
    EXPECT_EQ(tensor_of(contents, "prior.draws").shape(), (Shape{2000, 3})) << prior;
    EXPECT_FALSE(contents.header.at("info").at("run").at("has_normal_prior").get<bool>()) << prior;
  }
}

TEST(Export, ScoresOfEachMethodComeAlong) {
  const server::ExportContents contents = exported({.preset = "vae-mlp", .latent_dim = 3});
  const auto& anomalies = contents.header.at("anomalies");
  ASSERT_THAT(anomalies, Not(IsEmpty()));
  EXPECT_EQ(anomalies.at(0).at("method"), "combined");
  for (const auto& one : anomalies) {
    const Tensor scores = tensor_of(contents, "color.anomaly:" + one.at("method").get<std::string>());
    EXPECT_EQ(scores.numel(), 90) << one;
  }
}

TEST(Export, PicturesAreAsLargeAsTheyAre) {
  const server::ExportContents contents = exported({.preset = "vae-mlp", .latent_dim = 3});
  const auto& look = contents.header.at("info").at("look");
  EXPECT_EQ(contents.header.at("atlas").at("tile"), std::max(look.at("height"), look.at("width")));
  EXPECT_EQ(contents.header.at("atlas").at("height"), look.at("height"));
  ASSERT_EQ(contents.header.at("maps").size(), 2U);  // the two most telling numbers of the codes are a map, too
  EXPECT_EQ(contents.header.at("maps").at(1).at("options").at("dimensions").size(), 2U);
}

TEST(Export, SaysWhatThePageCannotCompute) {
  const server::ExportContents contents =
      exported({.preset = "vae-conv", .latent_dim = 3, .likelihood = "logistic-mixture"});
  EXPECT_TRUE(contents.header.at("decoder").is_null());
  EXPECT_EQ(contents.header.at("missing").at("decoder"), "likelihood 'logistic-mixture'");
  ASSERT_EQ(contents.remarks.size(), 1U);
  EXPECT_THAT(contents.remarks[0].text, HasSubstr("likelihood 'logistic-mixture'"));
}

}  // namespace
}  // namespace latent::test
