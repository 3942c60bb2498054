// Files of word vectors: those that gensim and fastText wrote, those that lie, and there and back.

#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>
#include <latent/words/files/vector_file.hpp>
#include <latent/words/queries.hpp>

#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace latent::words {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::filesystem::path kFolder = std::filesystem::path(LATENT_TEST_DATA) / "golden" / "words";

const nlohmann::json& said() {
  static const nlohmann::json kSaid = nlohmann::json::parse(test::read_text(kFolder / "said.json"));
  return kSaid;
}

std::vector<std::string> words_in(const Vocabulary& vocabulary) {
  std::vector<std::string> words;
  for (int64_t id = 0; id < vocabulary.size(); ++id) words.emplace_back(vocabulary.word(id));
  return words;
}

LoadedVectors from_text(const std::string& text, const ReadVectorsOptions& options = {}) {
  return read_vectors(test::to_bytes(text), "vectors.txt", options);
}
std::string refusal(const std::string& text, const ReadVectorsOptions& options = {}) {
  return message_of<DataError>([&] { from_text(text, options); });
}

// What print-word-vectors shows: five digits.
constexpr double kPrinted = 2e-5;
void expect_vector(const WordVectors& words, const std::string& word, const nlohmann::json& expected,
                   double tolerance) {
  const auto vector = vector_of(words, word);
  ASSERT_TRUE(vector) << word;
  ASSERT_EQ(vector->size(), expected.size());
  for (size_t d = 0; d < vector->size(); ++d) {
    EXPECT_NEAR((*vector)[d], expected[d].get<double>(), tolerance * (1.0 + std::abs(expected[d].get<double>())))
        << word;
  }
}

TEST(VectorFile, ReadsWhatGensimWrote) {
  const std::pair<const char*, VectorFormat> files[] = {{"gensim.txt", VectorFormat::word2vec},
                                                        {"gensim.bin", VectorFormat::word2vec_binary},
                                                        {"glove.txt", VectorFormat::glove},
                                                        {"gensim.npz", VectorFormat::npz}};
  for (const auto& [name, format] : files) {
    const LoadedVectors loaded = read_vectors(kFolder / name);
    EXPECT_EQ(loaded.format, format) << name;
    EXPECT_EQ(words_in(loaded.words.vocabulary), said()["words"].get<std::vector<std::string>>()) << name;
    for (const auto& [word, vector] : said()["vectors"].items()) expect_vector(loaded.words, word, vector, 1e-7);
    EXPECT_THAT(loaded.warnings, IsEmpty());
  }
  EXPECT_GT(read_vectors(kFolder / "gensim.npz").words.vocabulary.total(), 1000);
}

TEST(VectorFile, ReadsFastTextsModels) {
  for (const auto& [name, vectors] : said()["fasttext"].items()) {
    const LoadedVectors loaded = read_vectors(kFolder / (name + ".bin"));
    EXPECT_EQ(loaded.format, VectorFormat::fasttext);
    for (const auto& [word, vector] : vectors.items()) {
      if (word == "</s>" && !loaded.words.vocabulary.find(word)) continue;
      expect_vector(loaded.words, word, vector, kPrinted);
    }
    EXPECT_EQ(loaded.words.ngrams.has_value(), name != "plain");
    EXPECT_GT(loaded.words.vocabulary.total(), 4000);
  }
  const LoadedVectors ngrams = read_vectors(kFolder / "ngrams.bin");
  EXPECT_EQ(ngrams.words.ngrams->buckets(), 100);
  EXPECT_EQ(ngrams.words.output.dim(0), ngrams.words.size());
  EXPECT_EQ(ngrams.words.training->at("method"), "skipgram");
  EXPECT_EQ(vector_of(read_vectors(kFolder / "plain.bin").words, "catking"), std::nullopt);
}

TEST(VectorFile, ReadsFastTextsVec) {
  const LoadedVectors text = read_vectors(kFolder / "ngrams.vec"), model = read_vectors(kFolder / "ngrams.bin");
  ASSERT_EQ(words_in(text.words.vocabulary), words_in(model.words.vocabulary));
  for (int64_t i = 0; i < text.words.vectors.numel(); ++i) {
    const double value = model.words.vectors.data<float>()[i];
    EXPECT_NEAR(text.words.vectors.data<float>()[i], value, kPrinted * (1.0 + std::abs(value)));
  }
}

