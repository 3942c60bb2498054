#pragma once
// Learning words from a text: a run directory with a checkpoint, metrics and a model, like every other training.

#include <latent/run/remark.hpp>
#include <latent/run/words/words_options.hpp>
#include <latent/text/corpus.hpp>
#include <latent/words/word_vectors.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latent {

/// What a text was found to hold: what training starts from.
struct WordsText {
  words::Vocabulary vocabulary;
  words::Phrases phrases;
  words::CountedText counted;   ///< counts of the text alone, where others' words joined the vocabulary
  std::vector<Remark> remarks;  ///< what may not be meant: bytes that are no UTF-8, words forgotten
};
/// Finds phrases and counts words.
/// @throws UsageError if training would take more memory than it may; as words::count_words()
WordsText read_words(const text::Corpus& corpus, const WordsOptions& options,
                     const words::ReadingProgress& progress = {});
/// The same for a training that goes on from vectors: their words stay, and new ones join them. Words whose vectors
/// came without counts count once beside those of the text.
WordsText read_more_words(const text::Corpus& corpus, const WordsOptions& options, const words::WordVectors& start,
                          const words::Phrases& phrases, const words::ReadingProgress& progress = {});

class WordsLearner;

/// What is told while training goes on.
struct WordsProgress {
  int64_t epoch = 0;        ///< the one at hand, from 0; as many as there are when all are over
  double share = 0.0;       ///< share of the whole training that is done
  double lr = 0.0;          ///< learning rate of the next step
  double per_second = 0.0;  ///< words, or pairs of words (WordsOptions::unit()), in this process
  double seconds_left = 0.0;
};

/// One training, in one directory that this process alone writes.
class WordsTraining {
 public:
  /// A new one. The text is kept in the directory as ids until training has ended, so that it can go on without the
  /// text.
  /// @param directory  must exist   @param start  vectors to go on from, or null
  /// @throws IoError; as EmbeddingTrainer
  WordsTraining(std::filesystem::path directory, const WordsOptions& options, const text::Corpus& corpus,
                WordsText text, const words::WordVectors* start, double save_seconds,
                const words::ReadingProgress& progress = {});
  /// Goes on where the checkpoint of the directory stands. @throws DataError for a checkpoint that is damaged; IoError
  WordsTraining(std::filesystem::path directory, double save_seconds);
  ~WordsTraining();
  WordsTraining(const WordsTraining&) = delete;
  WordsTraining& operator=(const WordsTraining&) = delete;

  const WordsOptions& options() const { return options_; }
  int64_t words() const { return vocabulary_.size(); }
  bool is_done() const;
  /// Epochs that are over.
  int64_t epochs_done() const;
  /// Trains until all epochs are over, or `stop` is set: then the checkpoint is saved.
  /// @param observer  called a few times a second
  /// @return whether all is done   @throws IoError
  bool run(const std::function<void(const WordsProgress&)>& observer, const std::atomic<bool>& stop);
  /// The mean loss since the last line of metrics.jsonl, and what was trained in all.
  double loss() const { return last_loss_; }
  double seconds() const { return seconds_; }
  /// Writes the model, and removes what only training needed. Last call. @throws IoError
  words::WordVectors finish();

 private:
  void begin(const text::Corpus& corpus, const words::WordVectors* start, const words::ReadingProgress& progress);
  void begin_log();
  void log_line(bool is_last);
  void save_checkpoint();

  std::filesystem::path directory_;
  WordsOptions options_;
  words::Vocabulary vocabulary_;
  words::Phrases phrases_;
  Json facts_;  ///< what the text held
  double save_seconds_;
  words::EncodedCorpus corpus_;
  std::unique_ptr<WordsLearner> learner_;
  double seconds_ = 0.0, loss_sum_ = 0.0, last_loss_ = 0.0;
  int64_t loss_steps_ = 0, lines_ = 0;
  uint64_t log_bytes_ = 0;
};

/// Whether the checkpoint of a run directory is of such a training.
bool is_words_checkpoint(const std::filesystem::path& checkpoint);
/// Keeps the phrases of a run beside its model; removes the file where there are none. @throws IoError
void write_phrases(const std::filesystem::path& directory, const words::Phrases& phrases);
/// The phrases that a run directory holds; none where it has no such file. @throws DataError
words::Phrases read_phrases(const std::filesystem::path& directory);

}  // namespace latent
