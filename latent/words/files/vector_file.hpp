#pragma once
// Files of word vectors, as other programs write them.

#include <latent/words/word_vectors.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace latent::words {

enum class VectorFormat : uint8_t {
  word2vec,         ///< text: a line "words dim", then a line for each word; also fastText's .vec
  word2vec_binary,  ///< the same line, then each word, a space and its values as f32
  glove,            ///< text: a line for each word, nothing before them
  fasttext,         ///< fastText's .bin, version 12: with n-grams, counts and both layers
  npz,              ///< NumPy: "words" (V), "vectors" (V, dim), "counts" (V)
  safetensors       ///< our model file, or tensors "vectors", "words.bytes", "words.ends" and "words.counts"
};
/// "word2vec", "word2vec-binary", "glove", "fasttext", "npz" or "safetensors". @throws std::invalid_argument for
/// others, with the nearest
VectorFormat vector_format_from(std::string_view name);
std::string_view name_of(VectorFormat format);
/// All names, for help.
std::vector<std::string_view> vector_format_names();
/// The form in which a file of this name is written: .txt and .vec are word2vec, .bin is fasttext for vectors with
/// n-grams and else word2vec-binary, .npz, .safetensors. @throws UsageError for others
VectorFormat format_by_name(const std::filesystem::path& path, const WordVectors& words);

struct ReadVectorsOptions {
  int64_t first = 0;  ///< words that are taken, from the beginning of the file: the most frequent ones; 0: all
};

struct LoadedVectors {
  WordVectors words;
  VectorFormat format = VectorFormat::word2vec;
  std::vector<std::string> warnings;  ///< duplicates that were left out, bytes that are no UTF-8; one line each
};

/// Reads a file of any of the forms, which its bytes tell; packed text (.gz, .xz, .bz2, .zst) too. safetensors and npz
/// are looked into, not copied, where their bytes are aligned.
/// @throws DataError for other files, counts that lie, wrong numbers of columns, values that are not finite, models of
///         fastText that are supervised or quantised, with the offset or the line; IoError
LoadedVectors read_vectors(const std::filesystem::path& path, const ReadVectorsOptions& options = {});
/// The same from memory. @param path  names the bytes in messages
LoadedVectors read_vectors(std::span<const std::byte> bytes, const std::string& path,
                           const ReadVectorsOptions& options = {});

/// Replaces `path`, atomically. Spaces in words become '_' in the forms whose words end with a space, and "warnings" of
/// the result say so. What a form cannot hold is left out: n-grams but for fasttext and safetensors, counts of text.
/// @return what was not kept, one line each
/// @throws IoError; UsageError where '_' for a space would make a word that is there already
std::vector<std::string> write_vectors(const std::filesystem::path& path, const WordVectors& words,
                                       VectorFormat format);

}  // namespace latent::words
