// Text from files, packed and plain.

#include <latent/core/error.hpp>
#include <latent/text/corpus.hpp>
#include <latent/text/text_reader.hpp>

#include <tests/support/any_threads.hpp>
#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

namespace latent::text {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path kGolden = std::filesystem::path(LATENT_TEST_DATA) / "golden" / "text";

std::string all_text(const TextSources& sources) {
  TextReader reader(sources);
  std::string text;
  for (TextBlock block; reader.next(block);) text += block.text;
  EXPECT_EQ(reader.bytes_read(), sources.bytes());
  return text;
}

TEST(TextReader, ReadsEachKindOfPackingByItsContent) {
  const std::string expected = test::read_text(kGolden / "plain.txt");
  ASSERT_GT(expected.size(), 1000U);
  const test::TemporaryFolder folder;
  for (const char* name : {"plain.txt", "packed.gz", "packed.xz", "packed.bz2", "packed.zst"}) {
    EXPECT_EQ(all_text(TextSources({(kGolden / name).string()})), expected) << name;
    std::filesystem::copy_file(kGolden / name, folder / "any name", std::filesystem::copy_options::overwrite_existing);
    EXPECT_EQ(all_text(TextSources({(folder / "any name").string()})), expected) << name;
  }
}

TEST(TextReader, ReadsPackedPartsOneAfterTheOther) {
  const test::TemporaryFolder folder;
  for (const char* name : {"packed.gz", "packed.xz", "packed.bz2", "packed.zst"}) {
    const std::string once = test::read_text(kGolden / name);
    test::write_text(folder / "twice", once + once);
    EXPECT_EQ(all_text(TextSources({(folder / "twice").string()})).size(),
              2 * test::read_text(kGolden / "plain.txt").size())
        << name;
  }
}

TEST(TextReader, SaysWhichFileIsNotWhole) {
  const test::TemporaryFolder folder;
  for (const char* name : {"packed.gz", "packed.xz", "packed.bz2", "packed.zst"}) {
    const std::string whole = test::read_text(kGolden / name);
    test::write_text(folder / "cut", whole.substr(0, whole.size() / 2));
    const TextSources sources({(folder / "cut").string()});
    EXPECT_THAT(message_of<DataError>([&] { all_text(sources); }), HasSubstr("cut: its packed data is damaged"))
        << name;
  }
}

TEST(TextReader, TakesFoldersInTheOrderOfTheirPaths) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "b/c");
  std::filesystem::create_directories(folder / ".hidden");
  test::write_text(folder / "z.txt", "4\n");
  test::write_text(folder / "a.txt", "1\n");
  test::write_text(folder / "b/c/x", "2\n");
  test::write_text(folder / "b/y", "3\n");
  test::write_text(folder / ".hidden/no", "no\n");
  test::write_text(folder / ".latent-1-0.tmp", "no\n");
  EXPECT_EQ(all_text(TextSources({folder.path().string()})), "1\n2\n3\n4\n");
}

TEST(TextReader, SkipsWhatIsNoTextInFolders) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "a.txt", "1\n");
  test::write_text(folder / "cover.png", std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16));
  const TextSources sources({folder.path().string()});
  EXPECT_EQ(all_text(sources), "1\n");
  EXPECT_THAT(sources.skipped(), ::testing::ElementsAre(folder / "cover.png"));
  std::filesystem::remove(folder / "a.txt");
  EXPECT_THAT(message_of<DataError>([&] { TextSources({folder.path().string()}); }),
              HasSubstr("a folder without texts"));
}

TEST(TextReader, LeavesOutTheByteOrderMark) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "marked", "\xef\xbb\xbfword\n");
  test::write_text(folder / "only", "\xef\xbb\xbf");
  EXPECT_EQ(TextReader(TextSources({(folder / "marked").string()})).bytes_read(), 0);
  const TextSources sources({(folder / "only").string(), (folder / "marked").string()});
  TextReader reader(sources);
  TextBlock block;
  ASSERT_TRUE(reader.next(block));
  EXPECT_EQ(block.text, "word\n");
  EXPECT_FALSE(reader.next(block));
}

