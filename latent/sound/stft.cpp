#include <latent/sound/stft.hpp>

#include <latent/core/error.hpp>
#include <latent/kernels/fft.hpp>

#include <algorithm>
#include <cmath>

namespace latent::sound {

void StftOptions::check() const {
  constexpr int64_t kShortest = 16, kLongest = int64_t{1} << 20;
  LATENT_CHECK(n_fft >= kShortest && n_fft <= kLongest && n_fft % 2 == 0,
               "[stft] n_fft: an even number from {} to {} expected, got {}", kShortest, kLongest, n_fft);
  LATENT_CHECK(hop >= 1 && hop <= n_fft / 2, "[stft] hop: 1 to n_fft / 2 = {} expected, got {}", n_fft / 2, hop);
}

struct Stft::Room {
  explicit Room(int64_t n) : fft(n), window(kernels::hann<float>(n)), frame(static_cast<size_t>(n)) {}
  kernels::RealFft fft;
  std::vector<float> window, frame, sum, weight;
};

Stft::Stft(const StftOptions& options) : options_(options) {
  options_.check();
  room_ = std::make_unique<Room>(options_.n_fft);
}

Stft::~Stft() = default;

namespace {

// x at any place, mirrored at its ends, which are not repeated.
float mirrored(std::span<const float> x, int64_t at) {
  const auto L = static_cast<int64_t>(x.size());
  if (L == 1) return x[0];
  const int64_t period = 2 * (L - 1);
  at = ((at % period) + period) % period;
  return x[static_cast<size_t>(at < L ? at : period - at)];
}

}  // namespace

void Stft::forward(std::span<const float> x, Bins& X) {
  const auto L = static_cast<int64_t>(x.size());
  LATENT_CHECK(L >= 1, "[stft] a sound without samples");
  const int64_t n = options_.n_fft, bins = options_.bins(), frames = options_.frames(L);
  X.resize(static_cast<size_t>(frames * bins));
  Room& room = *room_;
  for (int64_t t = 0; t < frames; ++t) {
    const int64_t begin = t * options_.hop - n / 2;
    if (begin >= 0 && begin + n <= L) {
      for (int64_t i = 0; i < n; ++i) {
        room.frame[static_cast<size_t>(i)] = x[static_cast<size_t>(begin + i)] * room.window[static_cast<size_t>(i)];
      }
    } else {
      for (int64_t i = 0; i < n; ++i) {
        room.frame[static_cast<size_t>(i)] = mirrored(x, begin + i) * room.window[static_cast<size_t>(i)];
      }
    }
    room.fft.forward(room.frame, std::span(X).subspan(static_cast<size_t>(t * bins), static_cast<size_t>(bins)));
  }
}

void Stft::inverse(const Bins& X, std::span<float> x) {
  const auto L = static_cast<int64_t>(x.size());
  const int64_t n = options_.n_fft, bins = options_.bins(), frames = options_.frames(L);
  LATENT_CHECK(static_cast<int64_t>(X.size()) == frames * bins, "[istft] {} frames of {} bins expected, got {} values",
               frames, bins, X.size());
  Room& room = *room_;
  room.weight.assign(x.size(), 0.0F);
  std::ranges::fill(x, 0.0F);
  for (int64_t t = 0; t < frames; ++t) {
    room.fft.inverse(std::span(X).subspan(static_cast<size_t>(t * bins), static_cast<size_t>(bins)), room.frame);
    const int64_t begin = t * options_.hop - n / 2;
    const int64_t first = std::max<int64_t>(0, -begin), last = std::min(n, L - begin);
    for (int64_t i = first; i < last; ++i) {
      const float w = room.window[static_cast<size_t>(i)];
      x[static_cast<size_t>(begin + i)] += w * room.frame[static_cast<size_t>(i)];
      room.weight[static_cast<size_t>(begin + i)] += w * w;
    }
  }
  constexpr float kLeast = 1e-8F;  // where no window reaches, the sound is silent
  for (int64_t i = 0; i < L; ++i) x[static_cast<size_t>(i)] /= std::max(room.weight[static_cast<size_t>(i)], kLeast);
}

Tensor stft(const Tensor& x, const StftOptions& options) {
  LATENT_CHECK(x.defined() && x.ndim() == 2 && x.dim(1) >= 1, "[stft] x (C, L) expected, got {}",
               x.defined() ? x.shape().str() : "nothing");
  Stft transform(options);
  const int64_t C = x.dim(0), L = x.dim(1), frames = options.frames(L);
  Tensor X = Tensor::empty({C, frames, options.bins(), 2});
  Stft::Bins channel;
  for (int64_t c = 0; c < C; ++c) {
    transform.forward(x.span<float>().subspan(static_cast<size_t>(c * L), static_cast<size_t>(L)), channel);
    std::ranges::copy_n(reinterpret_cast<const float*>(channel.data()), static_cast<int64_t>(2 * channel.size()),
                        X.data<float>() + c * frames * options.bins() * 2);
  }
  return X;
}

Tensor istft(const Tensor& X, const StftOptions& options, int64_t length) {
  options.check();
  LATENT_CHECK(length >= 1 && X.defined() && X.ndim() == 4 && X.dim(1) == options.frames(length) &&
                   X.dim(2) == options.bins() && X.dim(3) == 2,
               "[istft] X (C, {}, {}, 2) expected for {} samples, got {}", options.frames(length), options.bins(),
               length, X.defined() ? X.shape().str() : "nothing");
  Stft transform(options);
  const int64_t C = X.dim(0), values = options.frames(length) * options.bins();
  Tensor x = Tensor::empty({C, length});
  for (int64_t c = 0; c < C; ++c) {
    const auto* first = reinterpret_cast<const std::complex<float>*>(X.data<float>()) + c * values;
    const Stft::Bins channel(first, first + values);
    transform.inverse(channel, x.span<float>().subspan(static_cast<size_t>(c * length), static_cast<size_t>(length)));
  }
  return x;
}

}  // namespace latent::sound
