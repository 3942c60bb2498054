#pragma once
// Private to files/: a reader and a writer for each form.

#include <latent/formats/file.hpp>
#include <latent/words/files/vector_file.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace latent::words::detail {

/// Bytes to read, and what keeps them. Without `owner`, tensors are copies.
struct FileView {
  std::span<const std::byte> bytes;
  std::shared_ptr<const MappedFile> owner;
  std::string path;
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

/// "words dim" on the first line.
struct TextHeader {
  int64_t words = 0, dim = 0;
  size_t end = 0;  ///< where the next line begins
};
std::optional<TextHeader> header_of(std::string_view text);
/// Whether a line of a word and `dim` numbers begins at `text`.
bool is_vector_line(std::string_view text, int64_t dim);
/// The numbers that most of the first lines have after a word, two at least: the dimension of a file without header. 0
/// for no such file.
int64_t dim_without_header(std::string_view text);

LoadedVectors read_text(const FileView& file, const std::optional<TextHeader>& header, int64_t dim,
                        const ReadVectorsOptions& options);
LoadedVectors read_binary(const FileView& file, const TextHeader& header, const ReadVectorsOptions& options);
bool is_fasttext(std::span<const std::byte> bytes);
LoadedVectors read_fasttext(const FileView& file, const ReadVectorsOptions& options);
LoadedVectors read_npz_vectors(const FileView& file, const ReadVectorsOptions& options);
bool is_safetensors(std::span<const std::byte> bytes);
LoadedVectors read_safetensors_vectors(const FileView& file, const ReadVectorsOptions& options);

/// Collects words as they stand in a file: repairs what is no UTF-8, and leaves out those that are there already.
class WordList {
 public:
  /// @return the row that the word gets; nothing for a duplicate
  std::optional<int64_t> add(std::string_view word, int64_t count = 0);
  int64_t size() const;
  Vocabulary vocabulary() const;
  /// What to tell people.
  std::vector<std::string> warnings() const;

 private:
  struct Table;
  std::vector<int64_t> counts_;
  std::shared_ptr<Table> table_;
  int64_t duplicates_ = 0, repaired_ = 0;
  std::string first_duplicate_;
};

/// @throws DataError naming the first word with a value that is not finite
void check_finite(const Tensor& vectors, const Vocabulary& vocabulary, const std::string& path);

/// Words without spaces. @param replaced  receives how many had some   @throws UsageError if two become the same
std::vector<std::string> words_without_spaces(const Vocabulary& vocabulary, int64_t& replaced);

void write_text(Sink& sink, const WordVectors& words, const std::vector<std::string>& names, bool with_header);
void write_binary(Sink& sink, const WordVectors& words, const std::vector<std::string>& names);
void write_fasttext(Sink& sink, const WordVectors& words, const std::vector<std::string>& names);

}  // namespace latent::words::detail
