#include <latent/formats/detail/sound_bytes.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace latent::detail {

namespace {

using ChunkHeader = std::array<std::byte, 8>;

std::string_view chunk_name(const ChunkHeader& header) { return {reinterpret_cast<const char*>(header.data()), 4}; }

uint64_t number_at(std::span<const std::byte, 4> bytes, bool big) {
  uint64_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = (number << 8) | std::to_integer<uint64_t>(bytes[big ? i : 3 - i]);
  return number;
}

bool is_chunk_name(const ChunkHeader& header) {
  return std::ranges::all_of(chunk_name(header), [](char c) { return c >= ' ' && c <= '~'; });
}

sf_count_t size_of_sound(void* user) { return static_cast<SoundBytes*>(user)->size(); }
sf_count_t seek_in_sound(sf_count_t offset, int whence, void* user) {
  return static_cast<SoundBytes*>(user)->seek(offset, whence);
}
sf_count_t read_sound_bytes(void* to, sf_count_t count, void* user) {
  const auto wanted = static_cast<size_t>(std::max<sf_count_t>(count, 0));
  return static_cast<SoundBytes*>(user)->read({static_cast<std::byte*>(to), wanted});
}
sf_count_t write_nothing(const void*, sf_count_t, void*) { return 0; }
sf_count_t place_in_sound(void* user) { return static_cast<SoundBytes*>(user)->place(); }

}  // namespace

SoundBytes::SoundBytes(uint64_t size, ReadAt read) : read_(std::move(read)) {
  if (!take_wav(size)) rest_size_ = size;
}

OpenedSound SoundBytes::open(SF_INFO& info) {
  SF_VIRTUAL_IO io{size_of_sound, seek_in_sound, read_sound_bytes, write_nothing, place_in_sound};
  return OpenedSound(sf_open_virtual(&io, SFM_READ, &info, this));
}

sf_count_t SoundBytes::seek(sf_count_t offset, int whence) {
  const sf_count_t base = whence == SEEK_CUR ? at_ : whence == SEEK_END ? size() : 0;
  // Headers may name any place: what lies outside is the nearest end.
  at_ = offset > size() - base ? size() : std::max<sf_count_t>(base + std::max(offset, -base), 0);
  return at_;
}

sf_count_t SoundBytes::read(std::span<std::byte> out) {
  const auto at = static_cast<uint64_t>(at_), left = static_cast<uint64_t>(size() - at_);
  out = out.first(static_cast<size_t>(std::min<uint64_t>(out.size(), left)));
  const auto of_head = static_cast<size_t>(std::min<uint64_t>(out.size(), at < head_.size() ? head_.size() - at : 0));
  std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(std::min<uint64_t>(at, head_.size())), of_head, out.begin());
  const std::span<std::byte> of_rest = out.subspan(of_head);
  if (!of_rest.empty() && !read_(rest_begin_ + at + of_head - head_.size(), of_rest)) out = out.first(of_head);
  at_ += static_cast<sf_count_t>(out.size());
  return static_cast<sf_count_t>(out.size());
}

// Keeps what describes the samples of a WAV, and finds them. False for other files.
bool SoundBytes::take_wav(uint64_t size) {
  constexpr uint64_t kFirst = 12, kHeader = 8, kLongest = 1 << 16;  // of a chunk that describes samples
  constexpr uint64_t kShortestDs64 = 28, kPlaceholder = 0x7fff'0000;
  std::array<std::byte, kFirst> first;
  if (!read_(0, first)) return false;
  const std::string_view text(reinterpret_cast<const char*>(first.data()), kFirst);
  const std::string_view form = text.substr(0, 4);
  if ((form != "RIFF" && form != "RIFX" && form != "RF64") || text.substr(8) != "WAVE") return false;
  const bool big = form == "RIFX";
  head_.assign(first.begin(), first.end());
  std::optional<uint64_t> long_length;  // of the data, where 32 bits may not be enough
  ChunkHeader header;
  for (uint64_t at = kFirst; at <= size && read_(at, header);) {
    const uint64_t begin = at + kHeader, left = size - begin;
    const uint64_t length = number_at(std::span(header).last<4>(), big);
    const std::string_view name = chunk_name(header);
    if (name == "data") {
      // A writer that was interrupted leaves lengths of 0: libsndfile then takes all that there is.
      const bool unfinished = length == 0 && number_at(std::span(first).subspan<4, 4>(), big) == 8;
      head_.insert(head_.end(), header.begin(), header.end());
      rest_begin_ = begin;
      rest_size_ = unfinished ? left : std::min(long_length.value_or(length), left);
      is_cut_short_ = !unfinished && long_length.value_or(length) > left && (long_length || length < kPlaceholder);
      return true;
    }
    if (length > left) return true;
    const bool is_ds64 = name == "ds64" && form == "RF64" && length >= kShortestDs64;
    if ((name == "fmt " || name == "fact" || is_ds64) && length <= kLongest) {
      const size_t place = head_.size() + kHeader;
      head_.insert(head_.end(), header.begin(), header.end());
      head_.resize(place + static_cast<size_t>(length + length % 2));
      if (!read_(begin, std::span(head_).subspan(place, static_cast<size_t>(length)))) return true;
      if (is_ds64) {  // the size of the file, and that of its data
        const std::span<const std::byte, 8> of_data = std::span<const std::byte>(head_).subspan(place + 8).first<8>();
        long_length = number_at(of_data.first<4>(), false) | (number_at(of_data.last<4>(), false) << 32);
      }
    }
    at = begin + length + length % 2;
    // Some writers forget the byte that fills up an odd length.
    ChunkHeader next;
    if (length % 2 == 1 && !(read_(at, next) && is_chunk_name(next)) && read_(at - 1, next) && is_chunk_name(next))
      --at;
  }
  return true;
}

}  // namespace latent::detail
