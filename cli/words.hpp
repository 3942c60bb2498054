#pragma once
// What the commands on words share: opening vectors, options of training, progress.

#include <cli/command.hpp>

#include <latent/run/run_data.hpp>
#include <latent/run/words/words_training.hpp>
#include <latent/words/files/vector_file.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace latent::cli {

/// RUN: a run directory, a model file, or a file of vectors that another program wrote; --first.
struct WordsArgument {
  std::string path;
  int64_t first = 0;
  void declare(Arguments& arguments);
  /// The vectors, with warnings told. @throws UsageError, DataError
  words::WordVectors open() const;
};

/// Whether a path is a run or a model file of words; false for what cannot be read, which others say.
bool is_words_file(const std::string& path);

/// --words N: of a run of words, the N most frequent ones.
void declare_words(Arguments& arguments, std::optional<int64_t>& count, const char* text);
/// Takes so many words, all without a number; other data as it is. @throws UsageError for --words with other data
RunData most_frequent(const latent::Run& run, RunData data, std::optional<int64_t> count);

/// The options of words train, and of words continue those that are not the model's.
struct WordsFlags {
  std::string method = "skipgram", tokens, sentences, memory;
  WordsOptions options;
  std::optional<double> lr, sample, ns_exponent, x_max, weight_power;
  std::optional<int64_t> window, epochs, negative;
  std::optional<int> threads;
  double save_every = 30.0;

  /// Those of text and memory, and of how to go about training.
  void declare_common(Arguments& arguments);
  void declare_model(Arguments& arguments);
  /// Takes the threads, too. @throws UsageError, std::invalid_argument for what does not fit together
  WordsOptions taken();

 private:
  void check_meaning() const;
};

/// Reading of a text on standard error: a line that is redrawn on a terminal, nothing elsewhere.
class ReadingLine {
 public:
  explicit ReadingLine(std::string what, int64_t bytes, const std::atomic<bool>& stop)
      : what_(std::move(what)), bytes_(bytes), stop_(stop) {}
  ReadingLine(const ReadingLine&) = delete;
  ReadingLine& operator=(const ReadingLine&) = delete;
  ~ReadingLine();
  words::ReadingProgress progress();

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  int64_t bytes_;
  const std::atomic<bool>& stop_;
  bool drawn_ = false;
  Clock::time_point last_drawn_{};
};

/// What a text held, on standard error.
void tell_text(const text::Corpus& corpus, const WordsText& text, const WordsOptions& options);
/// Trains to the end or to Ctrl-C and sums up. @param verb  "trained", "continued"
Result run_words_session(WordsTraining& training, const std::string& directory, const std::atomic<bool>& stop);
/// latent resume of a run of words.
Result resume_words(const std::string& directory, std::optional<int> threads, double save_every);

}  // namespace latent::cli
