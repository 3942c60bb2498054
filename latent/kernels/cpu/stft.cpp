#include <latent/kernels/stft.hpp>

#include <latent/core/threads.hpp>
#include <latent/kernels/fft.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

namespace latent::kernels {

namespace {

constexpr double kSmallest = 1e-10;  // of |X|^2: the magnitude of nothing has a gradient, too

// Hann's window, scaled so that a sine of amplitude 1 has a bin of 1: by 2 / sum w.
template <class T>
std::vector<T> scaled_hann(int64_t n) {
  std::vector<T> w = hann<T>(n);
  for (T& value : w) value *= static_cast<T>(4.0 / static_cast<double>(n));
  return w;
}

// The transform by its definition, as the reference for what is fast.
class PlainDft {
 public:
  explicit PlainDft(int64_t n) : n_(n), turns_(static_cast<size_t>(n)) {
    for (int64_t t = 0; t < n; ++t) {
      turns_[static_cast<size_t>(t)] =
          std::polar(1.0, -2.0 * std::numbers::pi * static_cast<double>(t) / static_cast<double>(n));
    }
  }
  void forward(std::span<const double> x, std::span<std::complex<double>> X) const {
    for (int64_t k = 0; k < n_ / 2 + 1; ++k) {
      std::complex<double> sum = 0.0;
      for (int64_t t = 0; t < n_; ++t) sum += x[static_cast<size_t>(t)] * turns_[static_cast<size_t>(k * t % n_)];
      X[static_cast<size_t>(k)] = sum;
    }
  }
  // As RealFft: the bins beyond n/2 are the conjugates of the others.
  void inverse(std::span<const std::complex<double>> X, std::span<double> x) const {
    for (int64_t t = 0; t < n_; ++t) {
      double sum = X[0].real();
      for (int64_t k = 1; k < n_ / 2 + 1; ++k) {
        const double turned = (X[static_cast<size_t>(k)] * std::conj(turns_[static_cast<size_t>(k * t % n_)])).real();
        sum += k == n_ / 2 ? turned : 2.0 * turned;
      }
      x[static_cast<size_t>(t)] = sum / static_cast<double>(n_);
    }
  }

 private:
  int64_t n_;
  std::vector<std::complex<double>> turns_;
};

template <class T>
using Dft = std::conditional_t<std::is_same_v<T, float>, RealFft, PlainDft>;

// Calls use(first value of the frame, first and last place inside of it that lie in [0, L)).
struct FramePlace {
  int64_t start, begin, end;
};
FramePlace place_of(const Stft& stft, int64_t frame) {
  const int64_t start = frame * stft.hop - stft.n / 2;
  const int64_t begin = std::clamp<int64_t>(-start, 0, stft.n);
  return {start, begin, std::clamp<int64_t>(stft.L - start, begin, stft.n)};
}

template <class T>
void magnitudes(const Stft& stft, const T* x, T* X, T* M) {
  const std::vector<T> w = scaled_hann<T>(stft.n);
  parallel_for(stft.rows, 1, [&](int64_t row_begin, int64_t row_end) {
    Dft<T> dft(stft.n);
    std::vector<T> frame(static_cast<size_t>(stft.n));
    for (int64_t i = row_begin * stft.frames(); i < row_end * stft.frames(); ++i) {
      const T* row = x + i / stft.frames() * stft.L;
      const FramePlace place = place_of(stft, i % stft.frames());
      std::ranges::fill(frame, T{0});
      for (int64_t t = place.begin; t < place.end; ++t) {
        frame[static_cast<size_t>(t)] = w[static_cast<size_t>(t)] * row[place.start + t];
      }
      auto* bins = reinterpret_cast<std::complex<T>*>(X + 2 * i * stft.bins());
      dft.forward(frame, {bins, static_cast<size_t>(stft.bins())});
      for (int64_t k = 0; k < stft.bins(); ++k) {
        M[i * stft.bins() + k] = std::sqrt(std::norm(bins[k]) + static_cast<T>(kSmallest));
      }
    }
  });
}

// The frame's gradient is the real part of sum_k dX_k e^(+2 pi i k t / n). The inverse transform adds to each bin
// between the first and the last its conjugate, so those are halved before it, and its factor 1/n is taken back.
template <class T>
void magnitudes_backward(const Stft& stft, const T* X, const T* M, const T* dM, T* dx) {
  const std::vector<T> w = scaled_hann<T>(stft.n);
  parallel_for(stft.rows, 1, [&](int64_t row_begin, int64_t row_end) {
    Dft<T> dft(stft.n);
    std::vector<T> frame(static_cast<size_t>(stft.n));
    std::vector<std::complex<T>> dX(static_cast<size_t>(stft.bins()));
    std::fill(dx + row_begin * stft.L, dx + row_end * stft.L, T{0});
    for (int64_t i = row_begin * stft.frames(); i < row_end * stft.frames(); ++i) {
      const auto* bins = reinterpret_cast<const std::complex<T>*>(X + 2 * i * stft.bins());
      for (int64_t k = 0; k < stft.bins(); ++k) {
        const bool is_end = k == 0 || k == stft.n / 2;
        const T slope = dM[i * stft.bins() + k] / M[i * stft.bins() + k] * static_cast<T>(is_end ? 1.0 : 0.5);
        dX[static_cast<size_t>(k)] = slope * bins[k];
      }
      dft.inverse(dX, frame);
      T* row = dx + i / stft.frames() * stft.L;
      const FramePlace place = place_of(stft, i % stft.frames());
      for (int64_t t = place.begin; t < place.end; ++t) {
        row[place.start + t] += static_cast<T>(stft.n) * w[static_cast<size_t>(t)] * frame[static_cast<size_t>(t)];
      }
    }
  });
}

}  // namespace

void stft_magnitudes(const Stft& stft, const float* x, float* X, float* M) { magnitudes(stft, x, X, M); }
void stft_magnitudes(const Stft& stft, const double* x, double* X, double* M) { magnitudes(stft, x, X, M); }
void stft_magnitudes_backward(const Stft& stft, const float* X, const float* M, const float* dM, float* dx) {
  magnitudes_backward(stft, X, M, dM, dx);
}
void stft_magnitudes_backward(const Stft& stft, const double* X, const double* M, const double* dM, double* dx) {
  magnitudes_backward(stft, X, M, dM, dx);
}

}  // namespace latent::kernels
