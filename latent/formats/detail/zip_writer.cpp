#include <latent/formats/detail/zip.hpp>

#include <latent/core/error.hpp>

#include <zlib.h>

namespace latent::detail {

namespace {

constexpr uint16_t kVersion = 20, kZip64Version = 45;
constexpr uint16_t kUtf8Names = 1 << 11;
constexpr uint16_t kStoredMethod = 0;
constexpr uint16_t kMidnight = 0, kFirstDay = 0x21;  // 1980-01-01: archives of equal arrays are equal
constexpr uint32_t kSizeInZip64 = 0xffffffffu;
constexpr uint16_t kSeeZip64Count = 0xffffu;
constexpr size_t kMaxName = 0xffff;

// A record under construction; integers little endian.
class Record {
 public:
  Record& u16(uint16_t value) { return number(value); }
  Record& u32(uint32_t value) { return number(value); }
  Record& u64(uint64_t value) { return number(value); }
  Record& text(const std::string& text) {
    bytes_ += text;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  template <class T>
  Record& number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  std::string bytes_;
};

}  // namespace

void ZipWriter::put(std::span<const std::byte> bytes) {
  sink_.write(bytes);
  offset_ += bytes.size();
}

void ZipWriter::put(const std::string& text) { put(std::as_bytes(std::span(text))); }

void ZipWriter::add(const std::string& name, std::span<const std::span<const std::byte>> parts) {
  LATENT_CHECK(!name.empty() && name.size() <= kMaxName, "[zip] a name of 1 to {} bytes, got {}", kMaxName,
               name.size());
  LATENT_CHECK(names_.insert(name).second, "[zip] name '{}' is taken", name);
  Entry entry{.name = name, .offset = offset_};
  uLong crc = 0;
  for (const auto part : parts) {
    if (part.empty()) continue;  // of which zlib would make a new beginning
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(part.data()), part.size());
    entry.bytes += part.size();
  }
  entry.crc = static_cast<uint32_t>(crc);

  const bool wide = entry.bytes >= zip64_from_;
  const uint32_t size = wide ? kSizeInZip64 : static_cast<uint32_t>(entry.bytes);
  Record record;
  record.u32(0x04034b50).u16(wide ? kZip64Version : kVersion).u16(kUtf8Names).u16(kStoredMethod);
  record.u16(kMidnight).u16(kFirstDay).u32(entry.crc).u32(size).u32(size);
  record.u16(static_cast<uint16_t>(name.size())).u16(wide ? 20 : 0).text(name);
  if (wide) record.u16(1).u16(16).u64(entry.bytes).u64(entry.bytes);
  put(record.bytes());
  for (const auto part : parts) put(part);
  entries_.push_back(std::move(entry));
}

std::string ZipWriter::directory_record(const Entry& entry) const {
  const bool wide_size = entry.bytes >= zip64_from_, wide_offset = entry.offset >= zip64_from_;
  Record extra;
  if (wide_size || wide_offset) extra.u16(1).u16(static_cast<uint16_t>((wide_size ? 16 : 0) + (wide_offset ? 8 : 0)));
  if (wide_size) extra.u64(entry.bytes).u64(entry.bytes);
  if (wide_offset) extra.u64(entry.offset);

  const uint16_t version = extra.bytes().empty() ? kVersion : kZip64Version;
  const uint32_t size = wide_size ? kSizeInZip64 : static_cast<uint32_t>(entry.bytes);
  Record record;
  record.u32(0x02014b50).u16(version).u16(version).u16(kUtf8Names).u16(kStoredMethod);
  record.u16(kMidnight).u16(kFirstDay).u32(entry.crc).u32(size).u32(size);
  record.u16(static_cast<uint16_t>(entry.name.size())).u16(static_cast<uint16_t>(extra.bytes().size()));
  record.u16(0).u16(0).u16(0).u32(0);  // comment, disk, attributes inside and outside
  record.u32(wide_offset ? kSizeInZip64 : static_cast<uint32_t>(entry.offset));
  return record.text(entry.name).text(extra.bytes()).bytes();
}

void ZipWriter::finish() {
  const uint64_t begin = offset_;
  for (const Entry& entry : entries_) put(directory_record(entry));
  const uint64_t end = offset_, size = end - begin, count = entries_.size();

  const bool wide = begin >= zip64_from_ || size >= zip64_from_ || count >= kSeeZip64Count;
  if (wide) {
    Record record;
    record.u32(0x06064b50).u64(44).u16(kZip64Version).u16(kZip64Version).u32(0).u32(0);
    record.u64(count).u64(count).u64(size).u64(begin);
    record.u32(0x07064b50).u32(0).u64(end).u32(1);
    put(record.bytes());
  }
  const uint16_t short_count = wide ? kSeeZip64Count : static_cast<uint16_t>(count);
  Record record;
  record.u32(0x06054b50).u16(0).u16(0).u16(short_count).u16(short_count);
  record.u32(wide ? kSizeInZip64 : static_cast<uint32_t>(size))
      .u32(wide ? kSizeInZip64 : static_cast<uint32_t>(begin))
      .u16(0);
  put(record.bytes());
}

}  // namespace latent::detail
