#include "floor_layers.hpp"

#include "floor_packed.hpp"

#include <latent/core/rng.hpp>
#include <latent/kernels/gemm.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <memory>

namespace latent::bench {

namespace {

// What a layer reads and writes in a step. Types as in a step: gradients between layers in the compute type, those of
// weights in f32.
struct Buffers {
  Tensor x, weight, bias, y, dpre, dx, dweight;
};

// Uniform on +-0.05: neither growing nor vanishing on the way through a few layers.
Tensor random(int64_t numel, DType type) {
  Rng rng(1);
  Tensor values = Tensor::empty(Shape{numel});
  rng.uniform(values.span<float>());
  for (float& value : values.span<float>()) value = 0.1f * value - 0.05f;
  return values.to(type);
}

// `wanted` elements of a type: those of `offered`, if it is such a tensor.
Tensor shared_or_own(const Tensor& offered, int64_t wanted, DType type) {
  const bool fits = offered.defined() && offered.numel() == wanted && offered.dtype() == type;
  return fits ? offered : random(wanted, type);
}

int64_t values_in(const Layer& layer) {
  const kernels::Conv& c = layer.conv;
  if (layer.kind == Layer::Kind::linear) return layer.in;
  return layer.kind == Layer::Kind::conv ? c.H * c.W * c.C : c.OH * c.OW * c.F;
}

int64_t values_out(const Layer& layer) {
  const kernels::Conv& c = layer.conv;
  if (layer.kind == Layer::Kind::linear) return layer.out;
  return layer.kind == Layer::Kind::conv ? c.OH * c.OW * c.F : c.H * c.W * c.C;
}

double operations(const Layer& layer, int64_t batch) {
  const kernels::Conv& c = layer.conv;
  const int64_t uses = layer.kind == Layer::Kind::linear ? 1 : c.OH * c.OW;  // of each weight in a sample
  return 2.0 * static_cast<double>(batch * uses * layer.num_weights());
}

std::string name_of(const Layer& layer) {
  const kernels::Conv& c = layer.conv;
  switch (layer.kind) {
    case Layer::Kind::linear: return fmt::format("linear {} -> {}", layer.in, layer.out);
    case Layer::Kind::conv: return fmt::format("conv {} -> {} at {}x{}", c.C, c.F, c.H, c.W);
    case Layer::Kind::conv_transpose: return fmt::format("conv_transpose {} -> {} at {}x{}", c.F, c.C, c.OH, c.OW);
  }
  return "?";
}

// One layer with its buffers, in one precision.
class BoundLayer {
 public:
  // `before` is the layer whose result is read here, or null.
  BoundLayer(const Layer& layer, int64_t batch, DType compute, const BoundLayer* before)
      : layer_(layer), batch_(batch), compute_(compute), is_first_(before == nullptr) {
    layer_.conv.N = batch;
    layer_.conv.compute = compute;
    const int64_t in = batch * values_in(layer), out = batch * values_out(layer);
    buffers_.x = shared_or_own(before ? before->buffers_.y : Tensor(), in, compute);
    buffers_.weight = random(layer.num_weights(), compute);
    buffers_.bias = random(layer.num_biases(), DType::f32);
    buffers_.y = random(out, layer.ends_in_f32 ? DType::f32 : compute);
    buffers_.dpre = random(out, compute);
    buffers_.dweight = random(layer.num_weights(), DType::f32);
    // The gradient of the input becomes, in place, the gradient before the activation of the layer before.
    if (before) buffers_.dx = shared_or_own(before->buffers_.dpre, in, compute);
  }

