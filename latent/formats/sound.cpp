#include <latent/formats/sound.hpp>

#include <latent/formats/detail/sound_bytes.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/pcm.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace latent {

namespace {

// As SoundBytes reads.
detail::ReadAt reading(std::span<const std::byte> bytes) {
  return [bytes](uint64_t offset, std::span<std::byte> out) {
    if (offset > bytes.size() || bytes.size() - offset < out.size()) return false;
    std::ranges::copy(bytes.subspan(static_cast<size_t>(offset), out.size()), out.begin());
    return true;
  };
}

// An opened file; looks at `source`, which must stay where it is.
struct OpenSound {
  OpenSound(std::span<const std::byte> bytes, const std::string& path)
      : source(bytes.size(), reading(bytes)), file_size(bytes.size()) {
    if (bytes.empty()) throw DataError(path, "the file is empty");
    if (!is_sound(bytes)) throw DataError(path, "not a sound file (WAV, FLAC, OGG or AIFF)");
    file = source.open(info);
    if (!file) {
      std::string why = sf_strerror(nullptr);
      while (!why.empty() && (why.back() == '.' || why.back() == '\n')) why.pop_back();
      std::ranges::replace(why, '\n', ' ');
      throw DataError(path, fmt::format("a damaged sound file: {}", why));
    }
    const bool fits = info.channels >= 1 && info.channels <= kMostSoundChannels && info.samplerate >= 1;
    if (!fits) {
      throw DataError(path, fmt::format("{} channels at {} Hz: 1 to {} channels expected", info.channels,
                                        info.samplerate, kMostSoundChannels));
    }
  }

  detail::SoundBytes source;
  size_t file_size;
  SF_INFO info{};
  detail::OpenedSound file;
};

// Values that a file of these bytes may hold.
size_t most_values(const OpenSound& sound) { return unpack_limit(sound.file_size) / sizeof(float); }

// Calls take(values) for all that comes out, piece by piece, channels side by side.
template <class Take>
void each_piece(OpenSound& sound, const std::string& path, const Take& take) {
  constexpr sf_count_t kFramesAtOnce = 1 << 14;
  const auto channels = static_cast<size_t>(sound.info.channels);
  const size_t most = most_values(sound);
  size_t all = 0;
  std::vector<float> chunk(static_cast<size_t>(kFramesAtOnce) * channels);
  for (;;) {
    const sf_count_t frames = sf_readf_float(sound.file.get(), chunk.data(), kFramesAtOnce);
    if (frames <= 0) return;
    const size_t count = static_cast<size_t>(frames) * channels;
    all += count;
    if (all > most) throw DataError(path, fmt::format("unpacks to more than {} bytes", most * sizeof(float)));
    take(std::span<const float>(chunk).first(count));
  }
}

// All samples, channels side by side, as they come out.
std::vector<float> decode(OpenSound& sound, const std::string& path) {
  std::vector<float> values;
  each_piece(sound, path,
             [&](std::span<const float> piece) { values.insert(values.end(), piece.begin(), piece.end()); });
  if (const int error = sf_error(sound.file.get()); error != SF_ERR_NO_ERROR && values.empty()) {
    throw DataError(path, "a damaged sound file: no samples can be read");
  }
  return values;
}

// The bytes of a number, the lowest first; `to` needs no alignment.
template <class T>
void put_little(T value, std::byte* to) {
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(to, &value, sizeof(T));
}

}  // namespace

bool is_sound(std::span<const std::byte> bytes) {
  if (bytes.size() < 12) return false;
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), 12);
  const std::string_view begin = head.substr(0, 4), form = head.substr(8, 4);
  if (begin == "fLaC" || begin == "OggS") return true;
  if (begin == "RIFF" || begin == "RIFX" || begin == "RF64") return form == "WAVE";
  return begin == "FORM" && (form == "AIFF" || form == "AIFC");
}

