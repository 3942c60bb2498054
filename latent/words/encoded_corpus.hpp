#pragma once
// A text as numbers of words: what embeddings are trained on.

#include <latent/formats/temporary.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace latent {
class MappedFile;
}

namespace latent::words {

/// Ends a sentence in EncodedCorpus::ids().
constexpr int32_t kSentenceEnd = -1;

/// The words of a text that are in a vocabulary, as ids, with kSentenceEnd after each sentence. Words outside of it are
/// left out, as in word2vec; sentences that have none are left out whole. In memory, or in a mapped file that is gone
/// with the last copy. Copying is cheap. Immutable, safe from many threads.
class EncodedCorpus {
 public:
  EncodedCorpus() = default;
  /// A text that a CorpusWriter left in a file, which is mapped. @param vocabulary  words that ids may stand for
  /// @throws DataError for a file that is none, or holds other ids; IoError
  static EncodedCorpus open(const std::filesystem::path& path, int64_t vocabulary, int64_t raw_words);
  std::span<const int32_t> ids() const { return ids_; }
  /// Words in ids(), without the ends of sentences.
  int64_t words() const { return words_; }
  int64_t sentences() const { return sentences_; }
  /// Words of the text, with those that are in no vocabulary.
  int64_t raw_words() const { return raw_words_; }
  /// Whether the ids lie in a file, because they would have taken more memory than they may.
  bool is_spilled() const { return file_ != nullptr; }

 private:
  friend class CorpusWriter;
  std::span<const int32_t> ids_;
  std::shared_ptr<const std::vector<int32_t>> memory_;
  std::shared_ptr<const MappedFile> file_;
  int64_t words_ = 0, sentences_ = 0, raw_words_ = 0;
};

/// Makes an EncodedCorpus, word by word.
class CorpusWriter {
 public:
  /// @param memory  bytes that ids may take in memory; more go into a temporary file   @param folder  where it stands
  CorpusWriter(int64_t memory, std::filesystem::path folder);
  /// All of it goes into a file, which stays. @param file  is replaced by finish()
  explicit CorpusWriter(std::filesystem::path file);
  ~CorpusWriter();

  /// Ids of words, with kSentenceEnd after each sentence. The sentence at hand goes on in the next call.
  /// @throws IoError if the temporary file cannot be written
  void append(std::span<const int32_t> ids);
  /// So many words of the text were met, whether they have an id or not.
  void count_raw(int64_t words) { raw_words_ += words; }
  /// Ends a sentence that is not ended. Last call. @throws IoError
  EncodedCorpus finish();

 private:
  void spill();

  size_t memory_;
  std::filesystem::path target_;
  bool stays_ = false;
  std::vector<int32_t> ids_;
  std::optional<Temporary> file_;
  int64_t words_ = 0, sentences_ = 0, raw_words_ = 0;
  int32_t last_ = kSentenceEnd;
};

}  // namespace latent::words
