// Sound files and folders of them as data.

#include <latent/data/detail/folder_parts.hpp>
#include <latent/data/detail/sound_files.hpp>
#include <latent/data/labels.hpp>
#include <latent/data/sound_reading.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>

namespace latent::data {

namespace fs = std::filesystem;

namespace {

// Gives each sound the class that its name says. False where no name does.
bool label_by_name(std::vector<SoundFile>& sounds, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> labels;
  const SoundFile* odd = nullptr;
  for (const SoundFile& sound : sounds) {
    const std::string name = fs::path(sound.name).filename().string();
    std::smatch match;
    const bool fits = std::regex_search(name, match, regex) && match[1].matched && match[1].length() > 0;
    labels.push_back(fits ? match[1].str() : "");
    if (!fits && odd == nullptr) odd = &sound;
  }
  if (odd && std::ranges::all_of(labels, &std::string::empty)) return false;
  if (odd) throw DataError(odd->path.string(), fmt::format("its name has no class: --label-from-name '{}'", pattern));
  for (size_t i = 0; i < sounds.size(); ++i) sounds[i].label = labels[i];
  return true;
}

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("{}{}", names.front(), names.size() > 1 ? ", ..." : "");
}

std::string text_of(const SoundOptions& options) {
  const std::string what =
      options.features == SoundFeatures::wave ? "waves"
      : options.features == SoundFeatures::stft
          ? fmt::format("{} bins x {} frames", *options.n_fft / 2, length_of(options) / *options.hop)
          : fmt::format("{} mel bands x {} frames", *options.mels, length_of(options) / *options.hop);
  const std::string window = options.features == SoundFeatures::wave
                                 ? ""
                                 : fmt::format(" (windows of {} every {})", *options.n_fft, *options.hop);
  return fmt::format("samples are {:.3g} s at {} Hz, {}: {}{}", *options.seconds, *options.rate,
                     options.channels == SoundChannels::stereo ? "stereo" : "mono", what, window);
}

// What reading decided, and what a user may not have meant.
void note_sounds(const SoundOptions& options, std::span<const std::vector<SoundFile>> both, const SoundRemarks& remarks,
                 Source& source) {
  source.notes.push_back(text_of(options));
  std::map<int64_t, int64_t> rates, channels;
  int64_t all = 0;
  for (const std::vector<SoundFile>& sounds : both) {
    for (const SoundFile& sound : sounds) {
      ++rates[sound.info.rate];
      ++channels[sound.info.channels];
      ++all;
    }
  }
  const int64_t right = rates[*options.rate], wanted = channels[channels_of(options)];
  if (right < all) {
    source.notes.push_back(
        fmt::format("{} of {} sounds have another rate and are resampled to {} Hz", all - right, all, *options.rate));
  }
  if (wanted < all) {
    source.notes.push_back(
        options.channels == SoundChannels::stereo
            ? fmt::format("{} of {} sounds have not two channels and are made stereo", all - wanted, all)
            : fmt::format("{} of {} sounds have several channels, whose mean is taken (--stereo keeps "
                          "two)",
                          all - wanted, all));
  }
  if (remarks.longer > 0) {
    source.notes.push_back(
        fmt::format("{} of {} sounds are longer than {:.3g} s and lose their end (--seconds, "
                    "--sound-fit)",
                    remarks.longer, all, *options.seconds));
  }
  if (!remarks.skipped.empty()) source.warnings.push_back(skipped_text(remarks.skipped));
  const auto warn = [&](const std::vector<std::string>& names, const char* what) {
    if (names.empty()) return;
    source.warnings.push_back(fmt::format("{} of {} sounds {}: {}", names.size(), all, what, listed(names)));
  };
  warn(remarks.silent, "are silent");
  warn(remarks.cut_short, "end before their headers say (an interrupted copy?) and are taken as far as they go");
  warn(remarks.clipped, "are clipped, which sounds harsh and cannot be undone");
}

// The loudest value of the training part in decibels.
double loudest(const ArrayPart& part, bool has_test_part, const OpenOptions& options) {
  const auto rows = statistics_rows(part.x.dim(0), has_test_part, options);
  float most = -std::numeric_limits<float>::infinity();
  const auto look = [&](const Tensor& x) { most = std::max(most, *std::ranges::max_element(x.span<float>())); };
  if (rows.empty()) look(part.x);
  for (const int64_t row : rows) look(part.x.rows(row, row + 1));
  constexpr float kSilence = -100.0F;
  if (most < kSilence) throw DataError(part.path, "all sounds are silent: there is nothing to learn");
  return static_cast<double>(most);
}

Source sound_source(const std::string& name, const char* format, std::vector<std::vector<SoundFile>> both,
                    SoundRemarks remarks, SoundFit fit, const OpenOptions& options, const std::string& path) {
  LATENT_CHECK(!options.size && !options.grayscale && options.label_column.empty(),
               "{}: sounds have no --size, --grayscale and --label-column", name);
  Source source;
  source.name = name;
  source.format = format;
  const std::string& pattern = options.sound.label_from_name;
  if (!pattern.empty() && !std::ranges::all_of(both, [&](auto& sounds) { return label_by_name(sounds, pattern); })) {
    source.notes.push_back(fmt::format("no name of a file fits --label-from-name '{}'", pattern));
  }
  SoundOptions sound = decided(options.sound, both[0]);
  ArrayParts parts{name, format, read_sounds(both[0], sound, fit, path, remarks), std::nullopt, {}};
  if (both.size() > 1) parts.test = read_sounds(both[1], sound, fit, path, remarks);
  ArrayPart* const test = parts.test ? &*parts.test : nullptr;
  if (test && parts.train.label_names.empty()) test->label_names.clear();
  if (test && test->label_names.empty() && !options.usual_names) parts.train.label_names.clear();
  const bool are_waves = sound.features == SoundFeatures::wave;
  if (!are_waves && !sound.top_db) sound.top_db = loudest(parts.train, test != nullptr, options);
  if (const auto spectrogram = spectrogram_of(sound)) {
    spectrogram->to_levels(parts.train.x.span<float>());
    if (test) spectrogram->to_levels(test->x.span<float>());
  }
  note_sounds(sound, both, remarks, source);
  const std::vector<std::string> class_names = number_classes(parts);
  const auto dataset = [&](ArrayPart& part) {
    return array_dataset(part.x, {.kind = are_waves ? Kind::waves : Kind::sound,
                                  .labels = std::move(part.labels),
                                  .class_names = class_names,
                                  .origin = {part.path, {}, {}},
                                  .names = std::move(part.names)});
  };
  source.train = dataset(parts.train);
  if (test) source.test = dataset(*test);
  source.sound = sound;
  return source;
}

}  // namespace