  void add_forward(std::vector<Product>& products) const {
    const Layer& l = layer_;
    const Buffers& b = buffers_;
    const kernels::Gemm g{.M = batch_,
                          .N = l.out,
                          .K = l.in,
                          .transpose_b = true,
                          .a = compute_,
                          .b = compute_,
                          .c = b.y.dtype(),
                          .activation = l.activation};
    switch (l.kind) {
      case Layer::Kind::linear:
        add(
            products, "y", [g, b = buffers_]() mutable { gemm(g, b.x, b.weight, b.bias, b.y); },
            packed_gemm(g, b.x, b.weight, b.bias, b.y));
        break;
      case Layer::Kind::conv:
        add(
            products, "y",
            [l, b = buffers_]() mutable {
              kernels::conv_forward(l.conv, b.x.raw(), b.weight.raw(), b.bias.raw(), l.activation, b.y.raw(),
                                    b.y.dtype());
            },
            packed_conv_forward(l.conv, b.x, b.weight, b.bias, l.activation, b.y));
        break;
      case Layer::Kind::conv_transpose:
        // The library's own product over patches beside the gradient of a convolution, which has no bias or activation.
        add(
            products, "y",
            [l, b = buffers_]() mutable {
              kernels::conv_transpose_forward(l.conv, b.x.raw(), b.weight.raw(), b.bias.raw(), l.activation, b.y.raw(),
                                              b.y.dtype());
            },
            packed_conv_backward_data(l.conv, b.x, b.weight, b.y));
        break;
    }
  }

  void add_backward(std::vector<Product>& products) const {
    if (!is_first_) add_input_gradient(products);
    add_weight_gradient(products);
  }

 private:
  template <class... Ways>
  void add(std::vector<Product>& products, const char* what, Ways... ways) const {
    Product product{fmt::format("{}, {}", name_of(layer_), what), operations(layer_, batch_), {std::move(ways)...}};
    std::erase_if(product.ways, [](const auto& way) { return !way; });
    products.push_back(std::move(product));
  }

  static void gemm(const kernels::Gemm& g, const Tensor& A, const Tensor& B, const Tensor& bias, Tensor& C) {
    kernels::gemm(g, A.raw(), B.raw(), bias.defined() ? bias.raw() : nullptr, C.raw());
  }

  void add_input_gradient(std::vector<Product>& products) const {
    const Layer& l = layer_;
    const Buffers& b = buffers_;
    const DType type = compute_;
    const kernels::Gemm g{.M = batch_, .N = l.in, .K = l.out, .a = type, .b = type, .c = type};
    switch (l.kind) {
      case Layer::Kind::linear:
        add(
            products, "dx", [g, b = buffers_]() mutable { gemm(g, b.dpre, b.weight, Tensor(), b.dx); },
            packed_gemm(g, b.dpre, b.weight, Tensor(), b.dx));
        break;
      case Layer::Kind::conv:
        add(
            products, "dx",
            [l, b = buffers_, type]() mutable {
              kernels::conv_backward_data(l.conv, b.dpre.raw(), b.weight.raw(), b.dx.raw(), type);
            },
            packed_conv_backward_data(l.conv, b.dpre, b.weight, b.dx));
        break;
      case Layer::Kind::conv_transpose:
        add(
            products, "dx",
            [l, b = buffers_, type]() mutable {
              kernels::conv_forward(l.conv, b.dpre.raw(), b.weight.raw(), nullptr, Activation::none, b.dx.raw(), type);
            },
            packed_conv_forward(l.conv, b.dpre, b.weight, Tensor(), Activation::none, b.dx));
        break;
    }
  }

  // No factor of these is a weight: both change with every step.
  void add_weight_gradient(std::vector<Product>& products) const {
    add(products, "dweight", [l = layer_, N = batch_, type = compute_, b = buffers_]() mutable {
      switch (l.kind) {
        case Layer::Kind::linear:
          gemm({.M = l.out, .N = l.in, .K = N, .transpose_a = true, .a = type, .b = type, .c = DType::f32}, b.dpre, b.x,
               Tensor(), b.dweight);
          break;
        case Layer::Kind::conv: kernels::conv_backward_weight(l.conv, b.x.raw(), b.dpre.raw(), b.dweight.raw()); break;
        case Layer::Kind::conv_transpose:
          kernels::conv_backward_weight(l.conv, b.dpre.raw(), b.x.raw(), b.dweight.raw());
          break;
      }
    });
  }

