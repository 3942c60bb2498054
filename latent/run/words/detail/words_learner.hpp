#pragma once
// Private to run/words: what WordsTraining trains, whatever the method.

#include <latent/formats/safetensors.hpp>
#include <latent/run/words/words_options.hpp>
#include <latent/words/encoded_corpus.hpp>
#include <latent/words/word_vectors.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace latent {

/// How far a training has come.
struct LearnerProgress {
  int64_t epoch = 0;  ///< the one at hand, from 0; as many as there are when all are over
  int64_t done = 0;   ///< words (or pairs of words, see WordsLearner::unit()) in all epochs
  int64_t total = 0;  ///< ... and that there are
  double lr = 0.0;    ///< learning rate of the next step
  double loss = 0.0;  ///< loss of the last step, for each of what is counted; 0 before the first
};

class WordsLearner {
 public:
  virtual ~WordsLearner() = default;
  /// Trains on a little more. False, and nothing is done, when all epochs are over.
  virtual bool step() = 0;
  virtual LearnerProgress progress() const = 0;
  virtual int64_t position() const = 0;
  virtual int64_t positions() const = 0;
  /// Goes on from there: the tables must be those of that moment. @throws std::invalid_argument
  virtual void go_to(int64_t position) = 0;
  /// What a checkpoint keeps beside the position. Memory is shared.
  virtual std::vector<std::pair<std::string, Tensor>> tensors() const = 0;
  /// What was learned. Last call.
  virtual words::WordVectors take() = 0;
};

/// A learner at its beginning. @param folder  for temporary files   @param start  vectors to go on from, or null
/// @throws std::invalid_argument, IoError
std::unique_ptr<WordsLearner> make_learner(const WordsOptions& options, const words::Vocabulary& vocabulary,
                                           const words::EncodedCorpus& corpus, const std::filesystem::path& folder,
                                           const words::WordVectors* start);
/// The same with the tables of a checkpoint. @throws std::invalid_argument, DataError, IoError
std::unique_ptr<WordsLearner> restored_learner(const WordsOptions& options, const words::Vocabulary& vocabulary,
                                               const words::EncodedCorpus& corpus, const std::filesystem::path& folder,
                                               const Safetensors& checkpoint);

}  // namespace latent