TEST(VectorFile, ReadsTheFastTextThatGensimWrote) {
  const LoadedVectors loaded = read_vectors(kFolder / "gensim_fasttext.bin");
  for (const auto& [word, vector] : said()["gensim_fasttext"].items()) expect_vector(loaded.words, word, vector, 1e-5);
}

TEST(VectorFile, RefusesWhatFastTextLearnedWithLabels) {
  EXPECT_THAT(message_of<DataError>([] { read_vectors(kFolder / "supervised.bin"); }), HasSubstr("a supervised model"));
  std::vector<std::byte> quantised = test::read_bytes(kFolder / "plain.bin");
  const LoadedVectors plain = read_vectors(kFolder / "plain.bin");
  const size_t matrix = static_cast<size_t>(plain.words.size()) * 8 * sizeof(float), sizes = 16;
  quantised[quantised.size() - 2 * matrix - 2 * sizes - 2] = std::byte{1};
  EXPECT_THAT(message_of<DataError>([&] { read_vectors(quantised, "a.ftz"); }), HasSubstr("quantised"));
}

TEST(VectorFile, AnswersAsGensimDoes) {
  const WordQueries queries(read_vectors(kFolder / "gensim.bin").words);
  const auto expect_answers = [&](const std::vector<NearWord>& found, const nlohmann::json& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(queries.words().vocabulary.word(found[i].id), expected[i][0].get<std::string>());
      EXPECT_NEAR(found[i].cosine, expected[i][1].get<double>(), 1e-6);
    }
  };
  expect_answers(queries.nearest("cat", 5), said()["nearest_cat"]);
  expect_answers(queries.analogy("king", "queen", "cat", 5), said()["analogy"]);
  const std::vector<std::string> group = {"cat", "dog", "horse", "king"};
  const auto cosines = cosines_with_mean(queries.words(), group);
  EXPECT_EQ(group[static_cast<size_t>(std::ranges::min_element(cosines) - cosines.begin())], said()["odd"]);
}

WordVectors small_words(bool with_ngrams) {
  WordVectors words;
  words.vocabulary = Vocabulary::by_count({{"the", 90}, {"new york", 7}, {"größe", 7}, {"x", 1}});
  words.vectors =
      Tensor::from(std::vector<float>{0.1f, -2.5e-7f, 3e5f, 1.0f / 3, 0, -1, 2, 4, 8, -0.5f, 1e-30f, 7}, {4, 3});
  words.output = Tensor::full({4, 3}, 0.25);
  words.training = nlohmann::json{{"method", "cbow"}, {"window", 7}};
  if (with_ngrams) {
    words.ngrams = Ngrams{3, 4, Tensor::full({5, 3}, 0.5), words.vectors};
    words.vectors = compose_vectors(words.vocabulary, *words.ngrams);
  }
  return words;
}

TEST(VectorFile, EachFormComesBack) {
  const test::TemporaryFolder folder;
  for (const std::string_view name : vector_format_names()) {
    for (const bool with_ngrams : {false, true}) {
      const VectorFormat format = vector_format_from(name);
      const WordVectors words = small_words(with_ngrams);
      const auto lost = write_vectors(folder / "vectors", words, format);
      const LoadedVectors again = read_vectors(folder / "vectors");
      EXPECT_EQ(again.format, format) << name;
      EXPECT_EQ(again.words.vectors.to_vector(), words.vectors.to_vector()) << name;
      const bool keeps_spaces = format == VectorFormat::npz || format == VectorFormat::safetensors;
      EXPECT_TRUE(again.words.vocabulary.find(keeps_spaces ? "new york" : "new_york")) << name;
      EXPECT_TRUE(again.words.vocabulary.find("größe")) << name;
      const bool keeps_ngrams = format == VectorFormat::fasttext || format == VectorFormat::safetensors;
      EXPECT_EQ(again.words.ngrams.has_value(), with_ngrams && keeps_ngrams) << name;
      if (keeps_ngrams) {
        EXPECT_EQ(again.words.output.to_vector(), words.output.to_vector()) << name;
        EXPECT_EQ(again.words.training->at("method"), "cbow") << name;
        EXPECT_EQ(again.words.vocabulary.count(0), 90) << name;
      }
      EXPECT_EQ(lost.size(), (keeps_spaces ? 0U : 1U) + (with_ngrams && !keeps_ngrams ? 1U : 0U)) << name;
    }
  }
}

