#include <latent/run/words/detail/words_learner.hpp>

#include <latent/core/error.hpp>
#include <latent/words/glove/glove_trainer.hpp>
#include <latent/words/training/embedding_trainer.hpp>

#include <algorithm>

namespace latent {

namespace {

// Rows of `start` come to the places that their words have now; other rows stay as they are.
void place_rows(const words::WordVectors& start, const words::Vocabulary& vocabulary, const Tensor& rows,
                words::EmbeddingTable& table) {
  const int64_t dim = table.dim();
  const float* const values = rows.data<float>();
  for (int64_t id = 0; id < start.size(); ++id) {
    const int32_t row = *vocabulary.find(start.vocabulary.word(id));
    std::copy_n(values + id * dim, dim, table.row(row).begin());
  }
}

void start_from(const words::WordVectors& start, const words::Vocabulary& vocabulary, const WordsOptions& options,
                words::EmbeddingTables& tables) {
  LATENT_CHECK(start.dim() == options.embedding.dim, "[words] vectors of {} dimensions in place of {}", start.dim(),
               options.embedding.dim);
  place_rows(start, vocabulary, start.ngrams ? start.ngrams->word_rows : start.vectors, tables.input);
  if (start.ngrams) {
    const Tensor& rows = start.ngrams->rows;
    for (int64_t i = 0; i < rows.dim(0); ++i)
      std::copy_n(rows.data<float>() + i * rows.dim(1), rows.dim(1), tables.input.row(vocabulary.size() + i).begin());
  }
  // The nodes of a tree belong to no word, and the tree is another one now.
  const bool is_by_word = start.output.defined() && start.output.dim(0) == start.size();
  if (is_by_word && !options.embedding.hierarchical_softmax) place_rows(start, vocabulary, start.output, tables.output);
}

// Skip-gram and CBOW.
class EmbeddingLearner final : public WordsLearner {
 public:
  EmbeddingLearner(const WordsOptions& options, const words::Vocabulary& vocabulary, const words::EncodedCorpus& corpus,
                   words::EmbeddingTables tables)
      : options_(options.embedding_options()),
        vocabulary_(vocabulary),
        tables_(std::move(tables)),
        trainer_(std::make_unique<words::EmbeddingTrainer>(options_, vocabulary_, corpus, tables_)) {}

  bool step() override { return trainer_->step(); }
  LearnerProgress progress() const override {
    const words::EmbeddingTrainer::Progress at = trainer_->progress();
    return {at.epoch, at.words_done, at.words_total, at.lr, at.loss};
  }
  int64_t position() const override { return trainer_->position(); }
  int64_t positions() const override { return trainer_->positions(); }
  void go_to(int64_t position) override { trainer_->go_to(position); }
  std::vector<std::pair<std::string, Tensor>> tensors() const override {
    return {{"input", tables_.input.padded()}, {"output", tables_.output.padded()}};
  }

  words::WordVectors take() override {
    trainer_.reset();
    const int64_t size = vocabulary_.size();
    words::WordVectors vectors;
    vectors.vocabulary = vocabulary_;
    const Tensor input = tables_.input.take();
    vectors.output = tables_.output.take();
    if (options_.has_subwords()) {
      vectors.ngrams =
          words::Ngrams{options_.min_n, options_.max_n, input.rows(size, input.dim(0)), input.rows(0, size)};
      vectors.vectors = words::compose_vectors(vocabulary_, *vectors.ngrams);
    } else {
      vectors.vectors = input;
    }
    return vectors;
  }

 private:
  words::EmbeddingOptions options_;
  words::Vocabulary vocabulary_;
  words::EmbeddingTables tables_;
  std::unique_ptr<words::EmbeddingTrainer> trainer_;
};

class GloveLearner final : public WordsLearner {
 public:
  GloveLearner(const WordsOptions& options, const words::Vocabulary& vocabulary, const words::EncodedCorpus& corpus,
               const std::filesystem::path& folder, words::GloveTables tables)
      : options_(options.glove_options()), vocabulary_(vocabulary), tables_(std::move(tables)) {
    words::CooccurrenceOptions counting;
    counting.window = options.embedding.window;
    counting.memory = options.pair_memory();
    counting.folder = folder;
    counting.seed = options.embedding.seed;
    trainer_ = std::make_unique<words::GloveTrainer>(
        options_, words::count_cooccurrences(corpus.ids(), vocabulary.size(), counting), tables_);
  }

  bool step() override { return trainer_->step(); }
  LearnerProgress progress() const override {
    const words::GloveTrainer::Progress at = trainer_->progress();
    return {at.iteration, at.pairs_done, at.pairs_total, options_.lr, at.loss};
  }
  int64_t position() const override { return trainer_->position(); }
  int64_t positions() const override { return trainer_->positions(); }
  void go_to(int64_t position) override { trainer_->go_to(position); }
  std::vector<std::pair<std::string, Tensor>> tensors() const override {
    return {{"words", tables_.words.padded()}, {"contexts", tables_.contexts.padded()}};
  }
  words::WordVectors take() override {
    trainer_.reset();
    words::WordVectors vectors;
    vectors.vocabulary = vocabulary_;
    vectors.vectors = words::vectors_of(options_, tables_);
    return vectors;
  }

 private:
  words::GloveOptions options_;
  words::Vocabulary vocabulary_;
  words::GloveTables tables_;
  std::unique_ptr<words::GloveTrainer> trainer_;
};

}  // namespace

std::unique_ptr<WordsLearner> make_learner(const WordsOptions& options, const words::Vocabulary& vocabulary,
                                           const words::EncodedCorpus& corpus, const std::filesystem::path& folder,
                                           const words::WordVectors* start) {
  if (options.method == WordsMethod::glove) {
    LATENT_CHECK(!start, "[words] GloVe does not go on from vectors");
    return std::make_unique<GloveLearner>(options, vocabulary, corpus, folder,
                                          words::initial_tables(options.glove_options(), vocabulary.size()));
  }
  words::EmbeddingTables tables = words::initial_tables(options.embedding_options(), vocabulary);
  if (start) start_from(*start, vocabulary, options, tables);
  return std::make_unique<EmbeddingLearner>(options, vocabulary, corpus, std::move(tables));
}

std::unique_ptr<WordsLearner> restored_learner(const WordsOptions& options, const words::Vocabulary& vocabulary,
                                               const words::EncodedCorpus& corpus, const std::filesystem::path& folder,
                                               const Safetensors& checkpoint) {
  if (options.method == WordsMethod::glove) {
    words::GloveTables tables = words::initial_tables(options.glove_options(), vocabulary.size());
    const int64_t row = tables.words.dim();
    tables.words = words::EmbeddingTable::from_padded(checkpoint.at("words"), row);
    tables.contexts = words::EmbeddingTable::from_padded(checkpoint.at("contexts"), row);
    return std::make_unique<GloveLearner>(options, vocabulary, corpus, folder, std::move(tables));
  }
  words::EmbeddingTables tables;
  tables.input = words::EmbeddingTable::from_padded(checkpoint.at("input"), options.embedding.dim);
  tables.output = words::EmbeddingTable::from_padded(checkpoint.at("output"), options.embedding.dim);
  return std::make_unique<EmbeddingLearner>(options, vocabulary, corpus, std::move(tables));
}

}  // namespace latent
