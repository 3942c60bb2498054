#pragma once
// Text from files, folders and standard input, unpacked as it streams by.

#include <latent/formats/temporary.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace latent::text {

/// Text of this many bytes is read at once: blocks end with a line, or else a word, where there is one.
constexpr size_t kBlockBytes = size_t{1} << 19;

/// Where text comes from: files, which may be packed by gzip, xz, bzip2 or Zstandard (their bytes say so, not their
/// names), all files of folders and of those in them, in the order of their paths, and "-", standard input, which is
/// copied to a temporary file first, so that it can be read again.
class TextSources {
 public:
  struct File {
    std::string name;  ///< for messages: "standard input", or its path
    std::filesystem::path path;
    int64_t bytes = 0;  ///< as it lies on disk
  };

  /// @param names  files, folders, "-"
  /// @throws std::invalid_argument for no names, or "-" twice; IoError for what cannot be read; DataError for folders
  /// without texts
  explicit TextSources(const std::vector<std::string>& names);
  /// @param spool  folder for what comes from standard input
  TextSources(const std::vector<std::string>& names, const std::filesystem::path& spool);

  const std::vector<File>& files() const { return files_; }
  /// Files of folders that hold no text: they have a NUL byte near their beginning.
  const std::vector<std::filesystem::path>& skipped() const { return skipped_; }
  /// Bytes of all files, as they lie on disk.
  int64_t bytes() const { return bytes_; }

 private:
  void add(const std::string& name);
  void add_folder(const std::filesystem::path& folder);
  void add_standard_input(const std::filesystem::path& spool);

  std::vector<File> files_;
  std::vector<std::filesystem::path> skipped_;
  std::shared_ptr<Temporary> standard_input_;
  int64_t bytes_ = 0;
};

/// Whether bytes begin like gzip, xz, bzip2 or Zstandard.
bool is_packed(std::span<const std::byte> bytes);

/// A piece of one file's text.
struct TextBlock {
  std::string text;
  size_t file = 0;     ///< in TextSources::files()
  int64_t offset = 0;  ///< place of the piece in the file's text, unpacked
};

/// Reads all sources from their beginning, once. The pieces depend on the sources alone.
class TextReader {
 public:
  /// @param sources  must outlive the reader
  explicit TextReader(const TextSources& sources);
  ~TextReader();
  TextReader(const TextReader&) = delete;
  TextReader& operator=(const TextReader&) = delete;

  /// The next piece, without a byte order mark; false at the end. A piece is not empty.
  /// @throws DataError for packed data that is damaged or truncated, with the file; IoError
  bool next(TextBlock& block);
  /// All bytes of one file, unpacked, whatever they are, piece by piece. @throws as next()
  static void unpack(const std::filesystem::path& path, const std::function<void(std::span<const std::byte>)>& take);
  /// Bytes that were read so far, as they lie on disk: of TextSources::bytes().
  int64_t bytes_read() const;

 private:
  class Stream;
  const TextSources& sources_;
  std::unique_ptr<Stream> stream_;
  size_t next_file_ = 0;
  int64_t offset_ = 0, bytes_before_ = 0;
  std::string rest_;  // read, but behind the end of the last piece
};

}  // namespace latent::text
