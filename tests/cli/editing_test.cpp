// What one does to the space of a trained model: traverse, directions, edit, arithmetic, augment.

#include "tool.hpp"

#include <latent/core/rng.hpp>
#include <latent/data/dataset.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/space/editing/directions_file.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace latent::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Pictures with two known factors, the shades of their halves: what an edit of one does to both can be measured.
// Classes "0" (left half dim) and "1" (left half bright).
class Editing : public ToolTest {
 protected:
  static constexpr int64_t kSide = 8, kHalf = kSide / 2;

  void SetUp() override {
    ToolTest::SetUp();
    constexpr int64_t kCount = 240;
    Tensor x = Tensor::zeros({kCount, kSide, kSide}, DType::u8);
    std::vector<int64_t> y;
    Rng rng(5);
    for (int64_t i = 0; i < kCount; ++i) {
      const bool bright = i % 2 == 1;
      y.push_back(bright ? 1 : 0);
      const double left = bright ? 180.0 + 60.0 * rng.uniform() : 50.0 + 50.0 * rng.uniform();
      const double right = 50.0 + 150.0 * rng.uniform();
      for (int64_t row = 0; row < kSide; ++row) {
        uint8_t* pixels = x.data<uint8_t>() + (i * kSide + row) * kSide;
        std::fill_n(pixels, kHalf, static_cast<uint8_t>(left));
        std::fill_n(pixels + kHalf, kHalf, static_cast<uint8_t>(right));
      }
    }
    write_npz(path("halves.npz"), {{"x", x}, {"y", Tensor::from(y, {kCount})}});
    ok(train("halves.npz", "run",
             {"--epochs", "40", "--batch", "16", "--lr", "0.01", "--seed", "1", "--likelihood", "gaussian:0.1"}));
  }

  void find_directions() const { ok({"directions", "run", "--attribute", "bright=label=1", "-o", "directions.npz"}); }

  Tensor picture(const std::string& name) const {
    const auto file = MappedFile::open(path(name));
    return read_image(file->bytes(), file->path());
  }
  // A decoder gives a code alone and a code among others the same sample up to the order of sums.
  static void expect_near(const Tensor& a, const Tensor& b) {
    constexpr double kRounding = 1e-5;  // f32 values of at most 1
    ASSERT_EQ(a.shape(), b.shape());
    for (size_t i = 0; i < a.to_vector().size(); ++i) EXPECT_NEAR(a.to_vector()[i], b.to_vector()[i], kRounding);
  }
  // The mean shade of the left (or right) half of an image.
  static double shade(const Tensor& images, int64_t image, bool left) {
    double sum = 0.0;
    for (int64_t row = 0; row < kSide; ++row) {
      for (int64_t column = 0; column < kHalf; ++column) {
        sum += images.data<float>()[(image * kSide + row) * kSide + column + (left ? 0 : kHalf)];
      }
    }
    return sum / static_cast<double>(kSide * kHalf);
  }
};

