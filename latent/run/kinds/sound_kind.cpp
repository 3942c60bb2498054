#include <latent/run/kinds/sound_kind.hpp>

#include <fmt/core.h>

namespace latent {

namespace {

std::string channels_text(int64_t channels) { return channels == 1 ? "" : fmt::format("{} channels of ", channels); }

}  // namespace

std::string SoundKind::samples_text(const Shape& sample) const {
  return fmt::format("sounds of {}{} bands x {} frames", channels_text(sample[0]), sample[1], sample[2]);
}

Tensor SoundKind::for_pictures(const Run&, const Tensor& x) const {
  if (x.dim(1) == 1) return x;
  return x.view_as({x.dim(0), 1, x.dim(1) * x.dim(2), x.dim(3)});
}

std::string WavesKind::samples_text(const Shape& sample) const {
  return fmt::format("waves of {}{} values", channels_text(sample[0]), sample[1]);
}

View WavesKind::view(const Run& run, const Tensor&) const {
  const Shape sample = run.model->data_shape();
  return {.look = Look::series, .channels = sample[0], .length = sample[1]};
}

}  // namespace latent
