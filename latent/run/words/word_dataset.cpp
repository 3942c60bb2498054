#include <latent/run/words/word_dataset.hpp>

#include <latent/core/error.hpp>
#include <latent/models/word_embedding.hpp>

#include <fmt/core.h>

namespace latent {

namespace {

class WordDataset final : public data::Dataset {
 public:
  explicit WordDataset(words::Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}

  int64_t size() const override { return vocabulary_.size(); }
  Shape sample_shape() const override { return {1}; }
  data::Kind kind() const override { return data::Kind::words; }
  DType stored_dtype() const override { return DType::i32; }
  DType value_dtype() const override { return DType::i32; }
  data::Storage storage() const override { return {vocabulary_.bytes().numel(), false}; }
  bool has_sample_names() const override { return true; }
  std::string sample_name(int64_t i) const override { return std::string(vocabulary_.word(i)); }

  void gather(std::span<const int64_t>, std::span<float>) const override {
    detail::throw_invalid_argument("[gather] words have ids, not numbers to compute with: use --space latent");
  }
  void gather_values(std::span<const int64_t> indices, Tensor& out) const override {
    const Shape wanted = {static_cast<int64_t>(indices.size()), 1};
    LATENT_CHECK(out.shape() == wanted && out.dtype() == DType::i32, "[gather_values] room for {} i32 expected, got {}",
                 wanted.str(), out.shape().str());
    int32_t* id = out.data<int32_t>();
    for (const int64_t index : indices) {
      LATENT_CHECK(0 <= index && index < size(), "[gather] sample {} of {}", index, size());
      *id++ = static_cast<int32_t>(index);
    }
  }

 private:
  words::Vocabulary vocabulary_;
};

}  // namespace

std::shared_ptr<const data::Dataset> word_dataset(const words::Vocabulary& vocabulary) {
  return std::make_shared<WordDataset>(vocabulary);
}

words::Vocabulary vocabulary_of(const LatentModel& model, const std::string& path) {
  const auto* const embedding = dynamic_cast<const WordEmbedding*>(&model);
  LATENT_CHECK(embedding, "[vocabulary_of] a model of words expected, got '{}'", model.kind());
  const WordTables& tables = embedding->tables();
  try {
    return words::Vocabulary::from_tensors(tables.bytes, tables.ends, tables.counts);
  } catch (const std::invalid_argument& error) {
    throw DataError(path, fmt::format("its list of words is damaged: {}", error.what()));
  }
}

data::Source word_source(const LatentModel& model, const std::string& path) {
  data::Source source;
  source.name = path;
  source.format = "words";
  source.train = word_dataset(vocabulary_of(model, path));
  return source;
}

}  // namespace latent
