// What oneDNN has made for one call is there for the next one, from whatever thread, and does not grow without end.
#include <latent/core/rng.hpp>
#include <latent/kernels/conv.hpp>
#include <latent/kernels/cpu/onednn.hpp>
#include <latent/kernels/gemm.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace latent {
namespace {

using kernels::onednn::idle_primitives;
using kernels::onednn::kMostIdlePrimitives;

std::vector<float> numbers(int64_t n, uint64_t stream) {
  std::vector<float> x(static_cast<size_t>(n));
  Rng(3, stream).normal(x);
  return x;
}

// (rows, 8) (8, 5)
std::vector<float> product(int64_t rows) {
  const std::vector<float> a = numbers(rows * 8, 1), b = numbers(8 * 5, 2);
  std::vector<float> c(static_cast<size_t>(rows * 5));
  kernels::Gemm g;
  g.M = rows, g.N = 5, g.K = 8;
  kernels::gemm(g, a.data(), b.data(), nullptr, c.data());
  return c;
}

// Forward and both gradients, which reorder weights and need room to work in.
std::vector<float> convolution() {
  kernels::Conv c;
  c.N = 4, c.H = c.W = c.OH = c.OW = 9, c.C = 6, c.F = 20, c.kh = c.kw = 3, c.stride = 1, c.padding = 1;
  const std::vector<float> x = numbers(4 * 81 * 6, 1), w = numbers(20 * 6 * 9, 2), dy = numbers(4 * 81 * 20, 3);
  std::vector<float> y(dy.size()), dx(x.size()), dw(w.size());
  kernels::conv_forward(c, x.data(), w.data(), nullptr, Activation::none, y.data(), DType::f32);
  kernels::conv_backward_data(c, dy.data(), w.data(), dx.data(), DType::f32);
  kernels::onednn::conv_backward_weight(c, x.data(), dy.data(), dw.data());
  y.insert(y.end(), dx.begin(), dx.end());
  y.insert(y.end(), dw.begin(), dw.end());
  return y;
}

TEST(Primitives, StayBoundedWhateverNumberOfThreadsCalls) {
  constexpr int64_t kThreads = 4, kShapes = 200;
  {
    std::vector<std::jthread> threads;
    for (int64_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([t] {
        for (int64_t i = 0; i < kShapes; ++i) product(2 + t * kShapes + i);
      });
    }
  }
  EXPECT_LE(idle_primitives(), kMostIdlePrimitives);
  EXPECT_GT(idle_primitives(), 0u);
}

TEST(Primitives, OutliveTheThreadThatMadeThem) {
  constexpr int64_t kRows = 1009;  // of no other test
  product(kRows);
  const size_t before = idle_primitives();
  for (int i = 0; i < 5; ++i) std::jthread([] { product(kRows); }).join();
  EXPECT_EQ(idle_primitives(), before);
}

TEST(Primitives, GiveTheSameBitsFromEveryThread) {
  const std::vector<float> rows = product(77), images = convolution();
  std::vector<std::vector<float>> got(6), got_images(6);
  for (int round = 0; round < 3; ++round) {
    {
      std::vector<std::jthread> threads;
      for (size_t t = 0; t < got.size(); ++t) {
        threads.emplace_back([&, t] {
          got[t] = product(77);
          got_images[t] = convolution();
        });
      }
    }
    for (size_t t = 0; t < got.size(); ++t) {
      EXPECT_EQ(got[t], rows) << t;
      EXPECT_EQ(got_images[t], images) << t;
    }
  }
}

}  // namespace
}  // namespace latent
