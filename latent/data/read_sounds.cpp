// From sound files to samples.

#include <latent/core/memory.hpp>
#include <latent/data/detail/sound_files.hpp>
#include <latent/data/parallel.hpp>
#include <latent/data/sound_reading.hpp>
#include <latent/sound/resample.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace latent::data {

namespace {

// What became of a file.
struct ReadFile {
  std::string problem;  // empty: it is read
  bool silent = false, clipped = false, cut_short = false, longer = false;
};

// Full scale several times in a row: what was louder is lost.
bool is_clipped(const Tensor& samples) {
  constexpr float kFull = 0.9999F;
  constexpr int kInARow = 4;
  int row = 0;
  for (const float value : samples.span<float>()) {
    row = std::abs(value) >= kFull ? row + 1 : 0;
    if (row >= kInARow) return true;
  }
  return false;
}

bool is_silent(const Tensor& samples) {
  constexpr float kSilence = 1.0F / 32768.0F;  // one step of 16 bits
  return std::ranges::all_of(samples.span<float>(), [](float value) { return std::abs(value) <= kSilence; });
}

// How many samples a sound of so many values at the right rate becomes.
int64_t pieces_of(int64_t length, int64_t of_sample, SoundFit fit) {
  if (fit != SoundFit::slice) return 1;
  return std::max<int64_t>(1, (length + of_sample / 2) / of_sample);
}

int64_t resampled_length(const SoundInfo& info, int64_t rate) {
  const double ratio = static_cast<double>(rate) / static_cast<double>(info.rate);
  return std::max<int64_t>(1, std::llround(static_cast<double>(info.length) * ratio));
}

// A sound at the options' rate and with their channels.
Tensor sound_of(const SoundFile& file, const SoundOptions& options, ReadFile& result) {
  const FileContents contents = file.opened ? FileContents() : FileContents::read(file.path);
  const Sound sound = read_sound(file.opened ? file.opened->bytes() : contents.bytes(), file.path.string());
  contents.check_whole();
  constexpr double kLeastPart = 0.99;  // headers of streams know their length to a block or so
  if (static_cast<double>(sound.samples.dim(1)) < kLeastPart * static_cast<double>(file.info.length)) {
    throw DataError(file.path.string(),
                    fmt::format("damaged: it ends after {} of {} samples", sound.samples.dim(1), file.info.length));
  }
  if (!sound::can_resample(sound.rate, *options.rate)) {
    throw DataError(file.path.string(),
                    fmt::format("its rate of {} Hz is too far from {} Hz", sound.rate, *options.rate));
  }
  result.cut_short = sound.is_cut_short;
  result.silent = is_silent(sound.samples);
  result.clipped = is_clipped(sound.samples);
  return sound::resample(sound::mix(sound.samples, channels_of(options)), sound.rate, *options.rate);
}

// Writes the pieces of a sound one after the other. @param out  pieces * C * values
void put_pieces(const Tensor& sound, int64_t pieces, const SoundOptions& options, const sound::Spectrogram* spectrogram,
                float* out) {
  const int64_t C = sound.dim(0), length = sound.dim(1), L = length_of(options);
  const int64_t values = spectrogram ? spectrogram->bands() * spectrogram->frames(L) : L;
  std::vector<float> piece(static_cast<size_t>(L));
  for (int64_t p = 0; p < pieces; ++p) {
    for (int64_t c = 0; c < C; ++c, out += values) {
      const int64_t there = std::clamp<int64_t>(length - p * L, 0, L);
      std::copy_n(sound.data<float>() + c * length + p * L, there, piece.begin());
      std::fill(piece.begin() + there, piece.end(), 0.0F);
      if (spectrogram) {
        spectrogram->decibels(piece, {out, static_cast<size_t>(values)});
      } else {
        std::ranges::copy(piece, out);
      }
    }
  }
}

// Takes the samples of damaged files out.
void drop_damaged(ArrayPart& part, const std::vector<ReadFile>& read, std::span<const int64_t> first) {
  std::vector<int64_t> kept;
  for (size_t i = 0; i < read.size(); ++i) {
    for (int64_t row = first[i]; row < first[i + 1] && read[i].problem.empty(); ++row) kept.push_back(row);
  }
  if (static_cast<int64_t>(kept.size()) == part.x.dim(0)) return;
  const Shape sample = part.x.shape().tail();
  Tensor x = Tensor::empty(sample.prepend(static_cast<int64_t>(kept.size())));
  std::vector<std::string> names, labels;
  for (size_t k = 0; k < kept.size(); ++k) {
    const auto row = static_cast<size_t>(kept[k]), to = k * static_cast<size_t>(sample.numel());
    std::copy_n(part.x.data<float>() + row * static_cast<size_t>(sample.numel()), sample.numel(), x.data<float>() + to);
    names.push_back(part.names[row]);
    if (!part.label_names.empty()) labels.push_back(part.label_names[row]);
  }
  part.x = x;
  part.names = std::move(names);
  part.label_names = std::move(labels);
}

}  // namespace

