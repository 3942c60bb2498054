#include <latent/sound/resample.hpp>

#include <latent/core/error.hpp>

#include <samplerate.h>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace latent::sound {

namespace {

void check_sound(std::string_view function, const Tensor& x) {
  LATENT_CHECK(x.defined() && x.ndim() == 2 && x.dim(0) >= 1 && x.dim(1) >= 1, "[{}] x (C, L) expected, got {}",
               function, x.defined() ? x.shape().str() : "nothing");
}

}  // namespace

bool can_resample(int64_t from, int64_t to) {
  return from >= 1 && to >= 1 && src_is_valid_ratio(static_cast<double>(to) / static_cast<double>(from)) != 0;
}

Tensor resample(const Tensor& x, int64_t from, int64_t to) {
  check_sound("resample", x);
  LATENT_CHECK(from >= 1 && to >= 1, "[resample] rates of at least 1 expected, got {} and {}", from, to);
  if (from == to) return x;
  const double ratio = static_cast<double>(to) / static_cast<double>(from);
  LATENT_CHECK(can_resample(from, to), "[resample] from {} to {} Hz: a ratio of at most 256 expected", from, to);
  const int64_t C = x.dim(0), L = x.dim(1);
  const auto length = std::max<int64_t>(1, std::llround(static_cast<double>(L) * ratio));
  Tensor y = Tensor::zeros({C, length});
  for (int64_t c = 0; c < C; ++c) {
    SRC_DATA job{};
    job.data_in = x.data<float>() + c * L;
    job.data_out = y.data<float>() + c * length;
    job.input_frames = L;
    job.output_frames = length;
    job.src_ratio = ratio;
    if (const int error = src_simple(&job, SRC_SINC_MEDIUM_QUALITY, 1); error != 0) {
      throw std::runtime_error(fmt::format("resampling from {} to {} Hz failed: {}", from, to, src_strerror(error)));
    }
  }
  return y;
}

Tensor mix(const Tensor& x, int64_t channels) {
  check_sound("mix", x);
  LATENT_CHECK(channels == 1 || channels == 2, "[mix] 1 or 2 channels expected, got {}", channels);
  const int64_t C = x.dim(0), L = x.dim(1);
  if (C == channels) return x;
  Tensor y = Tensor::empty({channels, L});
  if (channels == 2) {
    for (int64_t c = 0; c < 2; ++c) std::copy_n(x.data<float>() + std::min(c, C - 1) * L, L, y.data<float>() + c * L);
    return y;
  }
  for (int64_t t = 0; t < L; ++t) {
    double sum = 0.0;
    for (int64_t c = 0; c < C; ++c) sum += static_cast<double>(x.data<float>()[c * L + t]);
    y.data<float>()[t] = static_cast<float>(sum / static_cast<double>(C));
  }
  return y;
}

}  // namespace latent::sound
