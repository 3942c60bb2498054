#pragma once
// A text that is gone over again and again: read in pieces, taken apart by all threads.

#include <latent/text/text_reader.hpp>
#include <latent/text/tokenizer.hpp>

#include <cstdint>
#include <functional>

namespace latent::text {

/// What one pass over a text has met so far.
struct CorpusPass {
  int64_t words = 0;
  int64_t repaired = 0;    ///< bytes that were no UTF-8
  int64_t long_words = 0;  ///< left out for their length
  int64_t bytes = 0;       ///< read, as they lie on disk: of TextSources::bytes()
};

/// Looks at a text in pieces. What it is told depends on the text alone, whatever the number of threads.
class CorpusVisitor {
 public:
  /// Pieces of a round, at most.
  static constexpr size_t kSlots = 16;

  virtual ~CorpusVisitor() = default;
  /// Before anything is read. @param workers  how many visit() calls there may be at a time
  virtual void begin(size_t workers) = 0;
  /// A piece; from several threads at once. @param worker  no two calls at a time have the same   @param slot  the
  /// place of the piece in its round
  virtual void visit(size_t worker, size_t slot, Tokens&& tokens) = 0;
  /// After each round of visits, alone. @param slots  pieces of the round
  /// @return whether to go on
  virtual bool end_round(size_t slots, const CorpusPass& so_far) = 0;
};

/// Text and how words are found in it. Safe from many threads.
class Corpus {
 public:
  /// @throws std::invalid_argument for options out of range
  Corpus(TextSources sources, const TokenizerOptions& options);
  const TextSources& sources() const { return sources_; }
  const TokenizerOptions& options() const { return options_; }
  /// Goes over the text from its beginning. @throws as TextReader::next() and tokenize(), and what the visitor throws
  CorpusPass pass(CorpusVisitor& visitor) const;

 private:
  TextSources sources_;
  TokenizerOptions options_;
};

}  // namespace latent::text
