#include <latent/formats/detail/zip.hpp>

#include <latent/formats/detail/bytes.hpp>
#include <latent/formats/detail/inflate.hpp>
#include <latent/formats/detail/text.hpp>

#include <zlib.h>

#include <algorithm>
#include <optional>

namespace latent::detail {

namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kDirectorySignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kZip64EndSignature = 0x06064b50;
constexpr uint32_t kZip64LocatorSignature = 0x07064b50;
constexpr size_t kLocalBytes = 30, kDirectoryBytes = 46, kEndBytes = 22, kZip64EndBytes = 56, kZip64LocatorBytes = 20;
constexpr size_t kMaxComment = 0xffff;
constexpr uint16_t kZip64Field = 1;
constexpr uint16_t kEncrypted = 1, kStored = 0, kDeflated = 8;
constexpr uint32_t kSeeZip64 = 0xffffffffu;

uint16_t u16(const std::byte* at) { return load_little<uint16_t>(at); }
uint32_t u32(const std::byte* at) { return load_little<uint32_t>(at); }
uint64_t u64(const std::byte* at) { return load_little<uint64_t>(at); }

// The extra field with 64-bit sizes, empty if there is none.
std::span<const std::byte> zip64_field(std::span<const std::byte> extra) {
  while (extra.size() >= 4) {
    const size_t length = u16(extra.data() + 2);
    if (length > extra.size() - 4) break;
    if (u16(extra.data()) == kZip64Field) return extra.subspan(4, length);
    extra = extra.subspan(4 + length);
  }
  return {};
}

}  // namespace

ZipReader::ZipReader(std::span<const std::byte> bytes, std::string path) : bytes_(bytes), path_(std::move(path)) {
  const Directory directory = find_directory();
  check_directory(directory);
  size_t at = directory.begin;
  for (uint64_t i = 0; i < directory.count; ++i) entries_.push_back(read_entry(at, directory));
  if (at != directory.end) fail(at, "bytes after the last entry of the zip directory");
  check_overlaps();
}

void ZipReader::fail(size_t offset, const std::string& reason) const {
  throw DataError(path_, static_cast<int64_t>(offset), reason);
}

ZipReader::Directory ZipReader::find_directory() const {
  if (bytes_.size() < kEndBytes) fail(bytes_.size(), "not a zip archive: too short");
  const size_t last = bytes_.size() - kEndBytes;
  const size_t first = last > kMaxComment ? last - kMaxComment : 0;
  size_t end = last + 1;
  // A comment may contain the signature, so the comment's length must fit as well.
  do {
    if (end-- == first) fail(bytes_.size(), "not a zip archive, or truncated: no end of directory");
  } while (u32(&bytes_[end]) != kEndSignature || u16(&bytes_[end + 20]) != last - end);

  if (u16(&bytes_[end + 4]) != u16(&bytes_[end + 6])) fail(end + 4, "zip archives in several parts are not supported");
  Directory directory;
  directory.count = u16(&bytes_[end + 10]);
  directory.begin = u32(&bytes_[end + 16]);
  directory.end = end;
  const size_t locator = end >= kZip64LocatorBytes ? end - kZip64LocatorBytes : end;
  if (u32(&bytes_[locator]) == kZip64LocatorSignature) {
    read_zip64_end(locator, directory);
  } else if (directory.begin > end || u32(&bytes_[end + 12]) != end - directory.begin) {
    fail(end + 12, "the zip directory's place and size do not fit the archive");
  }
  return directory;
}

void ZipReader::read_zip64_end(size_t locator, Directory& directory) const {
  const uint64_t at = u64(&bytes_[locator + 8]);
  if (at > locator || locator - at < kZip64EndBytes)
    fail(locator + 8, "the zip64 end of directory is not where it should be");
  const std::byte* const end = &bytes_[at];
  if (u32(end) != kZip64EndSignature) fail(at, "no zip64 end of directory");
  directory.count = u64(end + 32);
  const uint64_t size = u64(end + 40), begin = u64(end + 48);
  if (begin > at || size != at - begin) fail(at + 40, "the zip directory's place and size do not fit the archive");
  directory.begin = begin;
  directory.end = at;
}

void ZipReader::check_directory(const Directory& directory) const {
  if (directory.count > (directory.end - directory.begin) / kDirectoryBytes) {
    fail(directory.begin, fmt::format("the zip directory is too small for its {} entries", directory.count));
  }
}

