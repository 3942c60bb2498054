// Runs of words: their vocabulary as samples, options, sums.

#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>
#include <latent/data/expressions/attribute.hpp>
#include <latent/formats/image.hpp>
#include <latent/models/model_file.hpp>
#include <latent/run/clusters/clustering.hpp>
#include <latent/run/maps/sample_map.hpp>
#include <latent/run/run_data.hpp>
#include <latent/run/words/joined_words.hpp>
#include <latent/run/words/word_dataset.hpp>
#include <latent/run/words/word_sums.hpp>
#include <latent/run/words/words_training.hpp>
#include <latent/words/model_words.hpp>

#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

words::WordVectors some_words() {
  words::WordVectors words;
  words.vocabulary = words::Vocabulary::by_count(
      {{"king", 60}, {"queen", 50}, {"man", 40}, {"woman", 30}, {"café", 20}, {"apple", 10}});
  words.vectors =
      Tensor::from(std::vector<float>{1, 1, 0.1f, -1, 1, 0.1f, 1, 0, 0.1f, -1, 0, 0.1f, 0, 0, 2, 0.1f, 0, 2}, {6, 3});
  return words;
}

Run saved_run(const test::TemporaryFolder& folder) {
  save_model(folder / "model.safetensors", *words::model_of(some_words()), {});
  return load_run(folder.path());
}

TEST(WordsRun, ItsSamplesAreItsWords) {
  const test::TemporaryFolder folder;
  const latent::Run run = saved_run(folder);
  EXPECT_EQ(run.kind(), data::Kind::words);
  const RunData data = open_data(run);
  EXPECT_EQ(data.samples->size(), 6);
  EXPECT_EQ(data.samples->sample_name(4), "café");
  EXPECT_EQ(run.encode(*data.samples).to_vector(), some_words().vectors.to_vector());
  EXPECT_EQ(data::subset(data.samples, {3, 1})->sample_name(0), "woman");
}

TEST(WordsRun, AFileNamesSomeOfThemWithLabels) {
  const test::TemporaryFolder folder;
  const latent::Run run = saved_run(folder);
  const std::string file = (folder / "words.tsv").string();
  test::write_text(file, "queen\tf\nking\tm\r\nduke\tm\n\nwoman\tf\n");
  const RunData data = open_data(run, {.source = file});
  EXPECT_EQ(data.samples->size(), 3);
  EXPECT_EQ(data.samples->sample_name(2), "woman");
  EXPECT_THAT(data.samples->labels(), ElementsAre(0, 1, 0));
  EXPECT_THAT(data.samples->class_names(), ElementsAre("f", "m"));
  EXPECT_EQ(run.encode(*data.samples).data<float>()[3], 1.0f);  // the king's first
  ASSERT_EQ(data.remarks.size(), 1U);
  EXPECT_THAT(data.remarks[0].text, HasSubstr("1 of its 4 words are not in the vocabulary"));
  test::write_text(file, "queen\tf\nking\n");
  EXPECT_THAT(message_of<DataError>([&] { open_data(run, {.source = file}); }), HasSubstr("some lines have a label"));
  test::write_text(file, "duke\n");
  EXPECT_THAT(message_of<DataError>([&] { open_data(run, {.source = file}); }), HasSubstr("none of its 1 line"));
}

TEST(WordsRun, SamplesAreNamedInAttributes) {
  const auto words = word_dataset(some_words().vocabulary);
  const data::Sides sides =
      data::choose_sides(data::parse_attribute("names=king,man vs names=queen,woman"), *words, {});
  EXPECT_THAT(sides.positive, ElementsAre(0, 2));
  EXPECT_THAT(sides.negative, ElementsAre(1, 3));
  EXPECT_THAT(message_of([&] { data::choose_sides(data::parse_attribute("names=knig"), *words, {}); }),
              HasSubstr("no sample is called 'knig'"));
}

TEST(WordsRun, MapsShowWords) {
  const test::TemporaryFolder folder;
  const latent::Run run = saved_run(folder);
  const MappedSamples samples = samples_to_map(run, open_data(run), SampleSpace::latent, {}, 0);
  const Tensor places = make_map(samples.x, {.method = MapMethod::pca}).positions;
  write_map(samples, places, "words", {folder / "map.svg", Form::svg});
  EXPECT_THAT(test::read_text(folder / "map.svg"), HasSubstr(">café<"));
  write_map(samples, places, "words", {folder / "map.csv", Form::csv});
  EXPECT_THAT(test::read_text(folder / "map.csv"), HasSubstr("index,x,y,data_index,word\n"));
  write_map(samples, places, "words", {folder / "map.png", Form::png});
  EXPECT_GT(std::filesystem::file_size(folder / "map.png"), 5000U);
}

