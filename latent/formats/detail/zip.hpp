#pragma once
// Private to npz.cpp: zip archives with stored and deflated entries, zip64 where they are large.
// The layout is that of PKWARE's APPNOTE.TXT 6.3, sections 4.3 and 4.5.3.

#include <latent/formats/file.hpp>

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace latent::detail {

/// The entries of an archive, found by its central directory. Looks into `bytes`, which the caller keeps.
class ZipReader {
 public:
  struct Entry {
    std::string name;  ///< as stored, in no known encoding
    bool deflated = false;
    uint32_t crc = 0;
    uint64_t packed_bytes = 0, unpacked_bytes = 0;
    size_t data_offset = 0;
  };

  /// @throws DataError if the directory or an entry's header is damaged, entries overlap, are encrypted, or packed by
  ///         another method
  ZipReader(std::span<const std::byte> bytes, std::string path);

  const std::vector<Entry>& entries() const { return entries_; }

  /// An entry's bytes as the archive holds them.
  std::span<const std::byte> packed(const Entry& entry) const;
  /// Unpacks a deflated entry. @param limit the most bytes it may become
  /// @throws DataError for damaged data, another size than announced, or more than `limit` bytes
  std::vector<std::byte> unpack(const Entry& entry, size_t limit) const;
  /// The first `count` bytes of a deflated entry, or fewer where there are fewer or the rest is damaged.
  std::vector<std::byte> unpack_head(const Entry& entry, size_t count) const;
  /// @throws DataError unless `unpacked` has the entry's checksum
  void check_crc(const Entry& entry, std::span<const std::byte> unpacked) const;

 private:
  struct Directory {
    size_t begin = 0, end = 0;
    uint64_t count = 0;
  };
  Directory find_directory() const;
  void read_zip64_end(size_t locator, Directory& directory) const;
  void check_directory(const Directory& directory) const;
  Entry read_entry(size_t& at, const Directory& directory) const;
  size_t find_data(const Entry& entry, uint64_t header_offset, const Directory& directory) const;
  void check_overlaps() const;
  [[noreturn]] void fail(size_t offset, const std::string& reason) const;

  std::span<const std::byte> bytes_;
  std::string path_;
  std::vector<Entry> entries_;
};

/// Writes stored entries one after the other, then the directory.
class ZipWriter {
 public:
  /// @param zip64_from  sizes and offsets from here on take the 64-bit fields; smaller only in tests
  explicit ZipWriter(Sink& sink, uint64_t zip64_from = 0xffffffffu) : sink_(sink), zip64_from_(zip64_from) {}

  /// @param parts  the entry's bytes, in order
  /// @throws std::invalid_argument if the name is empty, taken or longer than 65535 bytes
  void add(const std::string& name, std::span<const std::span<const std::byte>> parts);
  /// Must be the last call.
  void finish();

 private:
  struct Entry {
    std::string name;
    uint32_t crc = 0;
    uint64_t bytes = 0, offset = 0;
  };
  void put(std::span<const std::byte> bytes);
  void put(const std::string& text);
  std::string directory_record(const Entry& entry) const;

  Sink& sink_;
  uint64_t zip64_from_;
  uint64_t offset_ = 0;
  std::vector<Entry> entries_;
  std::set<std::string> names_;
};

}  // namespace latent::detail
