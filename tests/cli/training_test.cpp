// latent train and resume: what they leave behind, what they refuse, and that interrupting changes nothing.

#include "training_runs.hpp"

#include <latent/formats/npy.hpp>

#include <gmock/gmock.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <sstream>

namespace latent::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Training : public TrainingTest {};

// Enough epochs that a signal comes in the middle of them.
const std::vector<std::string> kLong = {"--epochs", "60", "--batch", "16"};

TEST_F(Training, LeavesAModelALogAndPictures) {
  write_idx("images", 96);
  const ToolResult result = run(train("images", "runs/new/first", {"--epochs", "2", "--latent-dim", "2"}));
  ASSERT_EQ(result.status, 0) << result.err;
  for (const char* name : {"model.safetensors", "checkpoint.safetensors", "metrics.jsonl", "reconstructions.png",
                           "samples.png", "loss.png", "manifold.png"}) {
    EXPECT_TRUE(fs::exists(path("runs/new/first") / name)) << name;
  }
  EXPECT_THAT(result.err, HasSubstr("epoch 1/2"));
  EXPECT_THAT(result.err, HasSubstr("epoch 2/2"));
  EXPECT_THAT(result.err, Not(HasSubstr("\x1b")));  // no bar where there is no terminal
  EXPECT_THAT(result.out, HasSubstr("runs/new/first/samples.png"));
  const auto lines = metrics("runs/new/first");
  ASSERT_EQ(lines.size(), 2u);
  for (const char* part : {"train", "validation"}) {
    for (const char* term : {"reconstruction", "kl", "elbo"}) EXPECT_TRUE(lines[1].at(part).at(term).is_number());
  }
  EXPECT_EQ(lines[1].at("epoch"), 2);
  EXPECT_TRUE(lines[1].at("seconds").is_number());
  EXPECT_TRUE(lines[1].at("samples_per_second").is_number());
}

TEST_F(Training, TheDataDecidesTheModel) {
  write_idx("images", 64);
  write_table("table.csv", 64);
  json({"train", "images", "--out", "a", "--epochs", "1", "--hidden", "8", "--channels", "4,4"});
  EXPECT_EQ(json({"info", "a"}).at("config").at("network").at("name"), "conv");
  json({"train", "table.csv", "--out", "b", "--epochs", "1", "--hidden", "8,8", "--label-column", "kind"});
  const auto table = json({"info", "b"}).at("config");
  EXPECT_EQ(table.at("network").at("hidden"), nlohmann::json({8, 8}));
  EXPECT_EQ(table.at("likelihood").at("name"), "table");
  EXPECT_EQ(table.at("data_shape"), nlohmann::json({3}));
}

TEST_F(Training, TheHelpSaysWhatHoldsWithoutOptions) {
  // Lines are broken at the help's width.
  std::string help = ok({"train", "--help"});
  help.erase(std::unique(help.begin(), help.end(), [](char a, char b) { return std::isspace(a) && std::isspace(b); }),
             help.end());
  std::replace(help.begin(), help.end(), '\n', ' ');
  write_idx("images", 64);
  write_table("table.csv", 64);
  ok({"train", "images", "--out", "a", "--hidden", "8", "--channels", "4,4"});
  ok({"train", "table.csv", "--out", "b", "--hidden", "8", "--label-column", "kind"});
  const auto images = json({"info", "a"}).at("info").at("training");
  const auto table = json({"info", "b"}).at("info").at("training");
  for (const auto& [setting, description] :
       {std::pair<const char*, const char*>{"epochs", "passes over the training samples"},
        {"batch", "samples of a step"},
        {"lr", "learning rate"}}) {
    std::string expected =
        std::string(description) + " (default: the preset's; without one " + images.at(setting).dump();
    if (table.at(setting) != images.at(setting)) expected += ", for tables " + table.at(setting).dump();
    EXPECT_THAT(help, HasSubstr(expected + ")"));
  }
}