TEST_F(Editing, AnEditAlongAKnownFactorChangesThatFactor) {
  const auto found = json({"directions", "run", "--attribute", "bright=label=1", "--attribute",
                           "item=ids=1,3,5 vs ids=0,2,4", "-o", "directions.npz", "--picture", "what.png"});
  EXPECT_EQ(found.at("split"), "train");
  EXPECT_EQ(found.at("directions").at(0).at("name"), "bright");
  EXPECT_GT(found.at("directions").at(0).at("auroc").get<double>(), 0.9);
  EXPECT_EQ(found.at("directions").at(1).at("with"), 3);
  EXPECT_EQ(picture("what.png").dim(0), 3);
  const auto edit = json(
      {"edit", "run", "--item", "0,1", "--direction", "bright", "--amount", "-2:2", "--steps", "5", "-o", "strip.npz"});
  const Tensor x_hat = npz("strip.npz", "x_hat");
  ASSERT_EQ(x_hat.shape(), Shape({10, 1, 8, 8}));
  EXPECT_EQ(npz("strip.npz", "codes").shape(), Shape({10, 3}));
  for (const int64_t begin : {0, 5}) {
    for (int64_t step = begin; step < begin + 4; ++step) {
      constexpr double kFlat = 0.02;  // outside of the data a shade has nowhere to go
      EXPECT_LT(shade(x_hat, step, true), shade(x_hat, step + 1, true) + kFlat) << step;
      const auto score = [&](int64_t at) {
        return edit.at("edits").at(static_cast<size_t>(at)).at("directions").at("bright").at("score").get<double>();
      };
      EXPECT_NEAR(score(step + 1) - score(step), 1.0, 1e-3);  // from -2 to 2 in four steps; f32
    }
    const double change = shade(x_hat, begin + 4, true) - shade(x_hat, begin, true);
    EXPECT_GT(change, 0.4);  // classes are about 0.5 apart
    EXPECT_LT(std::abs(shade(x_hat, begin + 4, false) - shade(x_hat, begin, false)), 0.25 * change);
    EXPECT_EQ(edit.at("edits").at(static_cast<size_t>(begin)).at("class"), "0");
    EXPECT_EQ(edit.at("edits").at(static_cast<size_t>(begin + 4)).at("class"), "1");
  }
  EXPECT_GT(edit.at("took").at("bright").get<double>(), 0.5);
  EXPECT_LT(edit.at("took").at("bright").get<double>(), 1.5);
}

TEST_F(Editing, DirectionsWithoutLabelsAndTogether) {
  const auto principal = json({"directions", "run", "--principal", "2", "-o", "pc.npz", "--picture", "pc.png"});
  EXPECT_EQ(principal.at("directions").at(1).at("name"), "pc2");
  const double share = principal.at("directions").at(0).at("variance_share").get<double>();
  EXPECT_GT(share, 1.0 / 3.0);
  EXPECT_LE(share, 1.0);
  ok({"directions", "run", "--attribute", "bright=label=1", "--attribute", "early=ids=0-99", "--method", "logistic",
      "--orthogonal", "--principal", "1", "-o", "all.npz"});
  const space::Directions all = space::read_directions(path("all.npz"));
  EXPECT_THAT(all.names, ElementsAre("bright", "early", "pc1"));
  double dot = 0.0;
  for (int64_t d = 0; d < 3; ++d) dot += double{all.normals.data<float>()[d]} * all.vectors.data<float>()[3 + d];
  EXPECT_NEAR(dot, 0.0, 1e-5);
  ok({"edit", "run", "--item", "0", "--directions", "all.npz", "--set", "bright=2,pc1=-1", "-o", "one.png"});
  ok({"edit", "run", "--item", "0", "--directions", "all.npz", "--set", "bright=2", "--direction", "early,pc1",
      "--amount", "-1:1", "--steps", "3", "-o", "strip.npz"});
  EXPECT_EQ(npz("strip.npz", "x_hat").dim(0), 3);
}

