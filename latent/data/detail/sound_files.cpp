// Which files are sounds, and how long samples of them are.

#include <latent/data/detail/folder_files.hpp>
#include <latent/data/detail/sound_files.hpp>
#include <latent/data/parallel.hpp>
#include <latent/data/sound_reading.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <optional>

namespace latent::data {

namespace fs = std::filesystem;

namespace {

constexpr double kLongestUsual = 4.0, kUsualSlice = 1.0;  // seconds
constexpr int64_t kFrameMultiple = 8;                     // three halvings

bool has_ending(const fs::path& path, std::span<const std::string_view> endings) {
  return std::ranges::find(endings, lower_extension(path)) != endings.end();
}

// The file as a sound; its reason where it is named like one and is none; nothing for other files.
std::optional<SkippedFile> look_at_sound(const fs::path& file, const fs::path& top, std::optional<SoundFile>& sound) {
  const std::string name = file.lexically_relative(top).generic_string();
  try {
    const FileContents contents = FileContents::read(file);
    if (!named_like_sound(file) && !is_sound(contents.bytes())) return std::nullopt;
    sound = SoundFile{file, name, "", read_sound_info(contents.bytes(), file.string())};
    if (sound->info.length > 0) return std::nullopt;
    sound.reset();
    return SkippedFile{name, "a sound file without samples"};
  } catch (const DataError& error) {
    sound.reset();
    return SkippedFile{name, error.reason()};
  }
}

}  // namespace

bool named_like_sound(const fs::path& path) {
  constexpr std::array<std::string_view, 6> kEndings = {".wav", ".flac", ".ogg", ".oga", ".aif", ".aiff"};
  return has_ending(path, kEndings);
}

bool has_sounds(const fs::path& folder) {
  constexpr std::array<std::string_view, 7> kPictures = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"};
  int64_t more = 0;
  std::error_code error, unknown;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (is_hidden(it->path())) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file(unknown)) {
      more += named_like_sound(it->path()) ? 1 : has_ending(it->path(), kPictures) ? -1 : 0;
    }
  }
  return more > 0;
}

SoundFiles find_sounds(const fs::path& folder) {
  const std::vector<fs::path> files = files_below(folder);
  std::vector<std::optional<SoundFile>> found(files.size());
  std::vector<std::optional<SkippedFile>> skipped(files.size());
  parallel_try(static_cast<int64_t>(files.size()), [&](int64_t i) {
    const auto at = static_cast<size_t>(i);
    skipped[at] = look_at_sound(files[at], folder, found[at]);
  });
  SoundFiles result;
  for (size_t i = 0; i < files.size(); ++i) {
    if (found[i]) result.sounds.push_back(std::move(*found[i]));
    if (skipped[i]) result.skipped.push_back(std::move(*skipped[i]));
  }
  if (result.sounds.empty()) {
    throw DataError(folder.string(),
                    "no sounds (WAV, FLAC, OGG, AIFF) that can be read: " + skipped_text(result.skipped));
  }
  return result;
}

SoundOptions decided(SoundOptions options, std::span<const SoundFile> sounds) {
  if (!options.rate) {
    std::map<int64_t, int64_t> counts;
    for (const SoundFile& sound : sounds) ++counts[sound.info.rate];
    options.rate = std::ranges::max_element(counts, {}, [](const auto& rate) { return rate.second; })->first;
  }
  const auto rate = static_cast<double>(*options.rate);
  if (!options.n_fft) {
    constexpr double kWindow = 0.06;  // seconds
    const double power = std::round(std::log2(kWindow * rate));
    options.n_fft = int64_t{1} << std::clamp<int64_t>(static_cast<int64_t>(power), 4, 20);
  }
  if (!options.hop) options.hop = *options.n_fft / 4;
  if (!options.mels) {
    constexpr int64_t kHighRate = 16'000;
    options.mels = *options.rate > kHighRate ? 128 : 64;
  }
  if (!options.seconds) {
    std::vector<double> lengths;
    for (const SoundFile& sound : sounds) {
      lengths.push_back(static_cast<double>(sound.info.length) / static_cast<double>(sound.info.rate));
    }
    std::ranges::sort(lengths);
    constexpr double kNotLonger = 0.95;
    const auto place = static_cast<size_t>(kNotLonger * static_cast<double>(lengths.size() - 1));
    const SoundFit fit = options.fit.value_or(SoundFit::cut);
    options.seconds = fit == SoundFit::pad     ? lengths.back()
                      : fit == SoundFit::slice ? std::min(lengths[place], kUsualSlice)
                                               : std::min(lengths[place], kLongestUsual);
  }
  options.seconds = static_cast<double>(length_of(options)) / rate;
  options.check();
  return options;
}

int64_t length_of(const SoundOptions& options) {
  constexpr double kRounding = 1e-6;  // of a frame: a length that was rounded before stays as it is
  const auto hop = static_cast<double>(*options.hop);
  const double frames = std::ceil(*options.seconds * static_cast<double>(*options.rate) / hop - kRounding);
  const auto whole = std::max<int64_t>(1, static_cast<int64_t>(frames));
  return (whole + kFrameMultiple - 1) / kFrameMultiple * kFrameMultiple * *options.hop;
}

}  // namespace latent::data
