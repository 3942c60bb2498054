#include <latent/run/sounds/sounds.hpp>

#include <latent/core/error.hpp>
#include <latent/core/interrupted.hpp>
#include <latent/core/threads.hpp>
#include <latent/data/sound_reading.hpp>
#include <latent/formats/sound.hpp>
#include <latent/formats/temporary.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace latent {

namespace fs = std::filesystem;

namespace {

const data::SoundOptions& sound_of_run(const Run& run) {
  if (has_sounds(run)) return run.data->open.sound;
  throw UsageError(
      fmt::format("{}: was not trained on sounds, so that its samples cannot be heard", run.path.string()));
}

std::string clipped_text(int64_t clipped, int64_t all) {
  if (clipped == 0) return {};
  return fmt::format("{:.2g}% of the values are louder than a file can hold, and clipped",
                     100.0 * static_cast<double>(clipped) / static_cast<double>(std::max<int64_t>(all, 1)));
}

}  // namespace

bool has_sounds(const Run& run) {
  const data::Kind kind = run.kind();
  return run.data && run.data->open.sound.is_decided() && (kind == data::Kind::sound || kind == data::Kind::waves);
}

int64_t sound_rate(const Run& run) { return *sound_of_run(run).rate; }

double sound_seconds(const Run& run) {
  const data::SoundOptions& options = sound_of_run(run);
  return static_cast<double>(data::length_of(options)) / static_cast<double>(*options.rate);
}

Tensor to_waves(const Run& run, const Tensor& x) {
  const data::SoundOptions& options = sound_of_run(run);
  const int64_t N = x.dim(0), C = data::channels_of(options), L = data::length_of(options);
  const auto spectrogram = data::spectrogram_of(options);
  LATENT_CHECK(x.shape().tail() == data::sample_shape_of(options), "[to_waves] samples {} expected, got {}",
               data::sample_shape_of(options).str(), x.shape().tail().str());
  if (!spectrogram) return x;
  const int64_t levels = x.numel() / std::max<int64_t>(N * C, 1);
  Tensor waves = Tensor::empty({N, C, L});
  parallel_for(N * C, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      spectrogram->to_wave({x.data<float>() + i * levels, static_cast<size_t>(levels)},
                           {waves.data<float>() + i * L, static_cast<size_t>(L)});
    }
  });
  return waves;
}

std::string write_sound_file(const fs::path& path, const Tensor& waves, int64_t rate) {
  const int64_t N = waves.dim(0), C = waves.dim(1), L = waves.dim(2), gap = rate / 4;
  Tensor all = Tensor::zeros({C, N * L + (N - 1) * gap});
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t c = 0; c < C; ++c) {
      std::copy_n(waves.data<float>() + (n * C + c) * L, L, all.data<float>() + c * all.dim(1) + n * (L + gap));
    }
  }
  return clipped_text(write_wav(path, all, rate), waves.numel());
}

std::string write_sound_folder(const fs::path& path, const Tensor& waves, int64_t rate,
                               std::span<const std::string> folders, const std::atomic<bool>* stop) {
  fs::path target = fs::absolute(path).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  Temporary made(target, Temporary::Kind::folder);
  std::error_code error;
  int64_t clipped = 0;
  for (int64_t i = 0; i < waves.dim(0); ++i) {
    if (stop && *stop) throw Interrupted(fmt::format("interrupted: {} was not written", path.string()));
    const fs::path folder = folders.empty() ? made.path() : made.path() / folders[static_cast<size_t>(i)];
    if (fs::create_directory(folder, error); error) throw IoError(folder.string(), "create folder", error.value());
    clipped +=
        write_wav(folder / fmt::format("{:06}.wav", i), waves.rows(i, i + 1).view_as(waves.shape().tail()), rate);
  }
  made.move_to_target();
  return clipped_text(clipped, waves.numel());
}

}  // namespace latent