ZipReader::Entry ZipReader::read_entry(size_t& at, const Directory& directory) const {
  const size_t record = at;
  if (directory.end - record < kDirectoryBytes) fail(record, "truncated entry of the zip directory");
  const std::byte* const fields = &bytes_[record];
  if (u32(fields) != kDirectorySignature) fail(record, "damaged entry of the zip directory");
  const size_t name_bytes = u16(fields + 28), extra_bytes = u16(fields + 30), comment_bytes = u16(fields + 32);
  if (name_bytes + extra_bytes + comment_bytes > directory.end - record - kDirectoryBytes) {
    fail(record + 28, "truncated entry of the zip directory");
  }
  at = record + kDirectoryBytes + name_bytes + extra_bytes + comment_bytes;

  Entry entry;
  entry.name.assign(reinterpret_cast<const char*>(fields + kDirectoryBytes), name_bytes);
  const uint16_t method = u16(fields + 10);
  if ((u16(fields + 8) & kEncrypted) != 0) fail(record + 8, fmt::format("{} is encrypted", in_quotes(entry.name)));
  if (method != kStored && method != kDeflated) {
    fail(record + 10, fmt::format("{} is packed by method {}; only stored and deflated entries can be read",
                                  in_quotes(entry.name), method));
  }
  entry.deflated = method == kDeflated;
  entry.crc = u32(fields + 16);

  // Sizes and place are in the zip64 field, in this order, where the 32-bit fields say so.
  std::span<const std::byte> wide = zip64_field(bytes_.subspan(record + kDirectoryBytes + name_bytes, extra_bytes));
  const auto size_at = [&](size_t field) -> uint64_t {
    const uint32_t value = u32(fields + field);
    if (value != kSeeZip64) return value;
    if (wide.size() < 8) fail(record + field, fmt::format("{} lacks its zip64 sizes", in_quotes(entry.name)));
    const uint64_t wide_value = u64(wide.data());
    wide = wide.subspan(8);
    return wide_value;
  };
  entry.unpacked_bytes = size_at(24);
  entry.packed_bytes = size_at(20);
  const uint64_t header_offset = size_at(42);
  if (!entry.deflated && entry.packed_bytes != entry.unpacked_bytes) {
    fail(record + 20, fmt::format("{} is stored, but its two sizes differ", in_quotes(entry.name)));
  }
  entry.data_offset = find_data(entry, header_offset, directory);
  return entry;
}

size_t ZipReader::find_data(const Entry& entry, uint64_t header_offset, const Directory& directory) const {
  const size_t limit = directory.begin;
  if (header_offset > limit || limit - header_offset < kLocalBytes) {
    fail(directory.begin, fmt::format("{} lies outside the archive", in_quotes(entry.name)));
  }
  const size_t at = header_offset;
  if (u32(&bytes_[at]) != kLocalSignature) fail(at, fmt::format("no entry header for {}", in_quotes(entry.name)));
  const size_t name_bytes = u16(&bytes_[at + 26]), extra_bytes = u16(&bytes_[at + 28]);
  const size_t room = limit - at - kLocalBytes;
  if (name_bytes + extra_bytes > room || entry.packed_bytes > room - name_bytes - extra_bytes) {
    fail(at, fmt::format("truncated: {} does not fit before the zip directory", in_quotes(entry.name)));
  }
  const std::string_view name(reinterpret_cast<const char*>(&bytes_[at]) + kLocalBytes, name_bytes);
  if (name != entry.name) fail(at + kLocalBytes, fmt::format("{} has another name in the directory", in_quotes(name)));
  return at + kLocalBytes + name_bytes + extra_bytes;
}

// Entries that share bytes make a small archive unpack to any size.
void ZipReader::check_overlaps() const {
  std::vector<const Entry*> sorted;
  for (const Entry& entry : entries_) sorted.push_back(&entry);
  std::ranges::sort(sorted, {}, &Entry::data_offset);
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i]->data_offset - sorted[i - 1]->data_offset < sorted[i - 1]->packed_bytes + kLocalBytes) {
      fail(sorted[i]->data_offset, fmt::format("{} overlaps another entry", in_quotes(sorted[i]->name)));
    }
  }
}

std::span<const std::byte> ZipReader::packed(const Entry& entry) const {
  return bytes_.subspan(entry.data_offset, entry.packed_bytes);
}

std::vector<std::byte> ZipReader::unpack(const Entry& entry, size_t limit) const {
  if (entry.unpacked_bytes > limit) {
    fail(entry.data_offset,
         fmt::format("{} unpacks to {} bytes; {} are allowed", in_quotes(entry.name), entry.unpacked_bytes, limit));
  }
  constexpr uint64_t kMostDeflate = 1032;  // no deflate stream packs better, so a larger claim is a lie
  if (entry.unpacked_bytes / kMostDeflate > entry.packed_bytes) {
    fail(entry.data_offset,
         fmt::format("{} cannot hold the {} bytes that it claims", in_quotes(entry.name), entry.unpacked_bytes));
  }
  std::vector<std::byte> unpacked;
  unpacked.reserve(entry.unpacked_bytes);  // bounded by what can come out, and costs nothing until it is written
  const auto offset = static_cast<int64_t>(entry.data_offset);
  const size_t consumed =
      inflate_stream(Packing::deflate, packed(entry), unpacked, entry.unpacked_bytes, path_, offset);
  if (consumed != entry.packed_bytes || unpacked.size() != entry.unpacked_bytes) {
    fail(entry.data_offset,
         fmt::format("{} unpacks to {} bytes from {}, announced were {} from {}", in_quotes(entry.name),
                     unpacked.size(), consumed, entry.unpacked_bytes, entry.packed_bytes));
  }
  return unpacked;
}

std::vector<std::byte> ZipReader::unpack_head(const Entry& entry, size_t count) const {
  return inflate_head(Packing::deflate, packed(entry), count, path_, static_cast<int64_t>(entry.data_offset));
}

void ZipReader::check_crc(const Entry& entry, std::span<const std::byte> unpacked) const {
  const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(unpacked.data()), unpacked.size());
  if (crc != entry.crc) fail(entry.data_offset, fmt::format("damaged: {} has another checksum", in_quotes(entry.name)));
}

}  // namespace latent::detail
