#include "floor_packed.hpp"

#include <latent/core/thread_team.hpp>

#include <dnnl.hpp>

#include <memory>
#include <unordered_map>

namespace latent::bench {

namespace {

using dnnl::memory;
using Dims = memory::dims;
using Tag = memory::format_tag;

const dnnl::engine& engine() {
  static const dnnl::engine kInstance(dnnl::engine::kind::cpu, 0);
  return kInstance;
}

memory::data_type type_of(DType dtype) {
  return dtype == DType::bf16 ? memory::data_type::bf16 : memory::data_type::f32;
}

// A floor has no activation but the one that all measured models have.
dnnl::primitive_attr attributes(Activation activation) {
  dnnl::primitive_attr attr;
  if (activation == Activation::none) return attr;
  LATENT_CHECK(activation == Activation::relu, "[floor] relu or none expected");
  dnnl::post_ops ops;
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
#else
  ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
#endif
  attr.set_post_ops(ops);
  return attr;
}

// A primitive with its arguments; keeps the tensors that they point into.
class Packed {
 public:
  explicit Packed(dnnl::primitive primitive) : primitive_(std::move(primitive)), stream_(engine()) {}

  void add(int argument, const memory::desc& desc, const Tensor& values) {
    arguments_.emplace(argument, memory(desc, engine(), const_cast<void*>(values.raw())));
    kept_.push_back(values);
  }
  // The only copy into another layout: here, and not in run().
  void add_packed(int argument, const memory::desc& plain, const memory::desc& packed, const Tensor& values) {
    memory from(plain, engine(), const_cast<void*>(values.raw())), to(packed, engine());
    dnnl::reorder(from, to).execute(stream_, from, to);
    stream_.wait();
    arguments_.emplace(argument, to);
  }
  void run() {
    const ThreadTeam team;
    primitive_.execute(stream_, arguments_);
  }

 private:
  dnnl::primitive primitive_;
  dnnl::stream stream_;
  std::unordered_map<int, memory> arguments_;
  std::vector<Tensor> kept_;
};

// Runs what `make` makes; empty where this processor has no such primitive.
template <class Make>
std::function<void()> runner_of(const Make& make) {
  try {
    return [shared = std::make_shared<Packed>(make())] { shared->run(); };
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented) return {};
    throw;
  }
}

// Images channels last, the weight in any layout. As in latent/kernels/cpu/onednn.cpp.
struct ConvShape {
  memory::desc x, y, weight, plain_weight, bias;
  Dims strides, dilates{0, 0}, padding_begin, padding_end;

  ConvShape(const kernels::Conv& c, DType x_type, DType y_type)
      : x({c.N, c.C, c.H, c.W}, type_of(x_type), Tag::nhwc),
        y({c.N, c.F, c.OH, c.OW}, type_of(y_type), Tag::nhwc),
        weight({c.F, c.C, c.kh, c.kw}, type_of(c.compute), Tag::any),
        plain_weight({c.F, c.C, c.kh, c.kw}, type_of(c.compute), Tag::oihw),
        bias({c.F}, memory::data_type::f32, Tag::x),
        strides{c.stride, c.stride},
        padding_begin{c.padding, c.padding},
        padding_end{(c.OH - 1) * c.stride + c.kh - c.H - c.padding, (c.OW - 1) * c.stride + c.kw - c.W - c.padding} {}

  dnnl::convolution_forward::primitive_desc forward(bool has_bias, Activation activation) const {
    constexpr auto kKind = dnnl::prop_kind::forward_training;
    constexpr auto kDirect = dnnl::algorithm::convolution_direct;
    const memory::desc b = has_bias ? bias : memory::desc();
#if DNNL_VERSION_MAJOR >= 3
    return {engine(),    kKind,
            kDirect,     x,
            weight,      b,
            y,           strides,
            dilates,     padding_begin,
            padding_end, attributes(activation)};
#else
    const dnnl::convolution_forward::desc desc(kKind, kDirect, x, weight, b, y, strides, dilates, padding_begin,
                                               padding_end);
    return {desc, attributes(activation), engine()};
#endif
  }

