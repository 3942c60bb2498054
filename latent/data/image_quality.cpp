#include <latent/data/image_quality.hpp>

#include <latent/core/threads.hpp>

#include <cmath>

namespace latent::data {

namespace {

void check_pair(const char* function, const Tensor& x_hat, const Tensor& x) {
  LATENT_CHECK(x_hat.shape() == x.shape() && x_hat.dtype() == DType::f32 && x.dtype() == DType::f32,
               "[{}] x_hat and x of one shape in f32 expected, got {} {} and {} {}", function, x_hat.shape().str(),
               name_of(x_hat.dtype()), x.shape().str(), name_of(x.dtype()));
  LATENT_CHECK(x.ndim() >= 2 && (x.dim(0) == 0 || x.numel() > 0), "[{}] samples (N, ...) with values expected, got {}",
               function, x.shape().str());
}

// Means over windows of two planes and of their products.
struct Moments {
  double x = 0.0, y = 0.0, xx = 0.0, yy = 0.0, xy = 0.0;
};
Moments operator+(const Moments& a, const Moments& b) {
  return {a.x + b.x, a.y + b.y, a.xx + b.xx, a.yy + b.yy, a.xy + b.xy};
}
Moments operator-(const Moments& a, const Moments& b) {
  return {a.x - b.x, a.y - b.y, a.xx - b.xx, a.yy - b.yy, a.xy - b.xy};
}

// The similarity of two windows by the sums over them: equation (13) of Wang et al.
double similarity(const Moments& sums) {
  constexpr auto kPixels = static_cast<double>(kSsimWindow * kSsimWindow);
  constexpr double kC1 = 0.01 * 0.01, kC2 = 0.03 * 0.03;
  const double mu_x = sums.x / kPixels, mu_y = sums.y / kPixels;
  const double var_x = (sums.xx - sums.x * mu_x) / (kPixels - 1.0);
  const double var_y = (sums.yy - sums.y * mu_y) / (kPixels - 1.0);
  const double covariance = (sums.xy - sums.x * mu_y) / (kPixels - 1.0);
  return (2.0 * mu_x * mu_y + kC1) * (2.0 * covariance + kC2) /
         ((mu_x * mu_x + mu_y * mu_y + kC1) * (var_x + var_y + kC2));
}

double ssim_of_planes(const float* x, const float* y, int64_t H, int64_t W) {
  // Sums over all that lies above and to the left: a window's sum is a combination of four of them.
  const int64_t stride = W + 1;
  std::vector<Moments> area(static_cast<size_t>((H + 1) * stride));
  const auto at = [&](int64_t h, int64_t w) -> Moments& { return area[static_cast<size_t>(h * stride + w)]; };
  for (int64_t h = 0; h < H; ++h) {
    Moments row;
    for (int64_t w = 0; w < W; ++w) {
      const auto a = static_cast<double>(x[h * W + w]), b = static_cast<double>(y[h * W + w]);
      row = row + Moments{a, b, a * a, b * b, a * b};
      at(h + 1, w + 1) = at(h, w + 1) + row;
    }
  }
  double sum = 0.0;
  for (int64_t h = kSsimWindow; h <= H; ++h) {
    for (int64_t w = kSsimWindow; w <= W; ++w) {
      const int64_t top = h - kSsimWindow, left = w - kSsimWindow;
      sum += similarity(at(h, w) - at(top, w) - at(h, left) + at(top, left));
    }
  }
  return sum / static_cast<double>((H - kSsimWindow + 1) * (W - kSsimWindow + 1));
}

}  // namespace

std::vector<double> psnr(const Tensor& x_hat, const Tensor& x) {
  check_pair("psnr", x_hat, x);
  const int64_t N = x.dim(0), numel = x.shape().tail().numel();
  std::vector<double> decibels(static_cast<size_t>(N));
  const auto *a = x_hat.data<float>(), *b = x.data<float>();
  parallel_for(N, 16, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      double squares = 0.0;
      for (int64_t i = n * numel; i < (n + 1) * numel; ++i) {
        const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        squares += difference * difference;
      }
      decibels[static_cast<size_t>(n)] = -10.0 * std::log10(squares / static_cast<double>(numel));
    }
  });
  return decibels;
}

std::vector<double> ssim(const Tensor& x_hat, const Tensor& x) {
  check_pair("ssim", x_hat, x);
  LATENT_CHECK(x.ndim() == 4 && x.dim(2) >= kSsimWindow && x.dim(3) >= kSsimWindow,
               "[ssim] images (N, C, H, W) of at least {0}x{0} expected, got {1}", kSsimWindow, x.shape().str());
  const int64_t N = x.dim(0), C = x.dim(1), H = x.dim(2), W = x.dim(3);
  std::vector<double> similarities(static_cast<size_t>(N));
  const auto *a = x_hat.data<float>(), *b = x.data<float>();
  parallel_for(N, 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      double sum = 0.0;
      for (int64_t c = n * C; c < (n + 1) * C; ++c) sum += ssim_of_planes(a + c * H * W, b + c * H * W, H, W);
      similarities[static_cast<size_t>(n)] = sum / static_cast<double>(C);
    }
  });
  return similarities;
}

}  // namespace latent::data
