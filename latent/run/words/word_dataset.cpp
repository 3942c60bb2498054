#include <latent/run/words/word_dataset.hpp>

#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/formats/file.hpp>
#include <latent/models/word_embedding.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <string_view>

namespace latent {

namespace {

class WordDataset final : public data::Dataset {
 public:
  WordDataset(words::Vocabulary vocabulary, std::vector<int64_t> ids, std::vector<int64_t> labels,
              std::vector<std::string> class_names)
      : vocabulary_(std::move(vocabulary)),
        ids_(std::move(ids)),
        labels_(std::move(labels)),
        class_names_(std::move(class_names)) {}

  int64_t size() const override { return static_cast<int64_t>(ids_.size()); }
  Shape sample_shape() const override { return {1}; }
  data::Kind kind() const override { return data::Kind::words; }
  std::span<const int64_t> labels() const override { return labels_; }
  std::span<const std::string> class_names() const override { return class_names_; }
  DType stored_dtype() const override { return DType::i32; }
  DType value_dtype() const override { return DType::i32; }
  data::Storage storage() const override { return {vocabulary_.bytes().numel(), false}; }
  bool has_sample_names() const override { return true; }
  std::string sample_name(int64_t i) const override {
    return std::string(vocabulary_.word(ids_[static_cast<size_t>(i)]));
  }

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
      *id++ = static_cast<int32_t>(ids_[static_cast<size_t>(index)]);
    }
  }

 private:
  words::Vocabulary vocabulary_;
  std::vector<int64_t> ids_, labels_;
  std::vector<std::string> class_names_;
};

}  // namespace

std::shared_ptr<const data::Dataset> word_dataset(const words::Vocabulary& vocabulary) {
  std::vector<int64_t> ids(static_cast<size_t>(vocabulary.size()));
  std::iota(ids.begin(), ids.end(), int64_t{0});
  return word_dataset(vocabulary, std::move(ids), {}, {});
}

std::shared_ptr<const data::Dataset> word_dataset(const words::Vocabulary& vocabulary, std::vector<int64_t> ids,
                                                  std::vector<int64_t> labels, std::vector<std::string> class_names) {
  return std::make_shared<WordDataset>(vocabulary, std::move(ids), std::move(labels), std::move(class_names));
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

data::Source word_source(const LatentModel& model, const std::string& path, const std::string& file) {
  const words::Vocabulary vocabulary = vocabulary_of(model, path);
  const FileContents contents = FileContents::read(file);
  std::string_view text(reinterpret_cast<const char*>(contents.bytes().data()), contents.bytes().size());
  std::vector<int64_t> ids, labels;
  std::vector<std::string> class_names;
  int64_t lines = 0, unknown = 0;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) continue;
    ++lines;
    const size_t tab = line.find('\t');
    const auto id = vocabulary.find(line.substr(0, tab));
    if (!id) {
      ++unknown;
      continue;
    }
    ids.push_back(*id);
    if (tab == std::string_view::npos) continue;
    const std::string label(line.substr(tab + 1));
    const auto found = std::ranges::find(class_names, label);
    labels.push_back(found - class_names.begin());
    if (found == class_names.end()) class_names.push_back(label);
  }
  contents.check_whole();
  if (ids.empty()) throw DataError(file, fmt::format("none of its {} is a word of {}", counted(lines, "line"), path));
  if (!labels.empty() && labels.size() != ids.size())
    throw DataError(file, "some lines have a label, others have none");
  data::Source source;
  source.name = file;
  source.format = "words";
  source.train = word_dataset(vocabulary, std::move(ids), std::move(labels), std::move(class_names));
  if (unknown > 0)
    source.warnings.push_back(fmt::format("{} of its {} are not in the vocabulary", unknown, counted(lines, "word")));
  return source;
}

}  // namespace latent
