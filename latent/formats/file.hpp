#pragma once
// Files: mapped for reading, replaced atomically for writing.

#include <latent/core/error.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace latent {

/// A file's bytes, mapped read-only. Shared: tensors that look into it keep it alive.
class MappedFile {
 public:
  /// @throws IoError if the file cannot be opened or mapped; DataError if it is not a regular file
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::string& path() const { return path_; }
  /// Tells the system that reads will come in random order (batches of a shuffled epoch).
  void advise_random() const;

 private:
  MappedFile() = default;
  std::string path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// Whether `bytes` begin like gzip.
bool is_gzip(std::span<const std::byte> bytes);
/// Unpacks gzip (several members too). @param limit the most bytes it may become
/// @throws DataError (naming `path`) for damaged or truncated data, or more than `limit` bytes
std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& path, size_t limit = size_t{1} << 36);

/// Replaces `path` by what `write` puts out, or leaves it untouched: temporary file in the same folder, flush to disk,
/// rename. If `write` throws, the temporary file is removed and the exception passed on.
/// @throws IoError (no space, no permission, ...)
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(std::span<const std::byte> bytes) = 0;
  void write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }
};
void replace_file(const std::filesystem::path& path, const std::function<void(Sink&)>& write);

}  // namespace latent
