#include <latent/run/sounds/wave_codes.hpp>

#include <latent/core/error.hpp>
#include <latent/formats/checksum.hpp>
#include <latent/formats/detail/bytes.hpp>

#include <fmt/core.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <fstream>

namespace latent {

namespace {

// The magic, model, rate, channels, hop, frame_dim, levels, times, and the checksum of all other bytes: each of 8
// bytes, the low one first. Frames follow. The checksum goes over one frame after the other, then over the header: the
// sum of what came before is the seed.
constexpr std::array<char, 8> kMagic = {'l', 'a', 't', 'w', 'a', 'v', 'e', '1'};
constexpr size_t kFields = 9, kHeaderBytes = kFields * 8, kChecksumAt = kHeaderBytes - 8;
constexpr int64_t kMostNumbers = int64_t{1} << 20, kMostLevels = 65536;

std::array<std::byte, kHeaderBytes> header_bytes(const WaveCodesHeader& header, uint64_t checksum) {
  const std::array<uint64_t, kFields> fields = {std::bit_cast<uint64_t>(kMagic),
                                                header.model,
                                                static_cast<uint64_t>(header.rate),
                                                static_cast<uint64_t>(header.channels),
                                                static_cast<uint64_t>(header.hop),
                                                static_cast<uint64_t>(header.frame_dim),
                                                static_cast<uint64_t>(header.levels),
                                                static_cast<uint64_t>(header.times),
                                                checksum};
  return std::bit_cast<std::array<std::byte, kHeaderBytes>>(fields);
}

void write_at(int fd, std::span<const std::byte> bytes, int64_t at, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw IoError(path.string(), "write", errno);
    at += written;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

// The low `count` bits of `value`, from bit `at` of `bytes` on, which are 0 there.
void put_bits(uint64_t value, int64_t count, int64_t at, std::byte* bytes) {
  for (int64_t bit = 0; bit < count; ++bit, ++at) {
    bytes[at / 8] |= static_cast<std::byte>(((value >> bit) & 1u) << (at % 8));
  }
}

uint64_t bits_at(const std::byte* bytes, int64_t at, int64_t count) {
  uint64_t value = 0;
  for (int64_t bit = 0; bit < count; ++bit, ++at) {
    value |= ((static_cast<uint64_t>(bytes[at / 8]) >> (at % 8)) & 1u) << bit;
  }
  return value;
}

// The largest number of so many digits.
uint64_t largest_of(int64_t digits, uint64_t base) {
  uint64_t largest = 0;
  for (int64_t i = 0; i < digits; ++i) largest = largest * base + (base - 1);
  return largest;
}

}  // namespace

FramePacking::FramePacking(int64_t frame_dim, int64_t levels) : frame_dim_(frame_dim), levels_(levels) {
  LATENT_CHECK(frame_dim >= 1 && frame_dim <= kMostNumbers && levels >= 2 && levels <= kMostLevels,
               "[FramePacking] 1 to {} numbers of 2 to {} levels expected, got {} of {}", kMostNumbers, kMostLevels,
               frame_dim, levels);
  const auto base = static_cast<uint64_t>(levels);
  group_ = 1;
  while (largest_of(group_, base) <= (UINT64_MAX - (base - 1)) / base) ++group_;
  int64_t bits = 0;
  for (int64_t begin = 0; begin < frame_dim_; begin += group_) bits += bits_of(std::min(group_, frame_dim_ - begin));
  frame_bytes_ = (bits + 7) / 8;
}

int64_t FramePacking::bits_of(int64_t digits) const {
  return std::bit_width(largest_of(digits, static_cast<uint64_t>(levels_)));
}

void FramePacking::pack(const int64_t* numbers, std::byte* bytes) const {
  std::fill_n(bytes, frame_bytes_, std::byte{});
  int64_t at = 0;
  for (int64_t begin = 0; begin < frame_dim_; begin += group_) {
    const int64_t digits = std::min(group_, frame_dim_ - begin);
    uint64_t value = 0;
    for (int64_t i = digits; i-- > 0;) {
      value = value * static_cast<uint64_t>(levels_) + static_cast<uint64_t>(numbers[begin + i]);
    }
    put_bits(value, bits_of(digits), at, bytes);
    at += bits_of(digits);
  }
}

bool FramePacking::unpack(const std::byte* bytes, int64_t* numbers) const {
  int64_t at = 0;
  for (int64_t begin = 0; begin < frame_dim_; begin += group_) {
    const int64_t digits = std::min(group_, frame_dim_ - begin);
    uint64_t value = bits_at(bytes, at, bits_of(digits));
    if (value > largest_of(digits, static_cast<uint64_t>(levels_))) return false;
    for (int64_t i = 0; i < digits; ++i, value /= static_cast<uint64_t>(levels_)) {
      numbers[begin + i] = static_cast<int64_t>(value % static_cast<uint64_t>(levels_));
    }
    at += bits_of(digits);
  }
  return true;
}

WaveCodesWriter::WaveCodesWriter(std::filesystem::path path, const WaveCodesHeader& header)
    : path_(std::move(path)),
      header_(header),
      packing_(header.frame_dim, header.levels),
      file_(path_, Temporary::Kind::file) {}

void WaveCodesWriter::write(const Tensor& numbers) {
  LATENT_CHECK(numbers.ndim() == 2 && numbers.dim(1) == header_.frame_dim && numbers.dtype() == DType::i64,
               "[WaveCodesWriter] numbers (F, {}) i64 expected, got {} {}", header_.frame_dim, name_of(numbers.dtype()),
               numbers.shape().str());
  for (const int64_t number : numbers.span<int64_t>()) {
    LATENT_CHECK(number >= 0 && number < header_.levels, "[WaveCodesWriter] {} is none of {} levels", number,
                 header_.levels);
  }
  const int64_t F = numbers.dim(0), bytes = packing_.frame_bytes();
  packed_.resize(static_cast<size_t>(F * bytes));
  for (int64_t f = 0; f < F; ++f) {
    packing_.pack(numbers.data<int64_t>() + f * header_.frame_dim, packed_.data() + f * bytes);
    checksum_ = xxh64({packed_.data() + f * bytes, static_cast<size_t>(bytes)}, checksum_);
  }
  write_at(file_.fd(), packed_, static_cast<int64_t>(kHeaderBytes) + frames_ * bytes, path_);
  frames_ += F;
}

int64_t WaveCodesWriter::finish(int64_t times) {
  header_.times = times;
  const auto before = header_bytes(header_, 0);
  checksum_ = xxh64(std::span(before).first(kChecksumAt), checksum_);
  write_at(file_.fd(), header_bytes(header_, checksum_), 0, path_);
  file_.move_to_target();
  return static_cast<int64_t>(kHeaderBytes) + frames_ * packing_.frame_bytes();
}

WaveCodesReader::WaveCodesReader(const std::filesystem::path& path) : file_(MappedFile::open(path)) {
  const auto bytes = file_->bytes();
  const auto refuse = [&](const std::string& why) -> void { throw DataError(file_->path(), why); };
  if (bytes.size() < kHeaderBytes || detail::load_little<uint64_t>(bytes.data()) != std::bit_cast<uint64_t>(kMagic)) {
    refuse("not a file of codes of sounds");
  }
  const auto field = [&](size_t k) { return detail::load_little<uint64_t>(bytes.data() + 8 * k); };
  const auto small = [&](size_t k, int64_t least, int64_t most) {
    const uint64_t value = field(k);
    if (value < static_cast<uint64_t>(least) || value > static_cast<uint64_t>(most)) refuse("damaged: its header");
    return static_cast<int64_t>(value);
  };
  constexpr int64_t kMost = int64_t{1} << 48, kMostRate = int64_t{1} << 31, kMostChannels = 64;
  header_.model = field(1);
  header_.rate = small(2, 1, kMostRate);
  header_.channels = small(3, 1, kMostChannels);
  header_.hop = small(4, 1, kMostNumbers);
  header_.frame_dim = small(5, 1, kMostNumbers);
  header_.levels = small(6, 2, kMostLevels);
  header_.times = small(7, 0, kMost);
  packing_ = FramePacking(header_.frame_dim, header_.levels);
  const auto frame_bytes = static_cast<size_t>(packing_.frame_bytes());
  const auto frames = bytes.subspan(kHeaderBytes);
  frames_ = (header_.times + header_.hop - 1) / header_.hop;
  if (frames.size() % frame_bytes != 0 || static_cast<int64_t>(frames.size() / frame_bytes) != frames_) {
    refuse(fmt::format("damaged: {} bytes of frames, {} of {} bytes expected", frames.size(), frames_, frame_bytes));
  }
  uint64_t checksum = 0;
  for (size_t at = 0; at < frames.size(); at += frame_bytes)
    checksum = xxh64(frames.subspan(at, frame_bytes), checksum);
  if (xxh64(bytes.first(kChecksumAt), checksum) != field(kFields - 1)) refuse("damaged: its checksum");
  file_->check_whole();
}

Tensor WaveCodesReader::read(int64_t most) {
  const int64_t F = std::min(most, frames_ - at_), bytes = packing_.frame_bytes();
  Tensor numbers = Tensor::empty({F, header_.frame_dim}, DType::i64);
  const std::byte* from = file_->bytes().data() + kHeaderBytes + at_ * bytes;
  for (int64_t f = 0; f < F; ++f) {
    if (!packing_.unpack(from + f * bytes, numbers.data<int64_t>() + f * header_.frame_dim)) {
      throw DataError(file_->path(), fmt::format("damaged: frame {}", at_ + f));
    }
  }
  file_->check_whole();
  at_ += F;
  return numbers;
}

bool is_wave_codes(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  std::ifstream file(path, std::ios::binary);
  std::array<char, kMagic.size()> first = {};
  return file.read(first.data(), first.size()) && first == kMagic;
}

}  // namespace latent