  dnnl::convolution_backward_data::primitive_desc backward_data(
      const dnnl::convolution_forward::primitive_desc& hint) const {
    constexpr auto kDirect = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
    return {engine(), kDirect, x, weight, y, strides, dilates, padding_begin, padding_end, hint};
#else
    const dnnl::convolution_backward_data::desc desc(kDirect, x, weight, y, strides, dilates, padding_begin,
                                                     padding_end);
    return {desc, engine(), hint};
#endif
  }
};

dnnl::matmul::primitive_desc matmul_desc(const kernels::Gemm& g, const memory::desc& a, const memory::desc& b,
                                         const memory::desc& bias, const memory::desc& c) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), a, b, bias, c, attributes(g.activation)};
#else
  const auto desc = bias.data.ndims > 0 ? dnnl::matmul::desc(a, b, bias, c) : dnnl::matmul::desc(a, b, c);
  return {desc, attributes(g.activation), engine()};
#endif
}

}  // namespace

std::function<void()> packed_gemm(const kernels::Gemm& g, const Tensor& A, const Tensor& B, const Tensor& bias,
                                  const Tensor& C) {
  const ThreadTeam team;  // what is planned for is what runs
  return runner_of([&] {
    const memory::desc a({g.M, g.K}, type_of(g.a), g.transpose_a ? Tag::ba : Tag::ab);
    const memory::desc plain({g.K, g.N}, type_of(g.b), g.transpose_b ? Tag::ba : Tag::ab);
    const memory::desc any({g.K, g.N}, type_of(g.b), Tag::any), c({g.M, g.N}, type_of(g.c), Tag::ab);
    const memory::desc bias_desc =
        bias.defined() ? memory::desc({1, g.N}, memory::data_type::f32, Tag::ab) : memory::desc();
    const auto desc = matmul_desc(g, a, any, bias_desc, c);
    Packed packed{dnnl::matmul(desc)};
    packed.add(DNNL_ARG_SRC, a, A);
    packed.add_packed(DNNL_ARG_WEIGHTS, plain, desc.weights_desc(), B);
    if (bias.defined()) packed.add(DNNL_ARG_BIAS, bias_desc, bias);
    packed.add(DNNL_ARG_DST, c, C);
    return packed;
  });
}

std::function<void()> packed_conv_forward(const kernels::Conv& c, const Tensor& x, const Tensor& weight,
                                          const Tensor& bias, Activation activation, const Tensor& y) {
  const ThreadTeam team;
  return runner_of([&] {
    const ConvShape shape(c, c.compute, y.dtype());
    const auto desc = shape.forward(bias.defined(), activation);
    Packed packed{dnnl::convolution_forward(desc)};
    packed.add(DNNL_ARG_SRC, shape.x, x);
    packed.add_packed(DNNL_ARG_WEIGHTS, shape.plain_weight, desc.weights_desc(), weight);
    if (bias.defined()) packed.add(DNNL_ARG_BIAS, shape.bias, bias);
    packed.add(DNNL_ARG_DST, shape.y, y);
    return packed;
  });
}

std::function<void()> packed_conv_backward_data(const kernels::Conv& c, const Tensor& dy, const Tensor& weight,
                                                const Tensor& dx) {
  const ThreadTeam team;
  return runner_of([&] {
    const ConvShape shape(c, dx.dtype(), c.compute);
    const auto hint = ConvShape(c, c.compute, c.compute).forward(false, Activation::none);
    const auto desc = shape.backward_data(hint);
    Packed packed{dnnl::convolution_backward_data(desc)};
    packed.add(DNNL_ARG_DIFF_DST, shape.y, dy);
    packed.add_packed(DNNL_ARG_WEIGHTS, shape.plain_weight, desc.weights_desc(), weight);
    packed.add(DNNL_ARG_DIFF_SRC, shape.x, dx);
    return packed;
  });
}

}  // namespace latent::bench