TEST(TextReader, PiecesEndWithLinesThenWordsThenCharacters) {
  const test::TemporaryFolder folder;
  const auto pieces = [&](const std::string& text) {
    test::write_text(folder / "text", text);
    const TextSources sources({(folder / "text").string()});
    TextReader reader(sources);
    std::vector<std::string> all;
    std::string joined;
    for (TextBlock block; reader.next(block); joined += block.text) {
      EXPECT_EQ(block.offset, static_cast<int64_t>(joined.size()));
      all.push_back(block.text);
    }
    EXPECT_EQ(joined, text);
    EXPECT_GE(all.size(), 2U);
    return all;
  };
  std::string lines, words, letters = "x";
  while (lines.size() < 2 * kBlockBytes) lines += "some words\n";
  while (words.size() < 2 * kBlockBytes) words += "some words ";
  while (letters.size() < 2 * kBlockBytes) letters += "ä";
  EXPECT_EQ(pieces(lines)[0].back(), '\n');
  EXPECT_EQ(pieces(words)[0].back(), ' ');
  EXPECT_EQ(pieces(letters)[1].substr(0, 2), "ä");
}

TEST(TextReader, SaysWhatCannotBeRead) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(message_of<IoError>([&] { TextSources({(folder / "none").string()}); }), HasSubstr("No such file"));
  EXPECT_THAT(message_of<DataError>([&] { TextSources({folder.path().string()}); }),
              HasSubstr("a folder without files"));
  EXPECT_THROW(TextSources({}), std::invalid_argument);
  EXPECT_THROW(TextSources({"-", "-"}), std::invalid_argument);
}

// Counts each word by itself.
class Counts : public CorpusVisitor {
 public:
  void begin(size_t workers) override { workers_ = workers; }
  void visit(size_t worker, size_t slot, Tokens&& tokens) override {
    const std::lock_guard lock(mutex_);
    EXPECT_LT(worker, workers_);
    EXPECT_LT(slot, kSlots);
    for (const auto& token : tokens.tokens) {
      if (!token.ends_sentence()) ++counts[std::string(tokens.word(token))];
    }
  }
  bool end_round(size_t slots, const CorpusPass&) override {
    pieces += slots;
    return ++rounds < most_rounds;
  }
  std::map<std::string, int64_t> counts;
  size_t pieces = 0;
  int rounds = 0, most_rounds = 1000;

 private:
  size_t workers_ = 0;
  std::mutex mutex_;
};

TEST(Corpus, VisitsAllOfTheTextWithAnyNumberOfThreads) {
  const test::TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "word" + std::to_string(i % 1000) + (i % 10 == 9 ? "\n" : " ");
  for (int copy = 0; copy < 4; ++copy) test::write_text(folder / std::to_string(copy), text);
  const Corpus corpus(TextSources({folder.path().string()}), {});
  expect_same_with_any_threads([&] {
    Counts counts;
    const CorpusPass pass = corpus.pass(counts);
    EXPECT_EQ(pass.words, 1'200'000);
    EXPECT_EQ(pass.bytes, corpus.sources().bytes());
    EXPECT_EQ(counts.counts.size(), 1000U);
    EXPECT_GT(counts.pieces, Counts::kSlots);
    return counts.counts;
  });
}

TEST(Corpus, StopsWhenToldTo) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "a", std::string(20 << 20, 'x') + " y");
  Counts counts;
  counts.most_rounds = 1;
  const Corpus corpus(TextSources({(folder / "a").string()}), {});
  corpus.pass(counts);
  EXPECT_EQ(counts.pieces, Counts::kSlots);
}

TEST(Corpus, PassesOnWhatTheFirstBadPieceThrows) {
  const test::TemporaryFolder folder;
  std::string text(2 * kBlockBytes, '\n');
  text[kBlockBytes + 5] = '\0';
  test::write_text(folder / "bad", text);
  const Corpus corpus(TextSources({(folder / "bad").string()}), {});
  Counts counts;
  EXPECT_THAT(message_of<DataError>([&] { corpus.pass(counts); }), HasSubstr("bad: at byte 524293: a NUL byte"));
}

}  // namespace

}  // namespace latent::text