TEST(WordsRun, PairsOfWordsAreJoined) {
  const test::TemporaryFolder folder;
  const latent::Run run = saved_run(folder);
  const RunData data = open_data(run);
  const JoinedWords joined = joined_words(run, data, "woman=man,queen=king,duke=man,woman=café");
  EXPECT_EQ(joined.data.samples->size(), 5);
  EXPECT_EQ(joined.data.samples->sample_name(0), "woman");
  EXPECT_THAT(joined.pairs, ElementsAre(std::pair(0, 1), std::pair(2, 3), std::pair(0, 4)));
  ASSERT_EQ(joined.remarks.size(), 1U);
  EXPECT_THAT(joined.remarks[0].text, HasSubstr("1 pair left out: 'duke' is not in the vocabulary"));
  const std::string file = (folder / "pairs.txt").string();
  test::write_text(file, "king queen\r\n\n man\twoman\n");
  EXPECT_THAT(joined_words(run, data, "@" + file).pairs, ElementsAre(std::pair(0, 1), std::pair(2, 3)));
  test::write_text(file, "king queen man\n");
  EXPECT_THAT(message_of<DataError>([&] { joined_words(run, data, "@" + file); }), HasSubstr("line 1: two words"));
  EXPECT_THAT(message_of<UsageError>([&] { joined_words(run, data, "duke=king"); }), HasSubstr("'duke' is not in the"));
  for (const char* wrong : {"king", "=king", "king=", "king=queen,,man=woman"}) {
    EXPECT_THAT(message_of<UsageError>([&] { joined_words(run, data, wrong); }), HasSubstr("WORD=WORD")) << wrong;
  }
}

TEST(WordsRun, ClustersAreToldByTheirWords) {
  ClusterOptions options;
  options.k = 2;
  const Clustering found = cluster_codes(some_words().vectors, options);
  const int64_t of_apple = found.clusters[5];
  EXPECT_THAT(typical_samples(found, of_apple, 5), ::testing::UnorderedElementsAre(4, 5));
}

TEST(WordsRun, SumsOfWords) {
  const auto terms = word_sum_from("king - man + 0.5 * woman");
  ASSERT_EQ(terms.size(), 3U);
  EXPECT_EQ(terms[1].word, "man");
  EXPECT_EQ(terms[1].factor, -1.0);
  EXPECT_EQ(terms[2].factor, 0.5);
  EXPECT_EQ(word_sum_from("- king")[0].factor, -1.0);
  const std::vector<float> sum = sum_of_words(some_words(), word_sum_from("2 * apple"));
  EXPECT_NEAR(sum[2], 2 * 2 / std::sqrt(0.01 + 4), 1e-6);
  for (const char* wrong : {"", "king man", "king -", "x * king", "king + + man", "2 *"})
    EXPECT_THROW(word_sum_from(wrong), UsageError) << wrong;
}

TEST(WordsOptions, ComeBackFromJson) {
  WordsOptions options;
  options.method = WordsMethod::cbow;
  options.embedding.max_n = 6;
  options.embedding.min_n = 3;
  options.embedding.buckets = 1234;
  options.tokenizer.words = text::WordRule::unicode;
  options.min_count = 7;
  const nlohmann::json json = *options.to_json();
  EXPECT_EQ(WordsOptions::from_json(json).to_json(), json);
  nlohmann::json wrong = json;
  wrong["window"] = 0;
  EXPECT_THROW(WordsOptions::from_json(wrong), std::invalid_argument);
  wrong = json;
  wrong.erase("dim");
  EXPECT_THROW(WordsOptions::from_json(wrong), std::invalid_argument);
}

TEST(WordsOptions, GloveTakesXMaxByTheText) {
  EXPECT_EQ(WordsOptions::x_max_for(99'999'999), 10.0);
  EXPECT_EQ(WordsOptions::x_max_for(100'000'000), 100.0);
  const test::TemporaryFolder folder;
  const std::string file = (folder / "text.txt").string();
  test::write_text(file, "a cat and a dog and a cow\na cat and a cow\n");
  WordsOptions options;
  options.method = WordsMethod::glove;
  options.min_count = 1;
  const text::Corpus corpus(text::TextSources({file}), options.tokenizer);
  EXPECT_EQ(WordsTraining(folder.path(), options, corpus, read_words(corpus, options), nullptr, 60.0).options().x_max,
            10.0);
  options.x_max = 3.0;
  EXPECT_EQ(WordsTraining(folder.path(), options, corpus, read_words(corpus, options), nullptr, 60.0).options().x_max,
            3.0);
}

TEST(WordsOptions, BytesAsPeopleWriteThem) {
  EXPECT_EQ(parse_bytes("2G"), int64_t{2} << 30);
  EXPECT_EQ(parse_bytes("1.5GB"), int64_t{3} << 29);
  EXPECT_EQ(parse_bytes("500m"), int64_t{500} << 20);
  EXPECT_EQ(parse_bytes("123"), 123);
  EXPECT_EQ(bytes_text(int64_t{3} << 29), "1.5 GB");
  EXPECT_EQ(bytes_text(12), "12 bytes");
  for (const char* wrong : {"", "G", "-1G", "0", "2 G", "1e30G", "2X"})
    EXPECT_THROW(parse_bytes(wrong), std::invalid_argument) << wrong;
}

TEST(WordsOptions, MemoryIsCheckedWithAdvice) {
  const words::Vocabulary vocabulary = some_words().vocabulary;
  WordsOptions options;
  options.memory = int64_t{64} << 20;
  EXPECT_NO_THROW(check_words_memory(options, vocabulary));
  options.embedding.max_n = 6;
  options.embedding.min_n = 3;
  try {
    check_words_memory(options, vocabulary);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("2,000,000 n-gram buckets"));
    EXPECT_THAT(error.what(), HasSubstr("--memory allows 64 MB"));
    EXPECT_THAT(error.advice(), HasSubstr("--buckets"));
  }
}

}  // namespace
}  // namespace latent
