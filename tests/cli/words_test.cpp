// latent words: from text to vectors and back to questions, through the command line.

#include "tool.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <random>

namespace latent::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A text with groups of words that stand together: animals, colours, cities, verbs.
std::string planted_text(int64_t sentences) {
  const std::vector<std::vector<std::string>> groups = {{"cat", "dog", "horse", "cow", "sheep", "bird"},
                                                        {"red", "blue", "green", "yellow", "black", "white"},
                                                        {"berlin", "paris", "rome", "london", "madrid", "vienna"},
                                                        {"walk", "run", "jump", "swim", "fly", "climb"}};
  std::mt19937 random(5);
  std::string text;
  for (int64_t i = 0; i < sentences; ++i) {
    const auto& group = groups[random() % groups.size()];
    for (int j = 0; j < 10; ++j)
      text += (j > 0 ? " " : "") + (random() % 5 == 0 ? std::string("the") : group[random() % group.size()]);
    text += '\n';
  }
  return text;
}

class WordsCommand : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    write("text.txt", planted_text(3000));
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  std::vector<std::string> train(const std::string& out, std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"words",    "train", "text.txt", "--out", out,        "--dim", "16",
                                      "--window", "3",     "--sample", "0",     "--epochs", "5"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

TEST_F(WordsCommand, LearnsWhichWordsStandTogether) {
  for (const char* method : {"skipgram", "cbow"}) {
    const auto trained = json(train(method, {"--method", method}));
    EXPECT_EQ(trained.at("outcome"), "finished");
    EXPECT_EQ(trained.at("words"), 25);
    const auto near = json({"words", "nearest", method, "berlin", "-k", "5"}).at("nearest")[0].at("neighbors");
    for (const auto& one : near) {
      EXPECT_THAT((std::vector<std::string>{"paris", "rome", "london", "madrid", "vienna"}),
                  ::testing::Contains(one.at("word").get<std::string>()))
          << method;
    }
    EXPECT_EQ(json({"words", "odd", method, "cat", "dog", "green", "horse"}).at("odd"), "green") << method;
  }
  EXPECT_TRUE(fs::exists(path("skipgram/model.safetensors")));
  EXPECT_FALSE(fs::exists(path("skipgram/checkpoint.safetensors")));
  EXPECT_FALSE(fs::exists(path("skipgram/text.ids")));
  EXPECT_THAT(read("skipgram/metrics.jsonl"), HasSubstr("\"words_per_second\""));
}

TEST_F(WordsCommand, SaysWhatItReads) {
  const ToolResult result = run(train("run"));
  EXPECT_THAT(result.err, HasSubstr("latent: text.txt: 30,000 words, 25 different; 25 are in the vocabulary"));
  EXPECT_THAT(result.err, HasSubstr("latent: training takes"));
  EXPECT_THAT(result.err, HasSubstr("epoch 5/5"));
  EXPECT_THAT(result.err, HasSubstr("words/s"));
}

TEST_F(WordsCommand, SameBitsForAnyNumberOfThreadsAndFromStandardInput) {
  ok(train("one", {"--threads", "1"}));
  ok(train("all"));
  EXPECT_EQ(read("one/model.safetensors"), read("all/model.safetensors"));
  EXPECT_EQ(shell("xz < text.txt | \"$LATENT\" words train - --out piped --dim 16 --window 3 --sample 0").status, 0);
  const auto vectors = [&](const std::string& run) {
    ok({"words", "convert", run, run + ".vec"});
    return read(run + ".vec");
  };
  EXPECT_EQ(vectors("one"), vectors("piped"));
  ok(train("other", {"--seed", "1"}));
  EXPECT_NE(vectors("one"), vectors("other"));
}

TEST_F(WordsCommand, ResumesToTheSameBits) {
  write("text.txt", planted_text(20'000));
  const std::vector<std::string> more = {"--epochs", "12", "--save-every", "0"};
  ok(train("whole", more));
  const pid_t process = start(train("stopped", more), path("err"));
  ASSERT_TRUE(waits_for(
      [&] { return fs::exists(path("stopped/metrics.jsonl")) && fs::file_size(path("stopped/metrics.jsonl")) > 0; }));
  kill(process, SIGINT);
  if (wait(process) == 0) GTEST_SKIP() << "it was faster than the signal";
  EXPECT_THAT(read("err"), HasSubstr("continue with: latent resume stopped"));
  fails(2, {"words", "nearest", "stopped", "cat"}, "its training has not ended");
  fs::remove(path("text.txt"));  // it goes on without the text
  ok({"resume", "stopped"});
  EXPECT_EQ(read("whole/model.safetensors"), read("stopped/model.safetensors"));
  const auto lines = [&](const std::string& run) {
    const std::string text = read(run + "/metrics.jsonl");
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(lines("whole"), lines("stopped"));
}

TEST_F(WordsCommand, GoesOnAfterAKill) {
  write("text.txt", planted_text(20'000));
  const std::vector<std::string> more = {"--epochs", "12", "--save-every", "0"};
  ok(train("whole", more));
  const pid_t process = start(train("killed", more), path("err"));
  ASSERT_TRUE(waits_for(
      [&] { return fs::exists(path("killed/metrics.jsonl")) && fs::file_size(path("killed/metrics.jsonl")) > 500; }));
  kill(process, SIGKILL);
  if (wait(process) == 0) GTEST_SKIP() << "it was faster than the signal";
  ok({"resume", "killed"});
  EXPECT_EQ(read("whole/model.safetensors"), read("killed/model.safetensors"));
}

TEST_F(WordsCommand, ContinuesWithMoreTextAndNewWords) {
  ok(train("run"));
  write("more.txt", "oslo berlin oslo paris oslo rome oslo madrid\noslo london oslo vienna oslo berlin\n");
  const auto continued = json({"words", "continue", "run", "more.txt", "--epochs", "30", "--min-count", "5"});
  EXPECT_EQ(continued.at("new_words"), 1);
  EXPECT_EQ(continued.at("words"), 26);
  const auto near = json({"words", "nearest", "run", "oslo", "-k", "1"}).at("nearest")[0].at("neighbors")[0];
  EXPECT_GT(near.at("cosine"), 0.3);
  // From vectors of another program.
  write("vectors.txt", "3 4\ncat 1 0 0 0\ndog 0 1 0 0\nberlin 0 0 1 0\n");
  fails(2, {"words", "continue", "vectors.txt", "text.txt"}, "is a file, not a run directory");
  EXPECT_EQ(json({"words", "continue", "vectors.txt", "text.txt", "--out", "from", "--epochs", "1"}).at("words"), 25);
  EXPECT_EQ(json({"info", "from"}).at("config").at("dim"), 4);
}

TEST_F(WordsCommand, NgramsGiveUnseenWordsAVector) {
  ok(train("run", {"--max-n", "4", "--buckets", "500"}));
  const auto near = json({"words", "nearest", "run", "horses"}).at("nearest")[0];
  EXPECT_EQ(near.at("seen"), false);
  const std::vector<std::string> animals = {"cat", "dog", "horse", "cow", "sheep", "bird"};
  EXPECT_THAT(animals, ::testing::Contains(near.at("neighbors")[0].at("word").get<std::string>()));
  ok({"words", "convert", "run", "model.bin"});
  EXPECT_EQ(json({"words", "nearest", "model.bin", "horses"}).at("nearest")[0], near);
}

TEST_F(WordsCommand, UnknownWordsAreAnsweredWithNearOnes) {
  ok(train("run"));
  const std::string err = fails(2, {"words", "nearest", "run", "berln"}, "'berln' is not among the 25 words");
  EXPECT_THAT(err, HasSubstr("berlin"));
  fails(2, {"words", "analogy", "run", "cat", "dog", "xylophone"}, "'xylophone' is not among");
}

TEST_F(WordsCommand, SeveralWordsAndStandardInput) {
  ok(train("run"));
  const std::string direct = ok({"words", "nearest", "run", "cat", "red", "-k", "2"});
  EXPECT_THAT(direct, HasSubstr("red\n"));
  EXPECT_EQ(shell("printf 'cat\\nred\\n' | \"$LATENT\" words nearest run - -k 2").out, direct);
  const auto words_near = [&](std::vector<std::string> how) {
    std::vector<std::string> words = {"words", "nearest", "run", "cat", "-k", "3"};
    words.insert(words.end(), how.begin(), how.end());
    std::vector<std::string> found;
    for (const auto& near : json(words).at("nearest")[0].at("neighbors")) found.push_back(near.at("word"));
    return found;
  };
  EXPECT_EQ(words_near({"--method", "hnsw"}), words_near({}));
}

TEST_F(WordsCommand, EvaluatesWithTheRulePrinted) {
  ok(train("run"));
  write("questions.txt", ": cities\nberlin paris rome london\nberlin paris rome oslo\n");
  write("pairs.txt", "cat\tdog\t9\ncat\tred\t1\nberlin\tparis\t8\nberlin\trun\t2\ncat\tfish\t7\n");
  const auto result = json({"words", "evaluate", "run", "--analogies", "questions.txt", "--similarity", "pairs.txt"});
  EXPECT_GT(result.at("similarity")[0].at("spearman"), 0.7);
  EXPECT_EQ(result.at("similarity")[0].at("out_of_vocabulary"), 1);
  EXPECT_EQ(result.at("analogies")[0].at("total").at("asked"), 1);
  EXPECT_THAT(ok({"words", "evaluate", "run", "--analogies", "questions.txt"}),
              HasSubstr("among the 25 most frequent words"));
  fails(2, {"words", "evaluate", "run"}, "nothing to evaluate with");
}

TEST_F(WordsCommand, ConvertsThereAndBack) {
  ok(train("run"));
  ok({"words", "convert", "run", "a.bin"});
  ok({"words", "convert", "a.bin", "b.vec"});
  ok({"words", "convert", "b.vec", "c.txt", "--to", "glove"});
  ok({"words", "convert", "c.txt", "d.npz"});
  ok({"words", "convert", "d.npz", "e.safetensors"});
  ok({"words", "convert", "e.safetensors", "f.bin"});
  EXPECT_EQ(read("a.bin"), read("f.bin"));
  EXPECT_THAT(ok({"words", "convert", "run", "few.txt", "--first", "3"}), HasSubstr("3 words of 16 dimensions"));
  EXPECT_THAT(read("few.txt"), StartsWith("3 16\nthe "));
  fails(2, {"words", "convert", "run", "a.doc"}, "no form of word vectors is called so");
  fails(2, {"words", "convert", "a.bin", "a.bin"}, "OUT");
}

TEST_F(WordsCommand, PhrasesAreJoined) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "in new york we eat\nin the house in the garden in the street we we we\n";
  write("text.txt", text);
  ok(train("run", {"--phrases", "1", "--phrase-threshold", "10", "--epochs", "1"}));
  ok({"words", "nearest", "run", "new york"});
  EXPECT_EQ(read("run/phrases.tsv"), "1\tnew\tyork\n");
}

TEST_F(WordsCommand, MemoryIsAPromise) {
  const auto before = listing();
  const std::string err =
      fails(2, train("run", {"--memory", "1G", "--max-n", "6", "--buckets", "50000000"}), "training takes");
  EXPECT_THAT(err, HasSubstr("--memory allows 1.0 GB"));
  EXPECT_THAT(err, HasSubstr("--buckets"));
  EXPECT_EQ(listing(), before);
  fails(2, train("run", {"--memory", "lots"}), "'lots': expected a number of bytes such as 2G or 500M");
}

TEST_F(WordsCommand, BadTextIsOneClearLine) {
  using namespace std::string_literals;
  const auto refused = [&](const std::string& text, const std::string& reason) {
    write("bad.txt", text);
    const auto before = listing();
    fails(2, {"words", "train", "bad.txt", "--out", "bad"}, reason);
    EXPECT_EQ(listing(), before);
  };
  refused("", "no words: the text is empty");
  refused("one two three", "the vocabulary is empty");
  refused("GIF89a\0\0\0"s, "a NUL byte: this is binary data, not text");
  refused("gr\xfc\xdf dich", "not UTF-8");
  refused(std::string(3'000'000, 'x'), "without a space");
  fails(2, {"words", "train", "nowhere.txt", "--out", "bad"}, "No such file");
  fails(2, {"words", "train", "text.txt", "--out", "bad", "--min-n", "3"}, "--min-n without --max-n");
  fails(2, {"words", "train", "text.txt", "--out", "bad", "--hs", "--shift", "1"}, "--shift belongs to draws of noise");
  fails(2, {"words", "train", "text.txt", "--out", "bad", "--hs", "--negative", "5"}, "--negative belongs to draws of");
  fails(2, {"words", "train", "text.txt", "--out", "bad", "--method", "glove", "--sample", "0"}, "--sample has no meaning");
  fails(2, {"words", "train", "text.txt", "--out", "bad", "--x-max", "5"}, "--x-max belongs to --method glove");
  fails(2, {"words", "train", "text.txt", "--out", "bad", "--shift", "99"}, "--shift");
  fails(2, {"words", "train", "text.txt", "--out", "bad", "--method", "skipgrm"}, "did you mean 'skipgram'?");
}

TEST_F(WordsCommand, OneEndlessLineIsFine) {
  std::string text = planted_text(3000);
  std::replace(text.begin(), text.end(), '\n', ' ');
  write("text.txt", text);
  ok(train("run"));
}

TEST_F(WordsCommand, ToolsForCodesCallSamplesByTheirWords) {
  ok(train("run"));
  const auto map = json({"map", "run", "--words", "20", "--method", "pca", "-o", "map.csv"});
  EXPECT_EQ(map.at("samples"), 20);
  EXPECT_THAT(read("map.csv"), HasSubstr("data_index,word\n"));
  EXPECT_THAT(read("map.csv"), HasSubstr(",the\n"));
  ok({"map", "run", "--method", "pca", "-o", "map.png"});
  EXPECT_THAT(ok({"cluster", "run", "-k", "5"}), HasSubstr("words: "));
  ok({"neighbors", "run", "--query", "cat,rome", "-k", "2", "-o", "near.csv"});
  EXPECT_THAT(read("near.csv"), HasSubstr(",cat,"));
  fails(2, {"neighbors", "run", "--query", "cta", "-k", "2", "-o", "near.csv"}, "'cta' is not among the 25 words");
  fails(2, {"neighbors", "run", "--query", "cat", "-k", "2", "-o", "near.png"}, "words are no pictures");
  EXPECT_EQ(json({"arithmetic", "run", "cat + dog - red"}).at("nearest").size(), 10u);
  ok({"directions", "run", "--attribute", "place=names=berlin,paris,rome vs names=cat,dog,cow", "-o", "way.npz"});
  write("groups.tsv",
        "cat\tanimal\ndog\tanimal\nhorse\tanimal\ncow\tanimal\nsheep\tanimal\nbird\tanimal\n"
        "red\tcolour\nblue\tcolour\ngreen\tcolour\nyellow\tcolour\nblack\tcolour\nwhite\tcolour\n");
  EXPECT_GT(json({"cluster", "run", "groups.tsv", "-k", "2"}).at("adjusted_rand_index"), 0.9);
  EXPECT_THAT(ok({"info", "run"}), HasSubstr("25, vectors of 16 dimensions"));
}

TEST_F(WordsCommand, ExamplesOfTheHelpWork) {
  std::string text = planted_text(1500);
  for (int i = 0; i < 200; ++i) text += "man king woman queen car man woman king queen car\n";
  write("novels.txt", text);
  write("more.txt", "cat dog oslo oslo oslo\noslo oslo dog\n");
  write("questions-words.txt", "man king woman queen\n");
  write("simlex.txt", "cat dog 7\ncat red 1\nman king 5\n");
  ASSERT_EQ(shell("xz novels.txt && mkdir runs").status, 0);
  for (const char* verb : {"train", "continue", "nearest", "analogy", "odd", "evaluate", "convert"}) {
    const std::string help = ok({"words", verb, "--help"}), heading = "Example:\n  latent ";
    const size_t begin = help.find(heading) + heading.size();
    EXPECT_EQ(shell("\"$LATENT\" " + help.substr(begin, help.find('\n', begin) - begin)).status, 0) << verb;
  }
  EXPECT_TRUE(fs::exists(path("vectors.vec")));
}

TEST_F(WordsCommand, AFullDiskLeavesNothing) {
  const auto before = listing();
  // The text as numbers is larger than files may be.
  const ToolResult result = shell("ulimit -f 64; \"$LATENT\" words train text.txt --out run");
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("cannot keep the text as numbers"));
  EXPECT_EQ(listing(), before);
}

TEST_F(WordsCommand, KeepsARunThatIsThere) {
  ok(train("run"));
  const std::string model = read("run/model.safetensors");
  fails(2, train("run"), "the folder exists and is not empty");
  fails(2, {"words", "train", "nowhere.txt", "--out", "run", "--overwrite"}, "No such file");
  EXPECT_EQ(read("run/model.safetensors"), model);
  ok(train("run", {"--overwrite", "--seed", "2"}));
  EXPECT_NE(read("run/model.safetensors"), model);
}

}  // namespace
}  // namespace latent::test
