#pragma once
// Learning word vectors from their neighbours: skip-gram, CBOW, n-grams of characters.

#include <latent/words/encoded_corpus.hpp>
#include <latent/words/training/embedding_options.hpp>
#include <latent/words/training/embedding_table.hpp>
#include <latent/words/vocabulary.hpp>

#include <memory>

namespace latent::words {

/// What is learned.
struct EmbeddingTables {
  EmbeddingTable input;   ///< (V + buckets, dim): words, then n-grams where there are any
  EmbeddingTable output;  ///< (V, dim); of hierarchical softmax the nodes of its tree, (V - 1, dim)
};

/// Tables before training: inputs uniform on [-1, 1) / dim, outputs zero, as in fastText and gensim.
/// @throws std::invalid_argument for options out of range or an empty vocabulary; std::bad_alloc
EmbeddingTables initial_tables(const EmbeddingOptions& options, const Vocabulary& vocabulary);
/// Bytes of memory that tables and trainer take together, without the text.
int64_t training_memory(const EmbeddingOptions& options, int64_t words);

/// Trains tables on a text. The same seed gives the same bits at any number of threads. On one thread at a time.
///
/// Skip-gram: chunks of the text fall into a grid of blocks of input and output rows; the blocks of a diagonal, which
/// have no row in common, are done at the same time. CBOW and n-grams: batches of windows update output rows, one
/// window after the other, while inputs stand still, then the input rows; a row is changed by one thread alone.
///
/// Source: Mikolov et al. 2013, arXiv:1310.4546; Bojanowski et al. 2017, arXiv:1607.04606; noise shared within a
/// window: Ji et al. 2016, arXiv:1604.04661. docs/models/words.md has the formulas.
class EmbeddingTrainer {
 public:
  /// @param tables  of initial_tables()'s shapes, trained in place; must live as long as this
  /// @throws std::invalid_argument for options out of range, tables of other shapes, or a text without words
  EmbeddingTrainer(const EmbeddingOptions& options, const Vocabulary& vocabulary, EncodedCorpus corpus,
                   EmbeddingTables& tables);
  ~EmbeddingTrainer();
  EmbeddingTrainer(const EmbeddingTrainer&) = delete;
  EmbeddingTrainer& operator=(const EmbeddingTrainer&) = delete;

  /// Trains on the next few thousand words. False, and nothing is done, when all epochs are over.
  bool step();

  struct Progress {
    int64_t epoch = 0;        ///< the one at hand, from 0; `epochs` when all are over
    int64_t words_done = 0;   ///< words of the vocabulary that were met, in all epochs
    int64_t words_total = 0;  ///< ... and that there are
    double lr = 0.0;          ///< rate of the next step
    double loss = 0.0;        ///< nats for each word predicted, of a sample of the last step; 0 before the first
  };
  Progress progress() const;

  /// Steps done. With the tables it is all that has to be kept to go on later.
  int64_t position() const;
  /// Steps of all epochs.
  int64_t positions() const;
  /// Goes on from there: the tables must be those of that moment. @throws std::invalid_argument if there is no such
  /// step
  void go_to(int64_t position);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace latent::words