  Layer layer_;
  int64_t batch_;
  DType compute_;
  bool is_first_;
  Buffers buffers_;
};

std::vector<BoundLayer> with_buffers(const std::vector<Layer>& layers, int64_t batch, DType compute) {
  std::vector<BoundLayer> bound;
  bound.reserve(layers.size());  // a layer looks at the one before
  for (const Layer& layer : layers) bound.emplace_back(layer, batch, compute, bound.empty() ? nullptr : &bound.back());
  return bound;
}

Layer linear(int64_t in, int64_t out) { return {.kind = Layer::Kind::linear, .in = in, .out = out, .conv = {}}; }

Layer last(Layer layer) {
  layer.activation = Activation::none;
  layer.ends_in_f32 = true;
  return layer;
}

}  // namespace

int64_t Layer::num_weights() const { return kind == Kind::linear ? in * out : conv.F * conv.C * conv.kh * conv.kw; }

int64_t Layer::num_biases() const {
  if (kind == Kind::linear) return out;
  return kind == Kind::conv ? conv.F : conv.C;
}

Model mlp(std::string name, int64_t batch, const std::vector<int64_t>& hidden, int64_t latent_dim) {
  Model model{std::move(name), batch, {}, {}};
  int64_t in = 784;
  for (const int64_t out : hidden) {
    model.encoder.push_back(linear(in, out));
    model.decoder.insert(model.decoder.begin(), linear(out, in));
    in = out;
  }
  model.encoder.push_back(last(linear(in, 2 * latent_dim)));
  model.decoder.insert(model.decoder.begin(), linear(latent_dim, in));
  model.decoder.back() = last(model.decoder.back());
  return model;
}

Model convolutional(std::string name, int64_t batch, int64_t image_channels, int64_t side,
                    const std::vector<int64_t>& channels) {
  constexpr int64_t kHidden = 256, kLatentDim = 20;
  Model model{std::move(name), batch, {}, {}};
  int64_t in = image_channels;
  for (const int64_t out : channels) {
    const kernels::Conv conv{.H = side,
                             .W = side,
                             .C = in,
                             .F = out,
                             .kh = 4,
                             .kw = 4,
                             .OH = side / 2,
                             .OW = side / 2,
                             .stride = 2,
                             .padding = 1};
    model.encoder.push_back({.kind = Layer::Kind::conv, .conv = conv});
    model.decoder.insert(model.decoder.begin(), {.kind = Layer::Kind::conv_transpose, .conv = conv});
    in = out;
    side /= 2;
  }
  const int64_t bottom = in * side * side;
  model.encoder.push_back(linear(bottom, kHidden));
  model.encoder.push_back(last(linear(kHidden, 2 * kLatentDim)));
  model.decoder.insert(model.decoder.begin(), {linear(kLatentDim, kHidden), linear(kHidden, bottom)});
  model.decoder.back() = last(model.decoder.back());
  return model;
}

std::vector<Model> models() {
  return {mlp("vae-mlp", 128, {400}, 20), mlp("vae-mlp-deep", 64, {400, 400}, 20), mlp("wide", 512, {2048, 2048}, 64),
          convolutional("vae-conv", 128, 1, 28, {32, 64}), convolutional("vae-conv-64", 64, 3, 64, {32, 64, 128, 256})};
}

std::vector<Product> forward_products(const std::vector<Layer>& layers, int64_t batch, DType compute) {
  std::vector<Product> products;
  for (const BoundLayer& layer : with_buffers(layers, batch, compute)) layer.add_forward(products);
  return products;
}

std::vector<Product> step_products(const Model& model, DType compute) {
  std::vector<Layer> layers = model.encoder;
  layers.insert(layers.end(), model.decoder.begin(), model.decoder.end());
  const std::vector<BoundLayer> bound = with_buffers(layers, model.batch, compute);
  std::vector<Product> products;
  for (const BoundLayer& layer : bound) layer.add_forward(products);
  for (size_t i = bound.size(); i-- > 0;) bound[i].add_backward(products);
  return products;
}

}  // namespace latent::bench