TEST_F(Training, OptionsOverrideThePreset) {
  write_idx("images", 64);
  const ToolResult result = run({"train",       "images", "--out",      "a",      "--preset",     "vae-mlp-deep",
                                 "--epochs",    "1",      "--hidden",   "12",     "--latent-dim", "5",
                                 "--loss",      "bce",    "--beta",     "2",      "--kl-warmup",  "3",
                                 "--free-bits", "0.1",    "--lr",       "0.01",   "--optimizer",  "sgd",
                                 "--momentum",  "0.5",    "--schedule", "cosine", "--clip",       "1"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("--loss bce is --likelihood bernoulli"));
  const auto info = json({"info", "a"});
  EXPECT_EQ(info.at("config").at("network").at("hidden"), nlohmann::json({12}));
  EXPECT_EQ(info.at("config").at("latent_dim"), 5);
  EXPECT_EQ(info.at("config").at("likelihood").at("name"), "bernoulli");
  EXPECT_EQ(info.at("config").at("objective").at("beta"), 2.0);
  EXPECT_EQ(info.at("config").at("objective").at("kl_warmup_epochs"), 3.0);
  EXPECT_EQ(info.at("config").at("objective").at("free_bits"), 0.1);
  const auto& training = info.at("info").at("training");
  EXPECT_EQ(training.at("batch"), 64);  // the preset's
  EXPECT_EQ(training.at("lr"), 0.01);
  EXPECT_EQ(training.at("momentum"), 0.5);
  EXPECT_EQ(training.at("clip_norm"), 1.0);
}

TEST_F(Training, APlainAutoencoderByPresetOrByPosterior) {
  write_idx("images", 64);
  for (const std::vector<std::string>& how :
       {std::vector<std::string>{"--preset", "ae-mlp"}, {"--posterior", "none"}}) {
    fs::remove_all(path("a"));
    ok(train("images", "a", [&] {
      std::vector<std::string> more = how;
      more.insert(more.end(), {"--epochs", "1"});
      return more;
    }()));
    EXPECT_TRUE(fs::exists(path("a/samples.png")));
    const auto figures = json({"evaluate", "a"});
    EXPECT_TRUE(figures.at("elbo").is_null());
    EXPECT_TRUE(figures.at("reconstruction").is_number());
  }
}

TEST_F(Training, AnExistingFolderIsRefusedAndOnlyARunIsOverwritten) {
  write_idx("images", 64);
  ok(train("images", "a", {"--epochs", "1"}));
  write("a/notes.txt", "mine");
  const std::string before = read("a/model.safetensors");
  EXPECT_THAT(fails(2, train("images", "a", {"--epochs", "1"}), "--out a: the folder exists"),
              HasSubstr("--overwrite"));
  EXPECT_EQ(read("a/model.safetensors"), before);
  ok(train("images", "a", {"--epochs", "2", "--overwrite"}));
  EXPECT_EQ(metrics("a").size(), 2u);
  EXPECT_EQ(read("a/notes.txt"), "mine");

  write("b/precious.txt", "mine");
  fails(2, train("images", "b", {"--overwrite"}), "does not look like a run");
  EXPECT_EQ(read("b/precious.txt"), "mine");
  fails(2, train("images", "b/precious.txt", {"--overwrite"}), "not a folder");
  fs::create_directory(path("empty"));
  ok(train("images", "empty", {"--epochs", "1"}));
}

TEST_F(Training, AFailedStartLeavesTheOldRunAlone) {
  write_idx("images", 64);
  ok(train("images", "a", {"--epochs", "1"}));
  const std::string before = read("a/model.safetensors");
  fails(2, train("images", "a", {"--overwrite", "--activation", "relo"}), "relu");
  fails(2, train("missing", "a", {"--overwrite"}), "missing: no such file");
  EXPECT_EQ(read("a/model.safetensors"), before);
}

TEST_F(Training, TheSameSeedGivesTheSameWeights) {
  write_idx("images", 96);
  ok(train("images", "a", {"--epochs", "2", "--seed", "5"}));
  ok(train("images", "b", {"--epochs", "2", "--seed", "5"}));
  ok(train("images", "c", {"--epochs", "2", "--seed", "6"}));
  expect_same_weights("a", "b");
  EXPECT_NE(read("a/samples.png"), read("c/samples.png"));
}

TEST_F(Training, KilledAndResumedEqualsUninterrupted) {
  write_idx("images", 512);
  ok(train("images", "whole", kLong));
  for (const char* save_every : {"0", "30"}) {
    SCOPED_TRACE(save_every);
    fs::remove_all(path("killed"));
    fs::remove(path("killed.err"));
    std::vector<std::string> options = kLong;
    options.insert(options.end(), {"--save-every", save_every});
    const pid_t process = start(train("images", "killed", options), path("killed.err"));
    ASSERT_TRUE(appears(path("killed.err"), "epoch  3/60"));
    kill(process, SIGKILL);
    ASSERT_EQ(wait(process), 128 + SIGKILL);
    ok({"resume", "killed"});
    expect_same_weights("whole", "killed");
    EXPECT_EQ(metrics("killed").size(), 60u);
    EXPECT_EQ(metrics("killed").back().at("train"), metrics("whole").back().at("train"));
  }
}

TEST_F(Training, KilledAtAnyMomentItGoesOnToTheSameWeights) {
  write_idx("images", 256);
  const std::vector<std::string> options = {"--epochs", "40", "--batch", "16", "--likelihood", "gaussian:learned"};
  ok(train("images", "whole", options));
  std::vector<std::string> often = options;
  often.insert(often.end(), {"--save-every", "0"});
  // Killed again and again, a little later each time, wherever that falls: while files are written too.
  pid_t process = start(train("images", "killed", often), path("killed.err"));
  ASSERT_TRUE(appears(path("killed.err"), "epoch  1/40"));
  for (int microseconds = 500; microseconds <= 20'000; microseconds += 1300) {
    usleep(static_cast<useconds_t>(microseconds));
    kill(process, SIGKILL);
    wait(process);
    process = start({"resume", "killed", "--save-every", "0"}, path("killed.err"));
    usleep(20'000);
  }
  kill(process, SIGKILL);
  wait(process);
  ok({"resume", "killed"});
  expect_same_weights("whole", "killed");
  EXPECT_EQ(metrics("killed").size(), 40u);
}

TEST_F(Training, ALostLogIsOneLineAndNothingElse) {
  write_idx("images", 96);
  ok(train("images", "whole", {"--epochs", "4"}));
  ok(train("images", "a", {"--epochs", "2"}));
  fs::remove(path("a/metrics.jsonl"));
  const ToolResult result = run({"resume", "a", "--epochs", "4"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err,
              HasSubstr("metrics.jsonl: is not as the checkpoint left it; of 2 epochs, the figures of 0 are "
                        "left; training goes on all the same"));
  expect_same_weights("whole", "a");
  EXPECT_EQ(metrics("a").size(), 2u);  // of the epochs since then
  EXPECT_EQ(json({"resume", "a"}).at("epochs"), 4);
}

TEST_F(Training, TheSummaryComparesWithTheMeanAndWithPca) {
  write_table("table.csv", 300);
  const auto result = json(train("table.csv", "a", {"--label-column", "kind", "--epochs", "3"}));
  const auto& fit = result.at("fit");
  EXPECT_EQ(fit.at("samples"), 30);  // the held-out tenth
  EXPECT_EQ(fit.at("fitted_to"), 270);
  EXPECT_NEAR(fit.at("mse_of_mean").get<double>(), 1.0, 0.5);  // of standardised columns
  EXPECT_NEAR(fit.at("r2").get<double>(), 1.0 - fit.at("mse").get<double>() / fit.at("mse_of_mean").get<double>(),
              1e-9);
  // evaluate says the same of the same samples.
  const auto again = json({"evaluate", "a"}).at("fit");
  EXPECT_NEAR(again.at("mse").get<double>(), fit.at("mse").get<double>(), 1e-4);
  EXPECT_EQ(again.at("fitted_to"), 270);
  EXPECT_THAT(ok({"evaluate", "a"}), HasSubstr("\nr2 "));
}

TEST_F(Training, AModelWorseThanTheMeanSaysSo) {
  write_table("table.csv", 300);
  // Steps so small that nothing is learned.
  const ToolResult result =
      run(train("table.csv", "a",
                {"--label-column", "kind", "--epochs", "2", "--optimizer", "sgd", "--lr", "1e-9", "--seed", "0"}));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("the mean of the training data (R2 "));
  EXPECT_THAT(run({"evaluate", "a"}).err, HasSubstr("the mean of the training data (R2 "));
}

TEST_F(Training, CtrlCSavesAndExits130) {
  write_idx("images", 512);
  ok(train("images", "whole", kLong));
  const pid_t process = start(train("images", "stopped", kLong), path("stopped.err"));
  ASSERT_TRUE(appears(path("stopped.err"), "epoch  3/60"));
  kill(process, SIGINT);
  ASSERT_EQ(wait(process), 130);
  EXPECT_THAT(read("stopped.err"), HasSubstr("latent resume stopped"));
  json({"evaluate", "stopped"});  // a usable model
  ok({"resume", "stopped"});
  expect_same_weights("whole", "stopped");
}

TEST_F(Training, AFinishedRunSaysSoAndCanBeMadeLonger) {
  write_idx("images", 96);
  ok(train("images", "a", {"--epochs", "2"}));
  ok(train("images", "b", {"--epochs", "4"}));
  const ToolResult again = run({"resume", "a"});
  EXPECT_EQ(again.status, 0);
  EXPECT_THAT(again.err, HasSubstr("a is finished: 2 epochs; --epochs N trains it further"));
  ok({"resume", "a", "--epochs", "4"});
  EXPECT_EQ(metrics("a").size(), 4u);
  expect_same_weights("a", "b");
  fails(2, {"resume", "a", "--epochs", "3"}, "has already been trained for 4 epochs");
}

TEST_F(Training, ResumeKnowsItsData) {
  write_idx("images", 96);
  ok(train("images", "a", {"--epochs", "1"}));
  fs::rename(path("images"), path("moved"));
  fails(2, {"resume", "a", "--epochs", "2"}, "no such file");
  ok({"resume", "a", "--epochs", "2", "--data", "moved"});
  write_idx("others", 95);
  fails(2, {"resume", "a", "--epochs", "3", "--data", "others"}, "is not the data that a was trained on");
  fails(2, {"resume", "moved"}, "has no checkpoint.safetensors");
  fails(2, {"resume", "nothing"}, "is not a run directory");
}

TEST_F(Training, AKnownSetIsNotTakenForAFolderOfItsName) {
  ok(train("shapes:64", "shapes:64", {"--epochs", "1"}));
  ok({"resume", "shapes:64", "--epochs", "2"});
}

TEST_F(Training, EarlyStoppingWatchesAValidationPartOfItsOwn) {
  write_idx("images", 96);
  const auto result =
      json(train("images", "a", {"--epochs", "200", "--patience", "1", "--lr", "0.3", "--validation", "0.25"}));
  EXPECT_EQ(result.at("outcome"), "stopped early");
  EXPECT_EQ(json({"evaluate", "a"}).at("samples"), 24);
  fails(2, train("images", "b", {"--patience", "1", "--validation", "0"}), "--patience needs held-out samples");
}

TEST_F(Training, TheSummaryIsOfTheWeightsThatWereSaved) {
  write_idx("images", 96);
  const std::vector<std::string> impatient = {"--epochs", "200", "--patience",   "2",
                                              "--lr",     "0.3", "--validation", "0.25"};
  const auto result = json(train("images", "a", impatient));
  const auto saved = json({"info", "a"}).at("info").at("metrics");
  ASSERT_LT(saved.at("epoch"), result.at("epochs"));
  EXPECT_EQ(result.at("saved_epoch"), saved.at("epoch"));
  EXPECT_EQ(result.at("train").at("elbo"), saved.at("train").at("elbo"));
  EXPECT_EQ(result.at("validation").at("elbo"), saved.at("validation").at("elbo"));
  const int epoch = saved.at("epoch").get<int>();
  EXPECT_THAT(ok({"resume", "a"}),
              HasSubstr("of epoch " + std::to_string(epoch) + ", with the lowest validation loss"));
  // Without patience the last epoch is saved, and there is nothing to say about it.
  const std::string plain = ok(train("images", "b", {"--epochs", "2"}));
  EXPECT_THAT(plain, Not(HasSubstr("lowest")));
  EXPECT_EQ(json({"resume", "b"}).at("saved_epoch"), 2);
}

TEST_F(Training, WhatToTryNextWorksInTheFormOfTheData) {
  write_idx("images", 30);
  write_table("table.csv", 64);
  write_npy(path("array.npy"), Tensor::full({64, 5}, 0.5));
  const auto lines_of = [&](const std::string& data, const std::vector<std::string>& more) {
    const ToolResult result = run(train(data, "run", more));
    EXPECT_EQ(result.status, 0) << result.err;
    std::vector<std::string> lines;
    std::stringstream stream(result.err.substr(result.err.find("next, try:")));
    for (std::string line; std::getline(stream, line);) {
      if (line.starts_with("  latent ")) lines.push_back(line);
    }
    for (const std::string& line : lines) {
      std::stringstream words(line.substr(std::string("  latent ").size()));
      ok({std::istream_iterator<std::string>(words), {}});
    }
    return lines;
  };
  using Lines = std::vector<std::string>;
  const std::vector<std::string> once = {"--epochs", "1", "--overwrite"};
  EXPECT_EQ(lines_of("images", once),
            (Lines{"  latent evaluate run --importance-samples 64", "  latent sample run -n 64 -o more.png",
                   "  latent interpolate run --from 0 --to 2 -o strip.png"}));
  const Lines plain = lines_of("images", {"--epochs", "1", "--overwrite", "--posterior", "none"});
  EXPECT_EQ(plain.at(0), "  latent evaluate run");
  const Lines table = lines_of("table.csv", {"--epochs", "1", "--overwrite", "--label-column", "kind"});
  EXPECT_THAT(table.at(1), ::testing::EndsWith("more.csv"));
  EXPECT_THAT(table.at(2), ::testing::EndsWith("--to 5 -o strip.csv"));
  EXPECT_THAT(lines_of("array.npy", once).at(2), ::testing::EndsWith("strip.npy"));
}

TEST_F(Training, DivergingTrainingEndsWithAUsableModel) {
  write_idx("images", 96);
  const ToolResult result =
      run(train("images", "a", {"--epochs", "5", "--likelihood", "gaussian", "--optimizer", "sgd", "--lr", "1e30"}));
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("latent: warning: "));
  EXPECT_THAT(result.err, HasSubstr("latent: training diverged"));
  json({"evaluate", "a"});
}

TEST_F(Training, TheDoctorSpeaksAfterTheEpochThatItIsAbout) {
  write_table("table.csv", 64);
  // 58 steps in an epoch: after 18 of them there were a thousand.
  const ToolResult result = run(train("table.csv", "a",
                                      {"--label-column", "kind", "--likelihood", "gaussian", "--epochs", "24", "--beta",
                                       "1000", "--batch", "1", "--lr", "0.01"}));
  ASSERT_EQ(result.status, 0) << result.err;
  const size_t epoch = result.err.find("epoch 18/24"), warning = result.err.find("posterior collapse");
  ASSERT_NE(warning, std::string::npos) << result.err;
  EXPECT_LT(epoch, warning) << result.err;
  EXPECT_LT(warning, result.err.find("epoch 24/24")) << result.err;
  EXPECT_THAT(result.err, HasSubstr("try a scale below 1 (--likelihood gaussian:X), a learned one (--likelihood "
                                    "gaussian:learned), a lower --beta"));
}

TEST_F(Training, WhatIsSoAtTheEndOfAShortRunIsToldThere) {
  write_table("table.csv", 64);
  const ToolResult result = run(train(
      "table.csv", "a", {"--label-column", "kind", "--epochs", "3", "--beta", "1000", "--batch", "4", "--lr", "0.05"}));
  ASSERT_EQ(result.status, 0) << result.err;
  const size_t warning = result.err.find("posterior collapse");
  ASSERT_NE(warning, std::string::npos) << result.err;
  EXPECT_GT(warning, result.err.find("epoch 3/3")) << result.err;
  EXPECT_THAT(result.out, HasSubstr("posterior collapse"));
  const auto found = json({"resume", "a"}).at("diagnoses").at(0);
  EXPECT_EQ(found.at("code"), "posterior-collapse");
  EXPECT_EQ(found.at("holds"), true);
}

TEST_F(Training, AFullDiskIsOneLine) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  write_idx("images", 96);
  ok(train("images", "a", {"--epochs", "1"}));
  const std::string command =
      std::string(LATENT_TOOL) + " info " + path("a").string() + " > /dev/full 2> " + path("err").string();
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1);
  EXPECT_THAT(read("err"), HasSubstr("latent: standard output: cannot write: No space left on device"));
}

TEST_F(Training, AReadOnlyFolderIsRefusedBeforeWork) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  write_idx("images", 96);
  fs::create_directory(path("locked"));
  fs::permissions(path("locked"), fs::perms::owner_read | fs::perms::owner_exec);
  fails(2, train("images", "locked/run"), "cannot write to");
  fs::permissions(path("locked"), fs::perms::owner_all);
}

TEST_F(Training, SmallTablesAreTakenSeveralTimesHoweverManyEpochs) {
  write_table("table.csv", 100);
  const auto epoch_line = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"train",     "table.csv",   "--label-column", "kind", "--preset",
                                      "vae-table", "--overwrite", "--out",          "run"};
    words.insert(words.end(), more.begin(), more.end());
    const ToolResult result = run(words);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.err;
  };
  // 90 rows are trained on, and 3,000 steps of 128 in 10 epochs need 38,400 an epoch.
  for (const char* epochs : {"1", "2"}) {
    EXPECT_THAT(epoch_line({"--epochs", epochs}), HasSubstr("90 samples (each taken 427 times in an epoch)"));
  }
}

}  // namespace
}  // namespace latent::test
