// Fast kernels against their plain versions, on odd sizes and on every vector width of this processor.
#include <latent/autograd/backward.hpp>
#include <latent/autograd/conv.hpp>
#include <latent/autograd/likelihood.hpp>
#include <latent/autograd/linear.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/activation.hpp>
#include <latent/kernels/cpu/activation_plain.hpp>
#include <latent/kernels/layout.hpp>
#include <latent/kernels/likelihood.hpp>
#include <latent/kernels/normalize.hpp>

#include <gtest/gtest.h>
#include <tests/support/vector_targets.hpp>

#include <cmath>

namespace latent {
namespace {

// Sums of a few hundred products of standard normals in f32.
constexpr double kF32 = 2e-4;
// bf16 keeps 8 bits of a number: 2^-9 relative for each factor, averaged over the terms of a sum.
constexpr double kBf16 = 6e-2;
constexpr int64_t kProductSizes[] = {1, 7, 17, 129};

Tensor normal(const Shape& shape, uint64_t stream) {
  Tensor t = Tensor::empty(shape);
  Rng(11, stream).normal(t.span<float>());
  return t;
}

double worst(const Tensor& a, const Tensor& b) {
  const auto va = a.to_vector(), vb = b.to_vector();
  double difference = 0.0;
  for (size_t i = 0; i < va.size(); ++i)
    difference = std::max(difference, std::abs(va[i] - vb[i]) / std::max(1.0, std::abs(vb[i])));
  return difference;
}

// Batch normalisation in f32 against the plain loops in double.
TEST(BatchNormKernels, MatchThePlainVersionEverywhere) {
  on_every_target([] {
    for (const int64_t rows : {2, 7, 64, 129, 1000}) {
      for (const int64_t C : kProductSizes) {
        const kernels::Normalize shape{.samples = 1, .rows = rows, .C = C, .groups = C};
        const Tensor x = normal(Shape{rows, C}, 1), dy = normal(Shape{rows, C}, 2), weight = normal(Shape{C}, 3),
                     bias = normal(Shape{C}, 4);
        const auto run = [&]<class T>(T*, DType dtype) {
          const Tensor xt = x.to(dtype), dyt = dy.to(dtype), wt = weight.to(dtype), bt = bias.to(dtype);
          const auto vector = [&] { return Tensor::empty({C}, dtype); };
          Tensor mean = vector(), inverse = vector(), dweight = vector(), dbias = vector();
          Tensor y = Tensor::empty({rows, C}, dtype), dx = Tensor::empty({rows, C}, dtype), fixed = dx.clone();
          kernels::normalize_statistics<T>(shape, xt.data<T>(), mean.data<T>(), inverse.data<T>());
          kernels::normalize_forward<T>(shape, xt.data<T>(), mean.data<T>(), inverse.data<T>(), wt.data<T>(),
                                        bt.data<T>(), y.data<T>());
          kernels::normalize_backward<T>(shape, xt.data<T>(), mean.data<T>(), inverse.data<T>(), wt.data<T>(),
                                         dyt.data<T>(), false, fixed.data<T>(), dweight.data<T>(), dbias.data<T>());
          kernels::normalize_backward<T>(shape, xt.data<T>(), mean.data<T>(), inverse.data<T>(), wt.data<T>(),
                                         dyt.data<T>(), true, dx.data<T>(), dweight.data<T>(), dbias.data<T>());
          return std::vector<Tensor>{mean, inverse, y, fixed, dx, dweight, dbias};
        };
        const auto fast = run(static_cast<float*>(nullptr), DType::f32);
        const auto plain = run(static_cast<double*>(nullptr), DType::f64);
        for (size_t i = 0; i < fast.size(); ++i)
          EXPECT_LT(worst(fast[i], plain[i]), kF32) << rows << " " << C << " " << i;
      }
    }
  });
}

TEST(ActivationKernels, MatchThePlainVersionEverywhere) {
  on_every_target([] {
    for (const int64_t n : kProductSizes) {
      for (const std::string_view name : activation_names()) {
        const Activation a = activation_from(name);
        const Tensor x = normal(Shape{n}, 1), dy = normal(Shape{n}, 2);
        Tensor y = Tensor::empty(Shape{n}), dx = Tensor::empty(Shape{n});
        kernels::activation_forward(a, x.raw(), y.raw(), n, DType::f32);
        kernels::activation_backward_from_input(a, x.raw(), dy.raw(), dx.raw(), n, DType::f32);
        for (int64_t i = 0; i < n; ++i) {
          const double vx = x.data<float>()[i];
          EXPECT_NEAR(y.data<float>()[i], kernels::activation_value(a, vx), 2e-6) << name;
          EXPECT_NEAR(dx.data<float>()[i], dy.data<float>()[i] * kernels::activation_slope_from_input(a, vx), 1e-5)
              << name;
        }
      }
    }
  });
}

TEST(ActivationKernels, BiasGradientRidesAlongForEveryShapeAndType) {
  on_every_target([] {
    for (const int64_t cols : {1, 3, 7, 16, 17, 129}) {
      for (const int64_t rows : {1, 17, 1500}) {
        for (const DType in : {DType::f32, DType::bf16}) {
          for (const DType out : {DType::f32, DType::bf16}) {
            const Tensor dy = normal(Shape{rows, cols}, 1).to(in),
                         y = activate(normal(Shape{rows, cols}, 2), Activation::tanh).to(in);
            Tensor dpre = Tensor::empty(dy.shape(), out), dbias = Tensor::empty(Shape{cols});
            kernels::activation_backward_bias(
                {.activation = Activation::tanh, .rows = rows, .cols = cols, .dy = in, .y = in, .dpre = out}, dy.raw(),
                y.raw(), dpre.raw(), dbias.raw());
            const Tensor dy64 = dy.to(DType::f64), y64 = y.to(DType::f64);
            Tensor dpre64 = Tensor::empty(dy.shape(), DType::f64), dbias64 = Tensor::empty(Shape{cols}, DType::f64);
            kernels::activation_backward_bias({.activation = Activation::tanh,
                                               .rows = rows,
                                               .cols = cols,
                                               .dy = DType::f64,
                                               .y = DType::f64,
                                               .dpre = DType::f64},
                                              dy64.raw(), y64.raw(), dpre64.raw(), dbias64.raw());
            EXPECT_LT(worst(dpre, dpre64), out == DType::bf16 ? 0x1p-8 : 1e-6);
            EXPECT_LT(worst(dbias, dbias64), 1e-4);
          }
        }
      }
    }
  });
}

TEST(ActivationKernels, ANaNIsNeverHidden) {
  on_every_target([] {
    for (const DType type : {DType::f32, DType::bf16}) {
      const Tensor x = Tensor::full(Shape{35}, std::nan(""), DType::f32).to(type);
      Tensor y = Tensor::empty(x.shape(), type);
      kernels::activation_forward(Activation::relu, x.raw(), y.raw(), x.numel(), type);
      for (const double v : y.to_vector()) EXPECT_TRUE(std::isnan(v));
    }
    const Tensor x = Tensor::full(Shape{35}, std::nan(""));
    Tensor narrow = Tensor::empty(x.shape(), DType::bf16);
    kernels::convert(x.raw(), DType::f32, narrow.raw(), DType::bf16, x.numel());
    for (const double v : narrow.to_vector()) EXPECT_TRUE(std::isnan(v));
  });
}

TEST(Convert, RoundsToNearestEvenLikeTheScalarType) {
  on_every_target([] {
    const Tensor x = normal(Shape{1029}, 3);
    Tensor narrow = Tensor::empty(x.shape(), DType::bf16), wide = Tensor::empty(x.shape());
    kernels::convert(x.raw(), DType::f32, narrow.raw(), DType::bf16, x.numel());
    kernels::convert(narrow.raw(), DType::bf16, wide.raw(), DType::f32, x.numel());
    for (int64_t i = 0; i < x.numel(); ++i) {
      EXPECT_EQ(narrow.data<bfloat16>()[i].bits, bfloat16(x.data<float>()[i]).bits);
      EXPECT_EQ(wide.data<float>()[i], static_cast<float>(narrow.data<bfloat16>()[i]));
    }
  });
}

TEST(LikelihoodKernels, MatchThePlainVersionEverywhere) {
  on_every_target([] {
    for (const int64_t cols : {1, 7, 17, 129, 5000}) {
      for (const auto kind : {kernels::Nll::bernoulli, kernels::Nll::gaussian, kernels::Nll::laplace}) {
        const int64_t rows = 3;
        const Tensor p = affine(normal(Shape{rows, cols}, 1), 4.0), x = sigmoid(normal(Shape{rows, cols}, 2));
        const Tensor p64 = p.to(DType::f64), x64 = x.to(DType::f64);
        Tensor nll = Tensor::empty(Shape{rows}), dp = Tensor::empty(p.shape());
        Tensor nll64 = Tensor::empty(Shape{rows}, DType::f64), dp64 = Tensor::empty(p.shape(), DType::f64);
        const kernels::NllPass pass{kind, rows, cols, 0.7, 0.5};
        kernels::nll_pass(pass, p.data<float>(), x.data<float>(), nullptr, nll.data<float>(), dp.data<float>());
        kernels::nll_pass(pass, p64.data<double>(), x64.data<double>(), nullptr, nll64.data<double>(),
                          dp64.data<double>());
        EXPECT_LT(worst(nll, nll64), 1e-5);
        EXPECT_LT(worst(dp, dp64), 1e-5);
      }
    }
  });
}

// Loss and gradients of a small function with f32 (or bf16) weights against the same in double.
template <class Function>
void compare_with_double(const std::vector<Tensor>& inputs, const Function& function, bool bf16, double tolerance) {
  std::vector<Tensor> narrow, wide;
  for (const Tensor& input : inputs) {
    narrow.push_back(input.clone().set_requires_grad());
    wide.push_back(input.to(DType::f64).clone().set_requires_grad());
  }
  if (bf16) narrow[1].set_bf16_copy(narrow[1].to(DType::bf16));
  const Tensor y = function(narrow), y64 = function(wide);
  EXPECT_LT(worst(y, y64), tolerance);
  const auto loss = [](const Tensor& t) { return mean(square(t)); };
  backward(loss(y));
  backward(loss(y64));
  for (size_t i = 0; i < inputs.size(); ++i)
    EXPECT_LT(worst(narrow[i].grad(), wide[i].grad()), tolerance) << "input " << i;
}

TEST(LinearKernels, MatchDoubleOnOddSizesInF32AndBf16) {
  for (const int64_t N : kProductSizes) {
    for (const int64_t out : kProductSizes) {
      const std::vector<Tensor> inputs = {normal(Shape{N, 33}, 1), affine(normal(Shape{out, 33}, 2), 0.2),
                                          normal(Shape{out}, 3)};
      for (const Activation a : {Activation::none, Activation::relu, Activation::tanh, Activation::gelu}) {
        const auto function = [a](const std::vector<Tensor>& in) { return linear(in[0], in[1], in[2], a); };
        // relu's slope jumps where rounding moves a number across zero, so bf16 is compared on smooth activations.
        compare_with_double(inputs, function, false, kF32);
        if (a != Activation::relu) compare_with_double(inputs, function, true, kBf16);
      }
    }
  }
}

TEST(LinearKernels, OneRowMatchesDoubleOnEveryVectorWidth) {
  on_every_target([] {
    // The last is large enough for several threads.
    for (const auto& [in, out] : {std::pair{1, 1}, {7, 3}, {20, 400}, {33, 5}, {129, 17}, {400, 784}, {1024, 1000}}) {
      const Tensor x = normal(Shape{1, in}, 1), w = affine(normal(Shape{out, in}, 2), 0.2), b = normal(Shape{out}, 3);
      for (const Activation a : {Activation::none, Activation::relu, Activation::tanh}) {
        SCOPED_TRACE(fmt::format("{} -> {}, {}", in, out, name_of(a)));
        const Tensor expected = linear(x.to(DType::f64), w.to(DType::f64), b.to(DType::f64), a);
        EXPECT_LT(worst(linear(x, w, b, a), expected), kF32);
        Tensor narrow = w.clone();
        narrow.set_bf16_copy(narrow.to(DType::bf16));
        EXPECT_LT(worst(linear(x, narrow, b, a), expected), kBf16);
        EXPECT_LT(worst(linear(x, narrow, b, a, DType::bf16), expected), kBf16);
        EXPECT_LT(worst(linear(x, w, Tensor(), a), linear(x.to(DType::f64), w.to(DType::f64), Tensor(), a)), kF32);
      }
    }
  });
}

TEST(ConvKernels, MatchDoubleForManyGeometriesInF32AndBf16) {
  struct Geometry {
    int64_t N, H, W, C, F, kernel, stride, padding;
  };
  for (const Geometry& g :
       {Geometry{1, 1, 1, 1, 1, 1, 1, 0}, Geometry{3, 7, 5, 1, 3, 4, 2, 1}, Geometry{2, 9, 8, 3, 17, 3, 1, 1},
        Geometry{2, 14, 14, 32, 16, 4, 2, 1}, Geometry{40, 14, 14, 17, 5, 4, 2, 1}, Geometry{12, 8, 8, 64, 3, 4, 2, 1},
        Geometry{1, 5, 6, 7, 1, 5, 3, 2}, Geometry{2, 5, 7, 2, 3, 2, 2, 0},
        // Few channels from many, as at the end of a decoder; kernels larger than what they make.
        Geometry{3, 28, 28, 1, 32, 4, 2, 1}, Geometry{2, 17, 9, 3, 40, 5, 3, 1}, Geometry{1, 4, 5, 1, 5, 4, 1, 3},
        Geometry{2, 6, 6, 4, 8, 6, 4, 1}, Geometry{5, 128, 128, 3, 2, 4, 1, 2}}) {
    const std::vector<Tensor> forward = {normal(Shape{g.N, g.H, g.W, g.C}, 1),
                                         affine(normal(Shape{g.F, g.C, g.kernel, g.kernel}, 2), 0.2),
                                         normal(Shape{g.F}, 3)};
    const std::vector<Tensor> transposed = {normal(Shape{g.N, g.H, g.W, g.F}, 1), forward[1], normal(Shape{g.C}, 3)};
    const ConvOptions options{.stride = g.stride, .padding = g.padding, .output_padding = g.stride - 1};
    for (const bool bf16 : {false, true}) {
      SCOPED_TRACE(fmt::format("N {} H {} W {} C {} F {} kernel {} bf16 {}", g.N, g.H, g.W, g.C, g.F, g.kernel, bf16));
      compare_with_double(
          forward, [&](const auto& in) { return conv2d(in[0], in[1], in[2], options, Activation::tanh); }, bf16,
          bf16 ? kBf16 : kF32);
      compare_with_double(
          transposed, [&](const auto& in) { return conv_transpose2d(in[0], in[1], in[2], options, Activation::elu); },
          bf16, bf16 ? kBf16 : kF32);
    }
  }
}

TEST(LayoutKernels, TransposeMovesEveryElementOnOddSizesAndEveryType) {
  const auto check = []<class T>(T) {
    for (const auto& [A, B] : {std::pair{1, 1}, {1, 17}, {7, 3}, {8, 8}, {49, 64}, {64, 49}, {17, 129}}) {
      constexpr int64_t kN = 3;
      std::vector<T> x(static_cast<size_t>(kN * A * B)), y(x.size());
      for (size_t i = 0; i < x.size(); ++i) x[i] = T(static_cast<float>(i % 251));
      kernels::transpose_inner<T>(kN, A, B, x.data(), y.data());
      for (int64_t n = 0; n < kN; ++n) {
        for (int64_t a = 0; a < A; ++a) {
          for (int64_t b = 0; b < B; ++b) {
            const auto from = static_cast<size_t>((n * A + a) * B + b), to = static_cast<size_t>((n * B + b) * A + a);
            ASSERT_EQ(static_cast<float>(y[to]), static_cast<float>(x[from]))
                << A << " x " << B << " at " << a << ", " << b;
          }
        }
      }
    }
  };
  on_every_target([&] {
    check(float());
    check(double());
    check(bfloat16());
  });
}

TEST(Determinism, GradientsAreTheSameBitsWithAnyNumberOfThreads) {
  const auto gradient = [] {
    Tensor x = normal(Shape{64, 300}, 1), w = normal(Shape{100, 300}, 2), b = normal(Shape{100}, 3);
    x.set_requires_grad(), w.set_requires_grad(), b.set_requires_grad();
    backward(mean(gaussian_nll(linear(x, w, b, Activation::tanh), Tensor::zeros(Shape{64, 100}), 1.0)));
    return b.grad().to_vector();
  };
  const int threads = num_threads();
  const auto with_all = gradient();
  set_num_threads(1);
  const auto with_one = gradient();
  set_num_threads(threads);
  EXPECT_EQ(with_all, with_one);
}

}  // namespace
}  // namespace latent
