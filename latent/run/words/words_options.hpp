#pragma once
// What learning words from a text can be told.

#include <latent/core/json.hpp>
#include <latent/text/tokenizer.hpp>
#include <latent/words/phrases.hpp>
#include <latent/words/reading.hpp>
#include <latent/words/training/embedding_options.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace latent {

namespace words {
struct GloveOptions;
}

enum class WordsMethod : uint8_t { skipgram, cbow, glove };
/// "skipgram", "cbow" or "glove". @throws std::invalid_argument for others, with the nearest
WordsMethod words_method_from(std::string_view name);
std::string_view name_of(WordsMethod method);

struct WordsOptions {
  WordsMethod method = WordsMethod::skipgram;
  /// For every method: dim, window, epochs, lr (0: the method's own), seed. The rest is for skip-gram and CBOW.
  words::EmbeddingOptions embedding;
  /// GloVe: pairs met less often than x_max weigh (x / x_max)^alpha. 0: x_max_for() the words of the text.
  double x_max = 0.0, alpha = 0.75;
  text::TokenizerOptions tokenizer;
  int64_t min_count = 5;
  int64_t max_words = 0;  ///< the most frequent words that are kept; 0: all
  words::PhraseOptions phrases;
  int64_t memory = 0;  ///< bytes that training may take; 0: what the process may take

  /// What training counts: "words" of the text, or "pairs" of words that stand near each other.
  std::string_view unit() const { return method == WordsMethod::glove ? "pairs" : "words"; }
  /// The options of skip-gram and CBOW, with the method in its place.
  words::EmbeddingOptions embedding_options() const;
  words::GloveOptions glove_options() const;
  /// What GloVe's authors take for texts of such a size: 10 for the 17 million words of their demonstration, 100 for
  /// billions. With 100, nearly all pairs of a small text would hardly count.
  static double x_max_for(int64_t words) { return words < 100'000'000 ? 10.0 : 100.0; }
  /// Bytes that counting pairs of words may take before counts go to disk.
  int64_t pair_memory() const;
  /// @throws std::invalid_argument for an option out of range
  void check() const;
  /// Everything, as a model file says it in info["words"].
  Json to_json() const;
  /// @throws std::invalid_argument if the JSON holds no such options
  static WordsOptions from_json(const Json& json);
};

/// What training takes, part by part.
struct WordsMemory {
  std::vector<std::pair<std::string, int64_t>> parts;  ///< what for, and how many bytes
  int64_t total() const;
  /// "training takes 1.7 GB: 71,290 words 57 MB, 2,000,000 n-gram buckets 800 MB, ..."
  std::string text() const;
};
WordsMemory words_memory(const WordsOptions& options, const words::Vocabulary& vocabulary);
/// @throws UsageError if training takes more memory than it may, with the option that helps most
void check_words_memory(const WordsOptions& options, const words::Vocabulary& vocabulary);

/// "2G", "500M", "1.5GB", "300000": bytes, in powers of 1024. @throws std::invalid_argument for others
int64_t parse_bytes(std::string_view text);
/// 1717986918 -> "1.6 GB"; powers of 1024, as parse_bytes() reads them.
std::string bytes_text(int64_t bytes);

}  // namespace latent