TEST(VectorFile, FirstTakesTheMostFrequent) {
  const test::TemporaryFolder folder;
  for (const std::string_view name : vector_format_names()) {
    const WordVectors words = small_words(false);
    write_vectors(folder / "vectors", words, vector_format_from(name));
    const LoadedVectors first = read_vectors(folder / "vectors", {.first = 2});
    EXPECT_EQ(first.words.size(), 2) << name;
    EXPECT_EQ(first.words.vectors.to_vector(), words.vectors.rows(0, 2).to_vector()) << name;
    EXPECT_EQ(read_vectors(folder / "vectors", {.first = 9}).words.size(), 4) << name;
  }
}

TEST(VectorFile, SafetensorsAreLookedInto) {
  const test::TemporaryFolder folder;
  write_vectors(folder / "words.safetensors", small_words(false), VectorFormat::safetensors);
  const LoadedVectors loaded = read_vectors(folder / "words.safetensors");
  const auto bytes = loaded.words.file->bytes();
  const auto* const begin = reinterpret_cast<const std::byte*>(std::as_const(loaded.words.vectors).raw());
  EXPECT_GE(begin, bytes.data());
  EXPECT_LT(begin, bytes.data() + bytes.size());
}

TEST(VectorFile, ReadsPackedText) { EXPECT_EQ(read_vectors(kFolder / "packed.txt.gz").words.size(), 24); }

TEST(VectorFile, WordsMayHoldSpaces) {
  const LoadedVectors loaded = from_text("cat 1 2 3\n. . . 4 5 6\nnew york 7 8 9\n1 2 3 4 5\ndog 1 1 1\nowl 2 2 2\n");
  EXPECT_THAT(words_in(loaded.words.vocabulary), ElementsAre("cat", ". . .", "new york", "1 2", "dog", "owl"));
  EXPECT_EQ(loaded.words.dim(), 3);
  EXPECT_EQ(loaded.format, VectorFormat::glove);
}

TEST(VectorFile, BlanksAndLineEndsOfOtherProgramsAreFine) {
  const LoadedVectors loaded = from_text("2 3\r\ncat 1 2 3 \r\ndog\t+4\t5e0\t6 \n\n");
  EXPECT_THAT(loaded.words.vectors.to_vector(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(words_in(loaded.words.vocabulary), ElementsAre("cat", "dog"));
}

TEST(VectorFile, NumbersTooSmallAreZeros) {
  EXPECT_THAT(from_text("cat 1e-60 -1e-60 1\n").words.vectors.to_vector(), ElementsAre(0, 0, 1));
}

TEST(VectorFile, TakesTheFirstOfWordsThatAreThereTwice) {
  const LoadedVectors loaded = from_text("cat 1 2\ndog 3 4\ncat 5 6\nowl 7 8\n");
  EXPECT_THAT(words_in(loaded.words.vocabulary), ElementsAre("cat", "dog", "owl"));
  EXPECT_THAT(loaded.words.vectors.to_vector(), ElementsAre(1, 2, 3, 4, 7, 8));
  EXPECT_THAT(loaded.warnings,
              ElementsAre("1 word was there already, 'cat' the first of them: their first vectors were taken"));
}

TEST(VectorFile, RepairsBytesThatAreNoUtf8) {
  const LoadedVectors loaded = from_text("caf\xe9 1 2\ndog 3 4\n");
  EXPECT_EQ(loaded.words.vocabulary.word(0), "caf\xef\xbf\xbd");
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("the bytes of 1 word are not UTF-8")));
}

TEST(VectorFile, SaysWhichCountLies) {
  EXPECT_EQ(refusal("3 2\na 1 2\nb 3 4\n"), "vectors.txt: its first line says 3 words, but 2 lines of vectors follow");
  EXPECT_EQ(
      refusal("1 2\na 1 2\nb 3 4\n"),
      "vectors.txt: its first line says 1 word, but 2 lines of vectors follow; --first 1 takes the first of them");
  EXPECT_THAT(refusal("2 3\na 1 2\nb 3 4\n"), HasSubstr("says 3 dimensions, but 2 numbers follow the first word"));
  EXPECT_THAT(refusal("9000000 2\na 1 2\nb 3 4\n"), HasSubstr("do not fit into its 22 bytes"));
  EXPECT_THAT(refusal("4000000000000 300\n" + std::string(5000, 'x')), HasSubstr("do not fit"));
  EXPECT_EQ(from_text("3 2\na 1 2\nb 3 4\n", {.first = 1}).words.size(), 1);
}