SoundInfo read_sound_info(std::span<const std::byte> bytes, const std::string& path) {
  OpenSound sound(bytes, path);
  SoundInfo info{sound.info.samplerate, sound.info.channels, sound.info.frames};
  // A pipe does not know its length; and no header makes others prepare for more than a file can hold.
  if (info.length > 0 && static_cast<size_t>(info.length) <= most_values(sound) / static_cast<size_t>(info.channels)) {
    return info;
  }
  info.length = 0;
  each_piece(sound, path,
             [&](std::span<const float> piece) { info.length += static_cast<int64_t>(piece.size()) / info.channels; });
  return info;
}

Sound read_sound(std::span<const std::byte> bytes, const std::string& path) {
  OpenSound opened(bytes, path);
  const std::vector<float> values = decode(opened, path);
  const int64_t C = opened.info.channels, L = static_cast<int64_t>(values.size()) / C;
  if (L == 0) throw DataError(path, "a sound file without samples");
  Sound sound{Tensor::empty({C, L}), opened.info.samplerate, opened.source.is_cut_short()};
  auto* out = sound.samples.data<float>();
  for (int64_t t = 0; t < L; ++t) {
    for (int64_t c = 0; c < C; ++c) {
      const float value = values[static_cast<size_t>(t * C + c)];
      if (!std::isfinite(value)) {
        throw DataError(path,
                        fmt::format("sample {} of channel {} is {}", t, c, std::isnan(value) ? "NaN" : "infinite"));
      }
      out[c * L + t] = value;
    }
  }
  return sound;
}

namespace {

struct WavText {
  std::string bytes;
  int64_t clipped = 0;
};

WavText wav_text(const Tensor& samples, int64_t rate, WavSamples form) {
  LATENT_CHECK(samples.defined() && samples.ndim() == 2 && samples.dim(0) >= 1 && samples.dim(0) <= kMostSoundChannels,
               "[write_wav] samples (C, L) with 1 to {} channels expected, got {}", kMostSoundChannels,
               samples.defined() ? samples.shape().str() : "nothing");
  LATENT_CHECK(rate >= 1 && rate < (int64_t{1} << 31), "[write_wav] a rate of 1 to 2^31 - 1 expected, got {}", rate);
  const int64_t C = samples.dim(0), L = samples.dim(1);
  const int64_t width = form == WavSamples::pcm16 ? 2 : 4, bytes = C * L * width;
  constexpr int64_t kMostBytes = 0xffffff00;
  LATENT_CHECK(bytes <= kMostBytes, "[write_wav] a WAV holds less than 4 GiB, and {} samples take {} bytes", C * L,
               bytes);
  WavText text;
  const auto put = [&](auto number) {
    std::byte little[sizeof(number)];
    put_little(number, little);
    text.bytes.append(reinterpret_cast<const char*>(little), sizeof(number));
  };
  text.bytes.reserve(static_cast<size_t>(bytes) + 44);
  text.bytes += "RIFF";
  put(static_cast<uint32_t>(36 + bytes + bytes % 2));
  text.bytes += "WAVEfmt ";
  put(uint32_t{16});
  put(static_cast<uint16_t>(form == WavSamples::pcm16 ? 1 : 3));
  put(static_cast<uint16_t>(C));
  put(static_cast<uint32_t>(rate));
  put(static_cast<uint32_t>(rate * C * width));
  put(static_cast<uint16_t>(C * width));
  put(static_cast<uint16_t>(8 * width));
  text.bytes += "data";
  put(static_cast<uint32_t>(bytes));
  const auto* in = samples.data<float>();
  for (int64_t t = 0; t < L; ++t) {
    for (int64_t c = 0; c < C; ++c) {
      const float value = in[c * L + t];
      if (form == WavSamples::f32) {
        put(value);
        continue;
      }
      const Pcm16 whole = to_pcm16(value);
      text.clipped += whole.clipped ? 1 : 0;
      put(whole.value);
    }
  }
  return text;
}

}  // namespace

std::string wav_bytes(const Tensor& samples, int64_t rate, WavSamples form) {
  return wav_text(samples, rate, form).bytes;
}

int64_t write_wav(const std::filesystem::path& path, const Tensor& samples, int64_t rate, WavSamples form) {
  const WavText text = wav_text(samples, rate, form);
  replace_file(path, [&](Sink& sink) { sink.write(std::string_view(text.bytes)); });
  return text.clipped;
}

}  // namespace latent
