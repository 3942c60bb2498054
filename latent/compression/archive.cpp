#include <latent/compression/archive.hpp>

#include <latent/formats/checksum.hpp>
#include <latent/core/error.hpp>
#include <latent/formats/detail/bytes.hpp>

#include <array>
#include <cmath>
#include <cstring>

namespace latent::compression {

namespace {

constexpr std::array<char, 8> kMagic = {'l', 'a', 't', 'e', 'n', 't', 'a', 'c'};
constexpr size_t kHeaderBytes = 96, kChecksumBytes = 8;
constexpr int64_t kMostStreams = 1 << 16, kMostNumbers = 1 << 22;

// Fixed fields, little endian, in the order of the file.
struct Header {
  std::array<char, 8> magic = kMagic;
  uint32_t version = kArchiveVersion;
  uint32_t coding = 0;
  uint64_t model = 0;
  uint32_t dimensions = 0;
  uint32_t levels = 0;
  std::array<uint64_t, 3> sizes{};
  uint64_t count = 0;
  uint64_t values_checksum = 0;
  uint64_t initial_words = 0;
  uint64_t numbers = 0;
  uint64_t streams = 0;
};
static_assert(sizeof(Header) == kHeaderBytes);

template <class T>
void put(std::vector<std::byte>& bytes, const T* values, size_t count) {
  const auto* from = reinterpret_cast<const std::byte*>(values);
  bytes.insert(bytes.end(), from, from + count * sizeof(T));
}

// Reads on, and never past the end.
class Cursor {
 public:
  Cursor(std::span<const std::byte> bytes, const std::string& path) : bytes_(bytes), path_(path) {}
  [[noreturn]] void refuse(const std::string& reason) const {
    throw DataError(path_, static_cast<int64_t>(at_), reason);
  }
  template <class T>
  void take(T* values, uint64_t count) {
    if (count > (bytes_.size() - at_) / sizeof(T)) refuse("the archive is cut short");
    if (count > 0) std::memcpy(values, &bytes_[at_], static_cast<size_t>(count) * sizeof(T));
    at_ += static_cast<size_t>(count) * sizeof(T);
  }
  size_t left() const { return bytes_.size() - at_; }