TEST(VectorFile, SaysWhichLineIsWrong) {
  EXPECT_EQ(refusal("a 1 2\nb 3\nc 4 5\n"),
            "vectors.txt: at byte 6: line 2, 'b': expected a word and 2 numbers, but it has 1");
  EXPECT_EQ(refusal("a 1 2\nb 3 x\n"),
            "vectors.txt: at byte 6: line 2, 'b': expected a word and 2 numbers, but one of them is no number");
  EXPECT_THAT(refusal("a 1 2\nb 3 4\nc 5"),
              HasSubstr("line 3, 'c': expected a word and 2 numbers, but it has 1; the file"));
  EXPECT_EQ(refusal("a 1 2\nb nan 4\n"), "vectors.txt: the vector of 'b' has a value that is not finite");
  EXPECT_THAT(refusal("a 1 2\nb 1e60 4\n"), HasSubstr("the vector of 'b' has a value that is not finite"));
}

TEST(VectorFile, RefusesWhatIsNone) {
  EXPECT_EQ(refusal(""), "vectors.txt: the file is empty");
  EXPECT_THAT(refusal("Once upon a time\nthere was a cat\n"), HasSubstr("not a file of word vectors"));
  EXPECT_THAT(message_of<DataError>([] { read_vectors(kFolder / "corpus.txt"); }), HasSubstr("not a file of word"));
  EXPECT_THAT(message_of<DataError>(
                  [] { read_vectors(std::filesystem::path(LATENT_TEST_DATA) / "golden" / "text" / "packed.xz"); }),
              HasSubstr("packed.xz: not a file of word vectors"));
}

TEST(VectorFile, BeginningsOfFilesAreRefused) {
  for (const char* name : {"gensim.bin", "ngrams.bin", "plain.bin", "gensim.npz"}) {
    const std::vector<std::byte> whole = test::read_bytes(kFolder / name);
    for (size_t size = 0; size + 1 < whole.size(); size += 1 + size / 16) {
      const std::vector<std::byte> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_THROW(read_vectors(part, name), DataError) << name << ", the first " << size << " bytes";
    }
  }
}

TEST(VectorFile, DamageIsRefusedOrSurvived) {
  for (const char* name : {"gensim.txt", "gensim.bin", "plain.bin", "glove.txt"}) {
    const std::vector<std::byte> whole = test::read_bytes(kFolder / name);
    for (size_t at = 0; at < std::min<size_t>(whole.size(), 700); ++at) {
      for (const int change : {0x01, 0x80, 0xff}) {
        std::vector<std::byte> damaged = whole;
        damaged[at] ^= static_cast<std::byte>(change);
        try {
          read_vectors(damaged, name);
        } catch (const DataError&) {
        }
      }
    }
  }
}

TEST(VectorFile, NamesDecideTheForm) {
  const WordVectors plain = small_words(false), ngrams = small_words(true);
  EXPECT_EQ(format_by_name("a.txt", plain), VectorFormat::word2vec);
  EXPECT_EQ(format_by_name("a.vec", plain), VectorFormat::word2vec);
  EXPECT_EQ(format_by_name("a.bin", plain), VectorFormat::word2vec_binary);
  EXPECT_EQ(format_by_name("a.bin", ngrams), VectorFormat::fasttext);
  EXPECT_EQ(format_by_name("a.npz", plain), VectorFormat::npz);
  EXPECT_EQ(format_by_name("a.safetensors", plain), VectorFormat::safetensors);
  EXPECT_THROW(format_by_name("a.doc", plain), UsageError);
}

TEST(VectorFile, RefusesTwoWordsThatWouldBecomeOne) {
  WordVectors words = small_words(false);
  words.vocabulary = Vocabulary::in_order({"new york", "new_york", "a", "b"});
  const test::TemporaryFolder folder;
  EXPECT_THROW(write_vectors(folder / "a.txt", words, VectorFormat::word2vec), UsageError);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.txt"));
}

}  // namespace

}  // namespace latent::words
