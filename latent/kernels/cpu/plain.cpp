#include <latent/kernels/cpu/plain.hpp>

#include <latent/kernels/cpu/activation_plain.hpp>

#include <algorithm>

namespace latent::kernels::plain {

void gemm(const Gemm& g, const double* A, const double* B, const double* bias, double* C) {
  for (int64_t m = 0; m < g.M; ++m) {
    for (int64_t n = 0; n < g.N; ++n) {
      double sum = (bias == nullptr ? 0.0 : bias[n]) + (g.accumulate ? C[m * g.N + n] : 0.0);
      for (int64_t k = 0; k < g.K; ++k) {
        const double a = g.transpose_a ? A[k * g.M + m] : A[m * g.K + k];
        const double b = g.transpose_b ? B[n * g.K + k] : B[k * g.N + n];
        sum += a * b;
      }
      C[m * g.N + n] = activation_value(g.activation, sum);
    }
  }
}

namespace {

// Calls visit(offset of x, offset of weight, offset of y) for every product of the convolution.
template <class Visit>
void for_each_product(const Conv& c, const Visit& visit) {
  for (int64_t n = 0; n < c.N; ++n) {
    for (int64_t oh = 0; oh < c.OH; ++oh) {
      for (int64_t ow = 0; ow < c.OW; ++ow) {
        for (int64_t i = 0; i < c.kh; ++i) {
          const int64_t h = oh * c.stride - c.padding + i;
          if (h < 0 || h >= c.H) continue;
          for (int64_t j = 0; j < c.kw; ++j) {
            const int64_t w = ow * c.stride - c.padding + j;
            if (w < 0 || w >= c.W) continue;
            for (int64_t f = 0; f < c.F; ++f) {
              for (int64_t k = 0; k < c.C; ++k) {
                visit(((n * c.H + h) * c.W + w) * c.C + k, ((f * c.C + k) * c.kh + i) * c.kw + j,
                      ((n * c.OH + oh) * c.OW + ow) * c.F + f);
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace

void conv_forward(const Conv& c, const double* x, const double* weight, const double* bias, Activation activation,
                  double* y) {
  const int64_t count = c.N * c.OH * c.OW * c.F;
  for (int64_t i = 0; i < count; ++i) y[i] = bias == nullptr ? 0.0 : bias[i % c.F];
  for_each_product(c, [&](int64_t ix, int64_t iw, int64_t iy) { y[iy] += x[ix] * weight[iw]; });
  for (int64_t i = 0; i < count; ++i) y[i] = activation_value(activation, y[i]);
}

void conv_backward_data(const Conv& c, const double* dy, const double* weight, double* dx) {
  std::fill_n(dx, c.N * c.H * c.W * c.C, 0.0);
  for_each_product(c, [&](int64_t ix, int64_t iw, int64_t iy) { dx[ix] += dy[iy] * weight[iw]; });
}

void conv_backward_weight(const Conv& c, const double* x, const double* dy, double* dweight) {
  std::fill_n(dweight, c.F * c.C * c.kh * c.kw, 0.0);
  for_each_product(c, [&](int64_t ix, int64_t iw, int64_t iy) { dweight[iw] += x[ix] * dy[iy]; });
}

}  // namespace latent::kernels::plain
