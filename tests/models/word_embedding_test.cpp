// Words as a model: encoding is looking up.

#include <latent/core/detail/json_value.hpp>
#include <latent/models/model_file.hpp>
#include <latent/models/registry.hpp>
#include <latent/models/word_embedding.hpp>

#include <latent/core/error.hpp>

#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// "cat", "dog" and "owl" in two dimensions.
WordTables animals() {
  WordTables tables;
  tables.bytes = Tensor::from(std::vector<uint8_t>{'c', 'a', 't', 'd', 'o', 'g', 'o', 'w', 'l'}, {9});
  tables.ends = Tensor::from(std::vector<int64_t>{3, 6, 9}, {3});
  tables.counts = Tensor::from(std::vector<int64_t>{5, 4, 2}, {3});
  tables.vectors = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {3, 2});
  return tables;
}

TEST(WordEmbedding, EncodesIdsAsTheirVectors) {
  const WordEmbedding model(animals(), {});
  EXPECT_EQ(model.data_shape(), Shape({1}));
  EXPECT_EQ(model.data_dtype(), DType::i32);
  EXPECT_EQ(model.latent_dim(), 2);
  EXPECT_FALSE(model.has_decoder());
  EXPECT_TRUE(is_words(model));
  const auto q = model.encode(Tensor::from(std::vector<int32_t>{2, 0}, {2, 1}));
  EXPECT_THAT(q->mean().to_vector(), ElementsAre(5, 6, 1, 2));
  EXPECT_THAT(q->stddev().to_vector(), ElementsAre(0, 0, 0, 0));
}

TEST(WordEmbedding, RefusesWhatIsNoId) {
  const WordEmbedding model(animals(), {});
  EXPECT_THROW(model.encode(Tensor::from(std::vector<int32_t>{3}, {1, 1})), std::invalid_argument);
  EXPECT_THROW(model.encode(Tensor::from(std::vector<int32_t>{-1}, {1, 1})), std::invalid_argument);
  EXPECT_THROW(model.encode(Tensor::zeros({1, 1})), std::invalid_argument);
  EXPECT_THROW(model.decode(Tensor::zeros({1, 2})), std::invalid_argument);
}

TEST(WordEmbedding, ComesBackFromItsFile) {
  const test::TemporaryFolder folder;
  WordTables tables = animals();
  tables.ngrams = Tensor::full({4, 2}, 0.5);
  tables.word_rows = Tensor::full({3, 2}, 0.25);
  tables.output = Tensor::full({2, 2}, -1.0);
  save_model(folder / "words.safetensors", WordEmbedding(tables, {2, 5}), nlohmann::json{{"words", {{"window", 5}}}});
  const LoadedModel loaded = load_model(folder / "words.safetensors");
  const auto* model = dynamic_cast<const WordEmbedding*>(loaded.model.get());
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->tables().vectors.to_vector(), tables.vectors.to_vector());
  EXPECT_EQ(model->tables().bytes.to_vector(), tables.bytes.to_vector());
  EXPECT_EQ(model->tables().ngrams.to_vector(), tables.ngrams.to_vector());
  EXPECT_EQ(model->tables().output.shape(), Shape({2, 2}));
  EXPECT_EQ(model->ngrams().max_n, 5);
  EXPECT_EQ(loaded.info->at("words").at("window"), 5);
}

TEST(WordEmbedding, RefusesTablesThatDoNotFit) {
  const auto refused = [](const std::function<void(WordTables&)>& change, WordEmbedding::Ngrams ngrams = {}) {
    WordTables tables = animals();
    change(tables);
    EXPECT_THROW(WordEmbedding(tables, ngrams), std::invalid_argument);
  };
  refused([](WordTables& tables) { tables.counts = Tensor::zeros({2}, DType::i64); });
  refused([](WordTables& tables) { tables.vectors = Tensor::zeros({4, 2}); });
  refused([](WordTables& tables) { tables.output = Tensor::zeros({3, 5}); });
  refused([](WordTables& tables) { tables.ngrams = Tensor::zeros({3, 2}); });
  refused([](WordTables&) {}, {3, 6});
}

TEST(WordEmbedding, ConfigsAreReadStrictly) {
  Rng rng(0);
  const nlohmann::json config = {{"model", "words"}, {"words", 3}, {"word_bytes", 9}, {"dim", 2}};
  EXPECT_EQ(make_model(config, rng)->latent_dim(), 2);
  EXPECT_EQ(costs_of(config).weights, 6.0);
  const auto refusal = [&](const char* key, const nlohmann::json& value, int64_t most = 1000) {
    nlohmann::json changed = config;
    changed[key] = value;
    return message_of([&] { make_model(changed, rng, most); });
  };
  EXPECT_THAT(refusal("wrods", 3), HasSubstr("did you mean 'words'?"));
  EXPECT_THAT(refusal("words", 0), HasSubstr("words"));
  EXPECT_THAT(refusal("max_n", 3), HasSubstr("buckets"));
  EXPECT_THAT(refusal("words", 1000), HasSubstr("more than 1000"));
  EXPECT_THAT(refusal("words", int64_t{1} << 31, kMaxModelElements), HasSubstr("more than"));
}

}  // namespace
}  // namespace latent