int64_t channels_of(const SoundOptions& options) { return options.channels == SoundChannels::stereo ? 2 : 1; }

std::optional<sound::Spectrogram> spectrogram_of(const SoundOptions& options) {
  if (options.features == SoundFeatures::wave) return std::nullopt;
  const bool is_mel = options.features == SoundFeatures::log_mel;
  return sound::Spectrogram({.stft = {.n_fft = *options.n_fft, .hop = *options.hop},
                             .rate = *options.rate,
                             .mels = is_mel ? *options.mels : 0,
                             .top_db = options.top_db.value_or(0.0),
                             .range_db = options.range_db});
}

Shape sample_shape_of(const SoundOptions& options) {
  const int64_t C = channels_of(options), L = length_of(options);
  const auto spectrogram = spectrogram_of(options);
  return spectrogram ? Shape{C, spectrogram->bands(), spectrogram->frames(L)} : Shape{C, L};
}

ArrayPart read_sounds(std::span<const SoundFile> files, const SoundOptions& options, SoundFit fit,
                      const std::string& path, SoundRemarks& remarks) {
  const int64_t L = length_of(options);
  const auto spectrogram = spectrogram_of(options);
  const Shape sample = sample_shape_of(options);
  ArrayPart part;
  part.path = path;
  std::vector<int64_t> first = {0};  // the first sample of each file
  const bool has_labels = std::ranges::none_of(files, [](const SoundFile& file) { return file.label.empty(); });
  for (const SoundFile& file : files) {
    const int64_t pieces = pieces_of(resampled_length(file.info, *options.rate), L, fit);
    for (int64_t p = 0; p < pieces; ++p) {
      part.names.push_back(pieces == 1 ? file.name : fmt::format("{}#{}", file.name, p));
      if (has_labels) part.label_names.push_back(file.label);
    }
    first.push_back(first.back() + pieces);
  }
  const double needed = static_cast<double>(first.back()) * static_cast<double>(sample.numel()) * sizeof(float);
  check_memory(static_cast<uint64_t>(std::min(needed, 1e18)), memory_allowed(), path,
               fmt::format("{} samples of {}", first.back(), sample.str()),
               "; a smaller --rate or fewer --seconds help");
  part.x = Tensor::empty(sample.prepend(first.back()));
  std::vector<ReadFile> read(files.size());
  parallel_try(static_cast<int64_t>(files.size()), [&](int64_t i) {
    const auto at = static_cast<size_t>(i);
    try {
      const Tensor sound = sound_of(files[at], options, read[at]);
      read[at].longer = fit != SoundFit::slice && sound.dim(1) > L;
      put_pieces(sound, first[at + 1] - first[at], options, spectrogram ? &*spectrogram : nullptr,
                 part.x.data<float>() + first[at] * sample.numel());
    } catch (const DataError& error) {
      read[at].problem = error.reason();
    }
  });
  for (size_t i = 0; i < files.size(); ++i) {
    if (!read[i].problem.empty()) {
      remarks.skipped.emplace_back(files[i].name, read[i].problem);
      continue;
    }
    if (read[i].silent) remarks.silent.push_back(files[i].name);
    if (read[i].cut_short) remarks.cut_short.push_back(files[i].name);
    if (read[i].clipped) remarks.clipped.push_back(files[i].name);
    remarks.longer += read[i].longer ? 1 : 0;
  }
  drop_damaged(part, read, first);
  if (part.x.dim(0) == 0) {
    throw DataError(path, files.size() == 1 ? read[0].problem
                                            : fmt::format("none of its {} sounds can be read; {} ({})", files.size(),
                                                          remarks.skipped[0].first, remarks.skipped[0].second));
  }
  return part;
}

}  // namespace latent::data
