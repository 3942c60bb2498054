// What the tool makes of its arguments, before any work.

#include "tool.hpp"

#include <gmock/gmock.h>

namespace latent::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Arguments : public ToolTest {};

const std::vector<std::vector<std::string>> kCommands = {{"train"},
                                                         {"resume"},
                                                         {"evaluate"},
                                                         {"encode"},
                                                         {"decode"},
                                                         {"prior"},
                                                         {"sample"},
                                                         {"reconstruct"},
                                                         {"stream"},
                                                         {"interpolate"},
                                                         {"traverse"},
                                                         {"map"},
                                                         {"neighbors"},
                                                         {"probe"},
                                                         {"cluster"},
                                                         {"directions"},
                                                         {"edit"},
                                                         {"arithmetic"},
                                                         {"augment"},
                                                         {"compress"},
                                                         {"decompress"},
                                                         {"denoise"},
                                                         {"anomalies"},
                                                         {"explore"},
                                                         {"info"},
                                                         {"data", "info"},
                                                         {"words", "train"},
                                                         {"words", "continue"},
                                                         {"words", "nearest"},
                                                         {"words", "analogy"},
                                                         {"words", "odd"},
                                                         {"words", "evaluate"},
                                                         {"words", "convert"}};

TEST_F(Arguments, VersionAndOverview) {
  EXPECT_THAT(ok({"--version"}), StartsWith("latent "));
  const std::string overview = ok({"--help"});
  for (const auto& words : kCommands) EXPECT_THAT(overview, HasSubstr(words.back()));
}

TEST_F(Arguments, EveryCommandHasHelpWithAnExampleAndJson) {
  for (std::vector<std::string> words : kCommands) {
    std::string name = "latent";
    for (const std::string& word : words) name += " " + word;
    words.emplace_back("--help");
    const std::string help = ok(words);
    EXPECT_THAT(help, HasSubstr("Example:\n  " + name));
    EXPECT_THAT(help, HasSubstr("--json"));
  }
}

TEST_F(Arguments, UnknownNamesSuggestTheNearest) {
  fails(2, {"trian", "data"}, "unknown command 'trian' (did you mean 'train'?)");
  fails(2, {"data", "infos"}, "unknown command 'data infos' (did you mean 'data info'?)");
  fails(2, {"data"}, "unknown command 'data'");
  fails(2, {"train", "shapes", "--out", "r", "--epoch", "3"}, "unknown option '--epoch' (did you mean '--epochs'?)");
  fails(2, {"train", "shapes", "--out", "r", "--hiden=3"}, "unknown option '--hiden' (did you mean '--hidden'?)");
  fails(2, {"train", "shape", "--out", "r"}, "did you mean 'shapes'?");
  fails(2, {"train", "shapes:64", "--out", "r", "--preset", "vae-cnov"}, "did you mean 'vae-conv'?");
  fails(2, {"train", "shapes:64", "--out", "r", "--arch", "mpl"}, "did you mean 'mlp'?");
  fails(2, {"train", "shapes:64", "--out", "r", "--activation", "reul"}, "did you mean 'relu'?");
  fails(2, {"train", "shapes:64", "--out", "r", "--likelihood", "bernouli"}, "did you mean 'bernoulli'?");
  fails(2, {"train", "shapes:64", "--out", "r", "--optimizer", "adm"}, "did you mean 'adam'?");
  fails(2, {"train", "shapes:64", "--out", "r", "--schedule", "cosin"}, "did you mean 'cosine'?");
  fails(2, {"train", "shapes:64", "--out", "r", "--loss", "msee"}, "did you mean 'mse'?");
  fails(2, {"train", "shapes:64", "--out", "r", "--precision", "f23"}, "f32");
  fails(2, {"train", "shapes:64", "--out", "r", "--missing", "refus"}, "did you mean 'refuse'?");
  EXPECT_EQ(listing(), std::vector<std::string>());
}

TEST_F(Arguments, WrongValuesNameTheOptionTheRuleAndTheValue) {
  fails(2, {}, "which command?");
  fails(2, {"train", "--out", "r"}, "DATA is required");
  fails(2, {"train", "shapes"}, "--out is required");
  fails(2, {"train", "shapes", "--out", "r", "--epochs", "many"}, "--epochs: expected a whole number from 1");
  fails(2, {"train", "shapes", "--out", "r", "--epochs", "0"}, "got '0'");
  fails(2, {"train", "shapes", "--out", "r", "--epochs", "3x"}, "got '3x'");
  fails(2, {"train", "shapes", "--out", "r", "--lr", "nan"}, "--lr: expected a number above 0, got 'nan'");
  fails(2, {"train", "shapes", "--out", "r", "--lr", "-1"}, "got '-1'");
  fails(2, {"train", "shapes", "--out", "r", "--hidden", "400,,3"}, "--hidden: expected whole numbers");
  fails(2, {"train", "shapes", "--out", "r", "--hidden", ""}, "--hidden: expected a value, got none");
  fails(2, {"train", "shapes", "--out", "r", "--size", "28by28"}, "--size: expected HxW");
  fails(2, {"train", "shapes", "--out", "r", "--threads", "100000"}, "--threads");
  fails(2, {"train", "shapes", "--out", "r", "--validation", "1"}, "below 1");
  fails(2, {"train", "shapes", "--out", ""}, "--out: expected a value, got none");
  fails(2, {"train", "", "--out", "r"}, "DATA: expected a value, got none");
  fails(2, {"denoise", "r", "d.npy", "--clean", "", "-o", "x.npy"}, "--clean: expected a value, got none");
  fails(2, {"train", "shapes", "more", "--out", "r"}, "one argument too many: 'more'");
  fails(2, {"train", "shapes:64", "--out", "r", "--loss", "mse", "--likelihood", "laplace"}, "the same thing");
  fails(2, {"train", "shapes:64", "--out", "r", "--likelihood", "gaussian:-1"}, "--likelihood gaussian:-1");
  fails(2, {"train", "shapes:64", "--out", "r", "--arch", "mlp", "--channels", "8"}, "belong to convolutions");
  fails(2, {"train", "shapes:64", "--out", "r", "--momentum", "0.5"}, "--momentum belongs to sgd");
  fails(2, {"sample", "r", "-o", "a.png", "-n", "5000"}, "too many for one picture");
  fails(2, {"sample", "r", "-o", "a.pdf"}, "'.pdf' is not an ending of a result");
  fails(2, {"encode", "r", "-o", "a.png"}, "this command writes .npy, .npz or .csv");
  fails(2, {"encode", "r", "-o", "a.npy", "--seed", "3"}, "--seed requires --sample");
  EXPECT_EQ(listing(), std::vector<std::string>());
}

TEST_F(Arguments, TheLastOfRepeatedOptionsCounts) {
  write_idx("images", 40);
  const auto result = json(train("images", "run", {"--epochs", "7", "--epochs", "1"}));
  EXPECT_EQ(result.at("epochs"), 1);
}

}  // namespace
}  // namespace latent::test