TEST_F(Editing, DirectionsRefuseWhatTheyCannotUse) {
  const std::vector<std::string> before = listing();
  const auto refused = [&](const std::vector<std::string>& more, const char* text) {
    std::vector<std::string> arguments = {"directions", "run", "-o", "d.npz"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return fails(2, arguments, text);
  };
  EXPECT_THAT(refused({}, "of what? --attribute NAME=EXPR or --principal K"), HasSubstr("shoe=label=sneaker"));
  refused({"--attribute", "bright"}, "--attribute: expected NAME=EXPR");
  refused({"--attribute", "a b=label=1"}, "a name of letters, digits, _ - and ., got 'a b=label=1'");
  refused({"--attribute", "label=1"}, "--attribute label=1: at character 1: expected label=");
  refused({"--attribute", "b=label=2"}, "--attribute b=label=2: at character 7: unknown class '2'");
  refused({"--attribute", "b=ids=0,1000"}, "sample 1000 does not exist");
  refused({"--attribute", "b=ids=@none.txt"}, "none.txt");
  refused({"--attribute", "b=column=a>3"}, "images, which have no columns");
  refused({"--attribute", "b=label=1", "--method", "median"}, "unknown method 'median'");
  refused({"--attribute", "b=label=1", "--l2", "50"}, "--l2 belongs to --method logistic");
  refused({"--attribute", "b=label=1", "--attribute", "b=label=0"}, "two attributes are called 'b'");
  refused({"--attribute", "b=label=1", "--attribute", "c=label=0", "--orthogonal"}, "cannot be made orthogonal");
  refused({"--principal", "4"}, "expected 1 to 3");
  refused({"--principal", "2", "--picture", "a.jpg"}, "--picture a.jpg: '.jpg' is not an ending of a result");
  refused({"--principal", "2", "--picture", "none/a.png"}, "--picture none/a.png: there is no folder none");
  fails(2, {"directions", "run", "--principal", "2", "-o", "d.csv"}, "this command writes .npz");
  EXPECT_EQ(listing(), before);
}

TEST_F(Editing, EditsInEveryForm) {
  find_directions();
  const std::vector<std::string> strip = {"edit",   "run",     "--item", "3,4", "--direction",
                                          "bright", "--steps", "5",      "-o"};
  const auto to = [&](const char* name) {
    std::vector<std::string> arguments = strip;
    arguments.emplace_back(name);
    return arguments;
  };
  ok(to("strip.png"));
  EXPECT_GT(picture("strip.png").dim(2), 5 * 48);
  EXPECT_THAT(ok(to("strip.gif")), HasSubstr("of the edit is there when the result is encoded again"));
  EXPECT_THAT(read("strip.gif"), ::testing::StartsWith("GIF89a"));
  ok(to("strip.npy"));
  EXPECT_EQ(read_npy(MappedFile::open(path("strip.npy"))).shape(), Shape({10, 1, 8, 8}));
  ok(to("strip"));
  EXPECT_EQ(std::distance(fs::directory_iterator(path("strip")), fs::directory_iterator()), 10);
  // An edit by nothing is a reconstruction.
  ok({"edit", "run", "--item", "3", "--direction", "bright", "--amount", "0", "-o", "nothing.npz"});
  ok({"reconstruct", "run", "-o", "all.npz"});
  expect_near(npz("nothing.npz", "x_hat"), npz("all.npz", "x_hat").rows(3, 4));
}

// Two directions that are one: to go along both is to go twice as far, which is what is asked of each.
TEST_F(Editing, WhatTookIsAShareOfAllThatWasAsked) {
  ok({"directions", "run", "--attribute", "a=label=1", "--attribute", "b=label=1", "-o", "directions.npz"});
  const auto both = json({"edit", "run", "--item", "0,1", "--direction", "a,b", "--amount", "-1:1", "-o", "x.npy"});
  const auto twice = json({"edit", "run", "--item", "0,1", "--direction", "a", "--amount", "-2:2", "-o", "x.npy"});
  constexpr double kRounding = 1e-3;
  EXPECT_NEAR(both.at("took").at("a").get<double>(), twice.at("took").at("a").get<double>(), kRounding);
  EXPECT_NEAR(both.at("took").at("b").get<double>(), twice.at("took").at("a").get<double>(), kRounding);
  EXPECT_TRUE(json({"edit", "run", "--item", "0", "--set", "a=1,b=-1", "-o", "x.npy"}).at("took").at("a").is_null());
}

TEST_F(Editing, DirectionsBelongToAModel) {
  ok({"directions", "run", "--attribute", "bright=label=1", "-o", "run/directions.npz"});
  ok({"directions", "run", "--attribute", "dim=label=0", "-o", "directions.npz"});
  const std::vector<std::string> edit = {"edit", "run", "--item", "0", "--direction", "bright", "-o", "a.npy"};
  EXPECT_EQ(json(edit).at("directions"), "run/directions.npz");  // the run's own before those of this folder
  EXPECT_THAT(ok(edit), HasSubstr("along directions of run/directions.npz"));
  ok(train("halves.npz", "other", {"--epochs", "1"}));
  fails(2, {"edit", "other", "--item", "0", "--direction", "dim", "-o", "b.npy"}, "of another model than other");
  fails(2, {"edit", "other", "--item", "0", "--direction", "dim", "--directions", "run/directions.npz", "-o", "b.npy"},
        "of another model than other");
  EXPECT_FALSE(fs::exists(path("b.npy")));
  // A file from before directions knew their model.
  space::Directions old = space::read_directions(path("directions.npz"));
  EXPECT_TRUE(old.model.has_value());
  old.model.reset();
  space::write_directions(path("old.npz"), old);
  ok({"edit", "other", "--item", "0", "--direction", "dim", "--directions", "old.npz", "-o", "b.npy"});
}

TEST_F(Editing, EditRefusesWhatItCannotUse) {
  EXPECT_THAT(fails(2, {"edit", "run", "--item", "0", "--direction", "bright", "-o", "a.png"}, "no directions.npz"),
              HasSubstr("latent directions RUN DATA"));
  find_directions();
  fs::rename(path("directions.npz"), path("run/directions.npz"));
  ok({"edit", "run", "--item", "0", "--direction", "bright", "-o", "a.png"});  // found in the run directory
  const std::vector<std::string> before = listing();
  const auto refused = [&](const std::vector<std::string>& more, const char* text) {
    std::vector<std::string> arguments = {"edit", "run", "--item", "0", "-o", "b.png"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return fails(2, arguments, text);
  };
  EXPECT_THAT(refused({}, "along what?"), HasSubstr("Known directions: bright."));
  refused({"--direction", "brihgt"}, "unknown direction 'brihgt' (did you mean 'bright'?)");
  refused({"--direction", "bright", "--amount", "3:-3"}, "--amount: expected LOW:HIGH with LOW below HIGH");
  refused({"--direction", "bright", "--amount", "much"}, "--amount: expected a number of standard deviations");
  refused({"--direction", "bright", "--amount", "nan"}, "--amount: expected a number");
  refused({"--set", "bright"}, "--set: expected NAME=AMOUNT");
  refused({"--set", "bright=x"}, "--set: expected a number");
  refused({"--direction", "bright", "--directions", "halves.npz"}, "no archive of directions");
  refused({"--direction", "bright", "--directions", "none.npz"}, "none.npz");
  fails(2, {"edit", "run", "--item", "5000", "--direction", "bright", "-o", "b.png"}, "sample 5000 does not exist");
  fails(2, {"edit", "run", "--item", "0", "--direction", "bright", "-o", "b.csv"}, "are images");
  ok(train("halves.npz", "wide", {"--epochs", "1", "--latent-dim", "5"}));
  fails(2,
        {"edit", "wide", "--item", "0", "--direction", "bright", "--directions", "run/directions.npz", "-o", "b.png"},
        "directions of 3 dimensions, but the codes of wide have 5");
  fs::remove_all(path("wide"));
  EXPECT_EQ(listing(), before);
}

TEST_F(Editing, TraversalsShowTheActiveDimensions) {
  const auto report = json({"traverse", "run", "--dims", "2,0", "--steps", "5", "-o", "all.npz"});
  const Tensor codes = npz("all.npz", "codes");
  ASSERT_EQ(codes.shape(), Shape({10, 3}));
  EXPECT_THAT(codes.rows(0, 1).to_vector(), ElementsAre(0, 0, -3));
  EXPECT_THAT(codes.rows(9, 10).to_vector(), ElementsAre(3, 0, 0));
  EXPECT_EQ(report.at("from"), "prior mean");
  EXPECT_FALSE(report.contains("data"));  // named dimensions need no data
  const auto ranked = json({"traverse", "run", "-o", "grid.png"}).at("dimensions");
  ASSERT_FALSE(ranked.empty());
  for (size_t i = 0; i + 1 < ranked.size(); ++i) {
    EXPECT_GE(ranked.at(i).at("kl").get<double>(), ranked.at(i + 1).at("kl").get<double>());
  }
  EXPECT_EQ(json({"traverse", "run", "-n", "1", "-o", "grid.gif"}).at("dimensions").size(), 1u);
  // Quantiles are places among the codes; from an item, the other dimensions are its own.
  ok({"encode", "run", "--split", "all", "-o", "codes.npy"});
  ok({"traverse", "run", "--split", "all", "--item", "7", "--dims", "1", "--range", "0%:100%", "--steps", "3", "-o",
      "item.npz"});
  const Tensor z = read_npy(MappedFile::open(path("codes.npy"))), around = npz("item.npz", "codes");
  EXPECT_EQ(around.data<float>()[0], z.data<float>()[21]);
  EXPECT_EQ(around.data<float>()[2], z.data<float>()[23]);
  float low = INFINITY, high = -INFINITY;
  for (int64_t i = 0; i < z.dim(0); ++i) {
    low = std::min(low, z.data<float>()[3 * i + 1]);
    high = std::max(high, z.data<float>()[3 * i + 1]);
  }
  EXPECT_EQ(around.data<float>()[1], low);
  EXPECT_EQ(around.data<float>()[7], high);
  fails(2, {"traverse", "run", "--dims", "3", "-o", "a.png"}, "--dims: dimension 3 of 3");
  fails(2, {"traverse", "run", "--item", "500", "-o", "a.png"}, "sample 500 does not exist");
  fails(2, {"traverse", "run", "--range", "3", "-o", "a.png"}, "--range: expected LOW:HIGH");
  fails(2, {"traverse", "run", "--range", "1:99%", "-o", "a.png"}, "--range: expected quantiles");
  fails(2, {"traverse", "run", "--range", "1%:101%", "-o", "a.png"}, "--range: expected quantiles");
  EXPECT_FALSE(fs::exists(path("a.png")));
}

TEST_F(Editing, ArithmeticKeepsItsIdentities) {
  ok({"reconstruct", "run", "-o", "all.npz"});
  for (const char* expression : {"5", "#3 - #3 + #5", "label:1 - label:'1' + 5", "2 * (0.5 * 5)"}) {
    ok({"arithmetic", "run", expression, "-o", "sum.npz"});
    EXPECT_EQ(npz("sum.npz", "codes").to_vector(), npz("all.npz", "codes").rows(5, 6).to_vector()) << expression;
    expect_near(npz("sum.npz", "x_hat"), npz("all.npz", "x_hat").rows(5, 6));
  }
  ok({"arithmetic", "run", "halves.npz", "(3 + 5) / 2", "-o", "mean.npz"});
  const Tensor codes = npz("all.npz", "codes"), mean = npz("mean.npz", "codes");
  for (int64_t d = 0; d < 3; ++d) {
    EXPECT_NEAR(mean.data<float>()[d], 0.5F * (codes.data<float>()[9 + d] + codes.data<float>()[15 + d]), 1e-6);
  }
  // More brightness where there was little: dim - mean of the dim + mean of the bright.
  const auto brighter =
      json({"arithmetic", "run", "halves.npz", "0 - label:0 + label:1", "--split", "all", "-o", "b.npz"});
  EXPECT_EQ(brighter.at("nearest").at("class"), "1");
  EXPECT_EQ(brighter.at("operands").at(1).at("factor"), -1.0);
  ok({"arithmetic", "run", "label:1 - label:0 + 2", "--path", "spherical", "-o", "sum.png"});
  EXPECT_EQ(picture("sum.png").dim(0), 3);
}

TEST_F(Editing, ArithmeticWithFilesAndItsMistakes) {
  ok({"reconstruct", "run", "-n", "1", "-o", "pictures"});
  ok({"arithmetic", "run", "pictures/000000.png + 2 - 1", "-o", "sum.png"});
  const std::vector<std::string> before = listing();
  const auto refused = [&](const char* expression, const char* text) {
    fails(2, {"arithmetic", "run", expression, "-o", "a.png"}, text);
  };
  refused("3 +", "'3 +': at character 4: expected an item");
  refused("3 - 5000", "at character 5: sample 5000 does not exist");
  refused("label:2", "at character 7: unknown class '2'");
  refused("cat.png", "there is no file 'cat.png'; samples are #12, classes label:NAME");
  refused("halves.npz", "expected a file with one sample, but halves.npz has 240");
  refused("run/metrics.jsonl", "metrics.jsonl");
  fails(2, {"arithmetic", "run", "-o", "a.png"}, "EXPRESSION is required");
  fails(2, {"arithmetic", "run", "#3 - #3", "--path", "spherical", "-o", "a.png"}, "cancel");
  fails(2, {"arithmetic", "run", "3", "--path", "round", "-o", "a.png"}, "unknown path 'round'");
  fails(2, {"arithmetic", "run", "3", "-o", "a.gif"}, "this command writes");
  EXPECT_EQ(listing(), before);
}

TEST_F(Editing, AugmentedFoldersAreReadAgain) {
  const auto report = json({"augment", "run", "-n", "31", "--balance", "equal", "-o", "more", "--seed", "4"});
  EXPECT_EQ(report.at("classes").at("0"), 16);
  EXPECT_EQ(report.at("classes").at("1"), 15);
  const data::Source more = data::open(path("more").string());
  EXPECT_EQ(more.train->size(), 31);
  EXPECT_EQ(more.train->sample_shape(), Shape({1, 8, 8}));
  EXPECT_THAT(more.train->class_names(), ElementsAre("0", "1"));
  EXPECT_EQ(std::ranges::count(more.train->labels(), 1), 15);
  fails(2, {"augment", "run", "-n", "3", "-o", "more"}, "exists and is not empty");
  ok({"augment", "run", "-n", "3", "-o", "more", "--overwrite"});
  EXPECT_EQ(data::open(path("more").string()).train->size(), 3);
  fails(2, {"augment", "run", "more", "--split", "all", "-n", "3", "-o", "more", "--overwrite"}, "is the data itself");
  write("more/1/notes.txt", "mine");
  fails(2, {"augment", "run", "-n", "3", "-o", "more", "--overwrite"}, "notes.txt");
  EXPECT_EQ(read("more/1/notes.txt"), "mine");
}

TEST_F(Editing, AugmentationInOtherFormsAndItsSeed) {
  const std::vector<std::string> some = {"augment", "run", "-n", "20", "-o"};
  const auto with = [&](std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.begin(), some.begin(), some.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  ok(with({"a.npz"}, {"--seed", "1"}));
  ok(with({"b.npz"}, {"--seed", "1", "--threads", "1"}));
  ok(with({"c.npz"}, {"--seed", "2"}));
  EXPECT_EQ(npz("a.npz", "codes").to_vector(), npz("b.npz", "codes").to_vector());
  EXPECT_NE(npz("a.npz", "codes").to_vector(), npz("c.npz", "codes").to_vector());
  EXPECT_EQ(data::open(path("a.npz").string()).train->labels().size(), 20u);
  ok(with({"grid.png"}, {"--method", "neighbors", "--class", "1"}));
  ok(with({"near.npz"}, {"--items", "4,7", "--spread", "0.001"}));
  for (const double source : npz("near.npz", "sources").to_vector()) EXPECT_TRUE(source == 4 || source == 7);
  const std::vector<std::string> before = listing();
  fails(2, with({"d.npz"}, {"--class", "2"}), "--class: unknown class '2'");
  fails(2, with({"d.npz"}, {"--items", "400"}), "sample 400 does not exist");
  fails(2, with({"d.npz"}, {"--items", "0", "--method", "neighbors"}), "has one sample");
  fails(2, with({"d.npz"}, {"--method", "smote"}), "unknown method 'smote'");
  fails(2, with({"d.npz"}, {"--balance", "same"}), "unknown balance 'same'");
  fails(2, with({"d.npz"}, {"--spread", "0"}), "--spread: expected a number above 0");
  fails(2, with({"d.npz"}, {"--spread", "2", "--method", "neighbors"}), "--spread belongs to --method posterior");
  fails(2, with({"d.npz"}, {"--neighbors", "9"}), "--neighbors belongs to --method neighbors");
  fails(2, with({"d.csv"}, {}), "are images");
  EXPECT_EQ(listing(), before);
}

TEST_F(Editing, PlainAutoencodersHaveNoPosteriorToDrawFrom) {
  ok(train("halves.npz", "ae", {"--posterior", "none", "--epochs", "20"}));
  fails(2, {"augment", "ae", "-n", "5", "-o", "a.npz"}, "use the method 'neighbors'");
  ok({"augment", "ae", "-n", "5", "--method", "neighbors", "-o", "a.npz"});
  const auto dimensions = json({"traverse", "ae", "-o", "grid.png"}).at("dimensions");
  EXPECT_TRUE(dimensions.at(0).at("kl").is_null());
  ok({"directions", "ae", "--attribute", "bright=label=1", "-o", "d.npz"});
}

TEST_F(Editing, TablesGoTheSameWay) {
  write_table("table.csv", 200);
  ok(train("table.csv", "table",
           {"--label-column", "kind", "--epochs", "30", "--likelihood", "gaussian:0.1", "--batch", "16"}));
  ok({"directions", "table", "--attribute", "large=label=large", "--attribute", "old=column=a>110", "--attribute",
      "c=column=c>75% vs column=c<25%", "-o", "directions.npz", "--picture", "what.png"});
  ok({"edit", "table", "--item", "2", "--direction", "old", "--amount", "-2:2", "--steps", "4", "-o", "strip.csv"});
  EXPECT_THAT(read("strip.csv"), ::testing::StartsWith("a,b,c\n"));
  std::vector<double> a;
  const data::Source strip =
      data::open(path("strip.csv").string(), {.transform = data::Transform{{0, 0, 0}, {1, 1, 1}, {}}});
  for (int64_t i = 0; i < 4; ++i) a.push_back(strip.train->range(i, i + 1).data<float>()[0]);
  EXPECT_TRUE(std::is_sorted(a.begin(), a.end()));
  EXPECT_GT(a.back() - a.front(), 20.0);  // column a has a standard deviation of 20
  ok({"traverse", "table", "-o", "t.csv"});
  ok({"traverse", "table", "-o", "t.png"});
  ok({"arithmetic", "table", "label:large - label:small + 3", "-o", "sum.csv"});
  ok({"arithmetic", "table", "label:large - label:small + 3", "-o", "sum.png"});
  ok({"augment", "table", "-n", "12", "--balance", "equal", "-o", "more.csv"});
  EXPECT_THAT(read("more.csv"), ::testing::StartsWith("a,b,c,label\n"));
  const data::Source more = data::open(path("more.csv").string(), {.label_column = "label"});
  EXPECT_THAT(more.train->class_names(), ElementsAre("large", "small"));
  EXPECT_EQ(std::ranges::count(more.train->labels(), 0), 6);
  fails(2, {"augment", "table", "-n", "12", "-o", "folder"}, "a folder holds one picture each");
  write("plain.csv", "a,b,c\n100,1,2\n110,2,1\n");
  fails(2, {"augment", "table", "plain.csv", "--split", "all", "-n", "12", "--balance", "equal", "-o", "more.csv"},
        "--balance: plain.csv has no labels");
  fails(2, {"directions", "table", "--attribute", "o=column=d>3", "-o", "d.npz"}, "unknown column 'd'");
}

}  // namespace
}  // namespace latent::test