 private:
  std::span<const std::byte> bytes_;
  const std::string& path_;
  size_t at_ = 0;
};

Shape shape_of(const Header& header, const Cursor& cursor) {
  if (header.dimensions != 1 && header.dimensions != 3)
    cursor.refuse("samples are of neither one nor three dimensions");
  constexpr uint64_t kLargest = uint64_t{1} << 24;
  std::array<int64_t, 3> sizes{};
  double numel = 1;
  for (size_t i = 0; i < 3; ++i) {
    const uint64_t size = header.sizes[i];
    const bool used = i < header.dimensions;
    if (used ? size < 1 || size > kLargest : size != 0) cursor.refuse(fmt::format("a sample's size of {}", size));
    if (used) numel *= static_cast<double>(size);
    sizes[i] = static_cast<int64_t>(size);
  }
  if (numel > static_cast<double>(kLargest)) cursor.refuse(fmt::format("samples of {} values", numel));
  return Shape(std::span<const int64_t>(sizes.data(), header.dimensions));
}

void check(const Header& header, const Cursor& cursor) {
  const bool known =
      header.coding == static_cast<uint32_t>(Coding::lossless) || header.coding == static_cast<uint32_t>(Coding::lossy);
  if (!known) cursor.refuse(fmt::format("coding {} is not known", header.coding));
  if (header.levels != 2 && header.levels != 256) cursor.refuse(fmt::format("values of {} levels", header.levels));
  if (header.count < 1 || header.count > uint64_t{1} << 40) cursor.refuse(fmt::format("{} samples", header.count));
  if (header.streams < 1 || header.streams > kMostStreams) cursor.refuse(fmt::format("{} streams", header.streams));
  if (header.numbers > kMostNumbers) cursor.refuse(fmt::format("{} numbers", header.numbers));
  if (header.coding == static_cast<uint32_t>(Coding::lossless)) {
    if (header.numbers > 0) cursor.refuse(fmt::format("{} numbers in a lossless archive", header.numbers));
    return;
  }
  if (header.levels != 256) cursor.refuse(fmt::format("values of {} levels in a lossy archive", header.levels));
  if (header.streams != 1) cursor.refuse(fmt::format("{} streams in a lossy archive", header.streams));
  if (header.initial_words > 0) cursor.refuse(fmt::format("{} initial words in a lossy archive", header.initial_words));
}

}  // namespace

int64_t Archive::bytes() const {
  size_t bytes = kHeaderBytes + numbers.size() * sizeof(double) + kChecksumBytes;
  for (const auto& stream : streams) bytes += sizeof(uint32_t) * (1 + stream.size());
  return static_cast<int64_t>(bytes);
}

std::vector<std::byte> to_bytes(const Archive& archive) {
  Header header;
  header.coding = static_cast<uint32_t>(archive.coding);
  header.model = archive.model;
  header.dimensions = static_cast<uint32_t>(archive.sample_shape.ndim());
  header.levels = archive.levels;
  for (int i = 0; i < archive.sample_shape.ndim(); ++i) {
    header.sizes[static_cast<size_t>(i)] = static_cast<uint64_t>(archive.sample_shape[i]);
  }
  header.count = static_cast<uint64_t>(archive.count);
  header.values_checksum = archive.values_checksum;
  header.initial_words = archive.initial_words;
  header.numbers = archive.numbers.size();
  header.streams = archive.streams.size();

  std::vector<std::byte> bytes;
  bytes.reserve(static_cast<size_t>(archive.bytes()));
  put(bytes, &header, 1);
  put(bytes, archive.numbers.data(), archive.numbers.size());
  for (const auto& stream : archive.streams) {
    const auto size = static_cast<uint32_t>(stream.size());
    put(bytes, &size, 1);
  }
  for (const auto& stream : archive.streams) put(bytes, stream.data(), stream.size());
  const uint64_t checksum = xxh64(bytes);
  put(bytes, &checksum, 1);
  return bytes;
}

Archive read_archive(std::span<const std::byte> bytes, const std::string& path) {
  if (bytes.size() < kMagic.size() || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    throw DataError(path, 0, "not an archive of latent compress");
  }
  Cursor cursor(bytes, path);
  Header header;
  cursor.take(&header, 1);
  if (header.version != kArchiveVersion) {
    throw DataError(
        path, static_cast<int64_t>(offsetof(Header, version)),
        fmt::format("an archive of version {}; this program reads version {}", header.version, kArchiveVersion));
  }
  if (cursor.left() < kChecksumBytes) cursor.refuse("the archive is cut short");
  const auto body = bytes.first(bytes.size() - kChecksumBytes);
  if (xxh64(body) != detail::load_little<uint64_t>(body.data() + body.size())) {
    throw DataError(path, static_cast<int64_t>(body.size()),
                    "the archive is damaged or cut short: its checksum differs");
  }
  check(header, cursor);
  Archive archive;
  archive.coding = static_cast<Coding>(header.coding);
  archive.model = header.model;
  archive.sample_shape = shape_of(header, cursor);
  archive.count = static_cast<int64_t>(header.count);
  archive.levels = header.levels;
  archive.values_checksum = header.values_checksum;
  archive.initial_words = header.initial_words;
  // Sizes are compared with what the file holds before they are allocated.
  if (cursor.left() / sizeof(double) < header.numbers) cursor.refuse("the archive is cut short");
  archive.numbers.resize(static_cast<size_t>(header.numbers));
  cursor.take(archive.numbers.data(), header.numbers);
  for (const double number : archive.numbers) {
    if (!std::isfinite(number)) cursor.refuse("a number that is not finite");
  }
  std::vector<uint32_t> sizes(static_cast<size_t>(header.streams));
  cursor.take(sizes.data(), header.streams);
  for (const uint32_t size : sizes) {
    if (cursor.left() / sizeof(uint32_t) < size) cursor.refuse("the archive is cut short");
    archive.streams.emplace_back(size);
    cursor.take(archive.streams.back().data(), size);
  }
  if (cursor.left() != kChecksumBytes) cursor.refuse("bytes that belong to nothing");
  return archive;
}

}  // namespace latent::compression