Source open_sound(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  SoundFile sound{file.path, fs::path(file.path).filename().string(), "", read_sound_info(file.bytes(), file.path),
                  &file};
  if (sound.info.length == 0) throw DataError(file.path, "a sound file without samples");
  OpenOptions sliced = options;
  sliced.sound.fit = options.sound.fit.value_or(SoundFit::slice);
  const SoundFit fit = *sliced.sound.fit;
  Source source = sound_source(name, "sound", {{std::move(sound)}}, {}, fit, sliced, file.path);
  source.sound->fit = options.sound.fit;
  return source;
}

Source open_sound_folder(const fs::path& folder, const std::string& name, const OpenOptions& options) {
  SoundFiles found = find_sounds(folder);
  std::vector<std::string> names;
  for (const SoundFile& sound : found.sounds) names.push_back(sound.name);
  const FolderParts parts = parts_of_folder(names, {.what = "sound",
                                                    .usual_names = options.usual_names,
                                                    .folders_are_classes = options.sound.label_from_name.empty()});
  std::vector<std::vector<SoundFile>> both(parts.has_test ? 2 : 1);
  for (size_t i = 0; i < names.size(); ++i) {
    const PlacedFile& placed = parts.files[i];
    if (placed.part == PlacedFile::Part::left_out) continue;
    found.sounds[i].label = placed.label;
    both[placed.part == PlacedFile::Part::test ? 1 : 0].push_back(std::move(found.sounds[i]));
  }
  SoundRemarks remarks;
  remarks.skipped = std::move(found.skipped);
  Source source = sound_source(name, "sound folder", std::move(both), std::move(remarks),
                               options.sound.fit.value_or(SoundFit::cut), options, folder.string());
  source.notes.insert(source.notes.end(), parts.notes.begin(), parts.notes.end());
  source.warnings.insert(source.warnings.end(), parts.warnings.begin(), parts.warnings.end());
  return source;
}

}  // namespace latent::data
