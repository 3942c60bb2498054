#pragma once
// Files: mapped for reading, replaced atomically for writing.

#include <latent/core/error.hpp>
#include <latent/formats/map_guard.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latent {

/// A file's bytes, mapped read-only. Shared: tensors that look into it keep it alive. Immutable, safe from many
/// threads. A file that another process shortens while it is mapped takes its bytes away: reading them ends the process
/// (SIGBUS) unless survive_shortened_files() was called; what was read is to be trusted once check_whole() has
/// returned.
class MappedFile {
 public:
  /// @throws IoError if the file cannot be opened or mapped; DataError if it is not a regular file
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::string& path() const { return path_; }
  /// @throws DataError if the file has become shorter since it was opened
  void check_whole() const;
  /// Tells the system that reads will come in random order (batches of a shuffled epoch).
  void advise_random() const;

 private:
  friend class FileContents;
  MappedFile() = default;
  static std::shared_ptr<const MappedFile> map(int fd, size_t size, std::string path);
  std::string path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  int fd_ = -1;
  std::optional<GuardedMapping> guard_;
};

/// A file's bytes, for a reader that makes something else of them at once. A small file is copied into memory: where
/// there are many, mapping each costs more than all the rest. Immutable.
class FileContents {
 public:
  /// @throws as MappedFile::open(), and IoError if reading fails
  static FileContents read(const std::filesystem::path& path);
  std::span<const std::byte> bytes() const { return mapped_ ? mapped_->bytes() : std::span<const std::byte>(copy_); }
  /// @throws DataError if the file has become shorter since it was opened and is not a copy
  void check_whole() const {
    if (mapped_) mapped_->check_whole();
  }
  /// Bytes of memory that are the file's own copy: 0 for a mapped one.
  size_t copied() const { return copy_.size(); }

 private:
  std::vector<std::byte> copy_;
  std::shared_ptr<const MappedFile> mapped_;
};

/// Whether `bytes` begin like gzip.
bool is_gzip(std::span<const std::byte> bytes);
/// The most bytes that packed data may become unless the caller says otherwise: half of memory_allowed(), at most 2^36.
size_t default_unpack_limit();
/// The same for a file of so many bytes: also at most 128 times as many, or 256 MiB where that is more. Data that packs
/// better is hardly any data.
size_t unpack_limit(size_t packed_bytes);
/// Unpacks gzip (several members too). Memory grows with the data that really comes out, whatever the file claims.
/// @param limit the most bytes it may become
/// @throws DataError (naming `path`) for damaged or truncated data, trailing bytes, or more than `limit` bytes
std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& path, size_t limit);
/// With the limit unpack_limit(bytes.size()).
std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& path);
/// The first `count` bytes that gzip unpacks to, or fewer where there are fewer: to see what it holds.
/// @throws DataError for data that is damaged from the beginning
std::vector<std::byte> gunzip_head(std::span<const std::byte> bytes, const std::string& path, size_t count);

/// Where a writer puts its bytes, in order.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(std::span<const std::byte> bytes) = 0;
  void write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }
};

/// Replaces `path` by what `write` puts out, or leaves it untouched: temporary file in the same folder, flush to disk,
/// rename (see temporary.hpp). If `write` throws, the temporary file is removed and the exception passed on. A new file
/// gets the permissions that the umask leaves, a replaced one keeps its own. A symbolic link is followed; a device or
/// pipe is written directly.
/// @throws IoError (no space, no permission, ...)
void replace_file(const std::filesystem::path& path, const std::function<void(Sink&)>& write);

}  // namespace latent
