// Kernels at the shapes of the presets: the products set the floor, the rest is what stands between us and it.
#include <latent/core/tensor.hpp>
#include <latent/kernels/activation.hpp>
#include <latent/kernels/conv.hpp>
#include <latent/kernels/gemm.hpp>
#include <latent/kernels/likelihood.hpp>

#include <benchmark/benchmark.h>

namespace latent {
namespace {

DType type_of(int64_t bf16) { return bf16 != 0 ? DType::bf16 : DType::f32; }

void flops(benchmark::State& state, double per_iteration) {
  state.counters["GFLOPS"] =
      benchmark::Counter(per_iteration * static_cast<double>(state.iterations()) / 1e9, benchmark::Counter::kIsRate);
}

// (M, K) x (N, K)^T, as in the forward pass of a linear layer.
void gemm_forward(benchmark::State& state) {
  const int64_t M = state.range(0), N = state.range(1), K = state.range(2);
  const DType type = type_of(state.range(3));
  const Tensor a = Tensor::zeros(Shape{M, K}, type), b = Tensor::zeros(Shape{N, K}, type);
  Tensor c = Tensor::empty(Shape{M, N}, type);
  for ([[maybe_unused]] auto _ : state) {
    kernels::gemm({.M = M, .N = N, .K = K, .transpose_b = true, .a = type, .b = type, .c = type}, a.raw(), b.raw(),
                  nullptr, c.raw());
  }
  flops(state, 2.0 * static_cast<double>(M * N * K));
}
BENCHMARK(gemm_forward)
    ->ArgNames({"M", "N", "K", "bf16"})
    ->ArgsProduct({{128}, {400}, {784}, {0, 1}})
    ->ArgsProduct({{512}, {2048}, {2048}, {0, 1}})
    ->UseRealTime();

// The weight gradient of a linear layer: (N, out)^T x (N, in).
void gemm_weight_gradient(benchmark::State& state) {
  const int64_t N = 128, out = 400, in = 784;
  const DType type = type_of(state.range(0));
  const Tensor dy = Tensor::zeros(Shape{N, out}, type), x = Tensor::zeros(Shape{N, in}, type);
  Tensor dw = Tensor::empty(Shape{out, in});
  for ([[maybe_unused]] auto _ : state) {
    kernels::gemm({.M = out, .N = in, .K = N, .transpose_a = true, .a = type, .b = type, .c = DType::f32}, dy.raw(),
                  x.raw(), nullptr, dw.raw());
  }
  flops(state, 2.0 * static_cast<double>(N * out * in));
}
BENCHMARK(gemm_weight_gradient)->ArgName("bf16")->Arg(0)->Arg(1)->UseRealTime();

kernels::Conv second_layer(DType type) {
  return {.N = 128,
          .H = 14,
          .W = 14,
          .C = 32,
          .F = 64,
          .kh = 4,
          .kw = 4,
          .OH = 7,
          .OW = 7,
          .stride = 2,
          .padding = 1,
          .compute = type};
}
kernels::Conv first_layer(DType type) {
  return {.N = 128,
          .H = 28,
          .W = 28,
          .C = 1,
          .F = 32,
          .kh = 4,
          .kw = 4,
          .OH = 14,
          .OW = 14,
          .stride = 2,
          .padding = 1,
          .compute = type};
}

enum class Way { forward, data, weight, transpose };

template <Way way>
void conv(benchmark::State& state) {
  const DType type = type_of(state.range(1));
  const kernels::Conv c = state.range(0) == 1 ? first_layer(type) : second_layer(type);
  Tensor x = Tensor::zeros(Shape{c.N, c.H, c.W, c.C}, type), y = Tensor::zeros(Shape{c.N, c.OH, c.OW, c.F}, type);
  const Tensor weight = Tensor::zeros(Shape{c.F, c.C, c.kh, c.kw}, type);
  Tensor dweight = Tensor::empty(weight.shape());
  for ([[maybe_unused]] auto _ : state) {
    if constexpr (way == Way::forward)
      kernels::conv_forward(c, x.raw(), weight.raw(), nullptr, Activation::relu, y.raw(), type);
    if constexpr (way == Way::data) kernels::conv_backward_data(c, y.raw(), weight.raw(), x.raw(), type);
    if constexpr (way == Way::transpose) {
      kernels::conv_transpose_forward(c, y.raw(), weight.raw(), nullptr, Activation::none, x.raw(), type);
    }
    if constexpr (way == Way::weight) kernels::conv_backward_weight(c, x.raw(), y.raw(), dweight.raw());
  }
  flops(state, 2.0 * static_cast<double>(c.N * c.OH * c.OW * c.F * c.C * c.kh * c.kw));
}
BENCHMARK(conv<Way::forward>)->ArgNames({"layer", "bf16"})->ArgsProduct({{1, 2}, {0, 1}})->UseRealTime();
BENCHMARK(conv<Way::data>)->ArgNames({"layer", "bf16"})->ArgsProduct({{1, 2}, {0, 1}})->UseRealTime();
BENCHMARK(conv<Way::transpose>)->ArgNames({"layer", "bf16"})->ArgsProduct({{1, 2}, {0, 1}})->UseRealTime();
BENCHMARK(conv<Way::weight>)->ArgNames({"layer", "bf16"})->ArgsProduct({{1, 2}, {0, 1}})->UseRealTime();

void bernoulli_with_gradient(benchmark::State& state) {
  const kernels::NllPass pass{kernels::Nll::bernoulli, 128, 784, 1.0, 1.0 / 128};
  const Tensor logits = Tensor::full(Shape{128, 784}, 0.3), x = Tensor::full(Shape{128, 784}, 0.5);
  Tensor nll = Tensor::empty(Shape{128}), dlogits = Tensor::empty(logits.shape());
  for ([[maybe_unused]] auto _ : state) {
    kernels::nll_pass(pass, logits.data<float>(), x.data<float>(), nullptr, nll.data<float>(), dlogits.data<float>());
  }
}
BENCHMARK(bernoulli_with_gradient)->UseRealTime();

void activation_and_bias_gradient(benchmark::State& state) {
  const int64_t rows = state.range(0), cols = state.range(1);
  const DType type = type_of(state.range(2));
  const Tensor dy = Tensor::full(Shape{rows, cols}, 0.3, type), y = Tensor::full(Shape{rows, cols}, 0.5, type);
  Tensor dpre = Tensor::empty(dy.shape(), type), dbias = Tensor::empty(Shape{cols});
  for ([[maybe_unused]] auto _ : state) {
    kernels::activation_backward_bias(
        {.activation = Activation::relu, .rows = rows, .cols = cols, .dy = type, .y = type, .dpre = type}, dy.raw(),
        y.raw(), dpre.raw(), dbias.raw());
  }
}
BENCHMARK(activation_and_bias_gradient)
    ->ArgNames({"rows", "cols", "bf16"})
    ->ArgsProduct({{128}, {400, 784}, {0, 1}})
    ->ArgsProduct({{25088}, {32}, {0, 1}})
    ->ArgsProduct({{100352}, {1}, {0, 1}})
    ->UseRealTime();

}  // namespace
}  // namespace latent
