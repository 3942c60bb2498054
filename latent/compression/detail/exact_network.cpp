#include <latent/compression/detail/exact_network.hpp>

#include <latent/models/network_parts.hpp>
#include <latent/nn/dropout.hpp>

#include <algorithm>
#include <cmath>

namespace latent::compression {

namespace exact = kernels::exact;

namespace {

std::vector<float> values_of(const Tensor& t) {
  const std::span<const float> values = t.span<float>();
  return {values.begin(), values.end()};
}

}  // namespace

template <class Layer, class PlaceOf>
ExactNetwork::Products ExactNetwork::products_by_places(const Layer& layer, int64_t outputs, PlaceOf place_of) {
  Products products;
  products.outputs = outputs;
  products.bias = values_of(layer.bias);
  products.weight.resize(static_cast<size_t>(layer.weight.numel()));
  const auto* weight = layer.weight.template data<float>();
  for (int64_t i = 0; i < layer.weight.numel(); ++i) products.weight[static_cast<size_t>(place_of(i))] = weight[i];
  return products;
}

ExactNetwork::ExactNetwork(const nn::Layer& layers, const Shape& input)
    : shape_(input), inputs_(input.numel()), widest_(inputs_) {
  push(layers);
}

void ExactNetwork::push(const nn::Layer& layer) {
  if (const auto* stack = dynamic_cast<const EncoderStack*>(&layer)) push(stack->entrance());
  if (const auto* sequential = dynamic_cast<const nn::Sequential*>(&layer)) {
    for (const auto& child : sequential->layers()) push(*child);
  } else if (const auto* linear = dynamic_cast<const nn::Linear*>(&layer)) {
    push_linear(linear->weight, linear->bias);
    push_activation(linear->options().activation);
  } else if (const auto* conv = dynamic_cast<const nn::Conv2d*>(&layer)) {
    push_conv(*conv);
  } else if (const auto* transpose = dynamic_cast<const nn::ConvTranspose2d*>(&layer)) {
    push_transpose(*transpose);
  } else if (const auto* batch_norm = dynamic_cast<const nn::BatchNorm*>(&layer)) {
    push_batch_norm(*batch_norm);
  } else if (const auto* group_norm = dynamic_cast<const nn::GroupNorm*>(&layer)) {
    push_group_norm(*group_norm);
  } else if (const auto* activation = dynamic_cast<const nn::ActivationLayer*>(&layer)) {
    push_activation(activation->activation());
  } else if (dynamic_cast<const nn::Dropout*>(&layer) != nullptr) {
    // Outside of training it passes everything as it is.
  } else if (dynamic_cast<const nn::ToChannelsLast*>(&layer) != nullptr) {
    const int64_t C = shape_[0], pixels = shape_[1] * shape_[2];
    push_move({shape_[1], shape_[2], C}, [=](int64_t r) { return r % C * pixels + r / C; });
  } else if (dynamic_cast<const nn::ToChannelsFirst*>(&layer) != nullptr) {
    const int64_t C = shape_[2], pixels = shape_[0] * shape_[1];
    push_move({C, shape_[0], shape_[1]}, [=](int64_t r) { return r % pixels * C + r / pixels; });
  } else if (dynamic_cast<const nn::Flatten*>(&layer) != nullptr) {
    shape_ = {shape_.numel()};
  } else if (const auto* unflatten = dynamic_cast<const nn::Unflatten*>(&layer)) {
    shape_ = unflatten->sample_shape();
  } else if (const auto* crop = dynamic_cast<const Crop*>(&layer)) {
    const int64_t W = shape_[1], w = crop->w(), C = shape_[2];
    push_move({crop->h(), w, C}, [=](int64_t r) { return (r / (w * C) * W + r / C % w) * C + r % C; });
  } else {
    throw std::invalid_argument("[compress] the network has a layer that exact inference does not know");
  }
}

void ExactNetwork::push_products(Products products, const Shape& result) {
  Step step;
  step.kind = Step::Kind::products;
  step.products = std::move(products);
  step.rows = result.numel();
  shape_ = result;
  widest_ = std::max(widest_, step.rows);
  steps_.push_back(std::move(step));
}

void ExactNetwork::push_linear(const Tensor& weight, const Tensor& bias) {
  const int64_t out = weight.dim(0), in = weight.dim(1);
  Products products;
  products.taps = {{0, 0, in}};
  products.begin = {0, 1};
  products.outputs = out;
  products.bias = values_of(bias);
  products.weight.resize(static_cast<size_t>(in * out));
  const auto* w = weight.data<float>();
  for (int64_t o = 0; o < out; ++o) {
    for (int64_t i = 0; i < in; ++i) products.weight[static_cast<size_t>(i * out + o)] = w[o * in + i];
  }
  push_products(std::move(products), {out});
}

// Weights (out, in, k, k) become (k, k, in, out), so that neighbouring places of a kernel's row are one tap.
void ExactNetwork::push_conv(const nn::Conv2d& layer) {
  const auto& o = layer.options();
  const int64_t H = shape_[0], W = shape_[1], C = shape_[2], k = o.kernel;
  const int64_t stride = o.conv.stride, padding = o.conv.padding;
  const int64_t h = (H + 2 * padding - k) / stride + 1, w = (W + 2 * padding - k) / stride + 1;
  Products products = products_by_places(layer, o.out, [&](int64_t i) {
    const int64_t place = i % (k * k), c = i / (k * k) % C, out = i / (k * k * C);
    return (place * C + c) * o.out + out;
  });
  for (int64_t y = 0; y < h; ++y) {
    for (int64_t x = 0; x < w; ++x) {
      products.begin.push_back(products.taps.size());
      const int64_t left = x * stride - padding;
      const int64_t first = std::max<int64_t>(0, -left), last = std::min(k, W - left);
      for (int64_t ky = 0; ky < k; ++ky) {
        const int64_t row = y * stride - padding + ky;
        if (row < 0 || row >= H || first >= last) continue;
        products.taps.push_back({(row * W + left + first) * C, (ky * k + first) * C, (last - first) * C});
      }
    }
  }
  products.begin.push_back(products.taps.size());
  push_products(std::move(products), {h, w, o.out});
  push_activation(o.activation);
}

// Weights (in, out, k, k) become (k, k, in, out). A place of the result gathers from those of the input that reach it.
void ExactNetwork::push_transpose(const nn::ConvTranspose2d& layer) {
  const auto& o = layer.options();
  const int64_t H = shape_[0], W = shape_[1], C = shape_[2], k = o.kernel;
  const int64_t stride = o.conv.stride, padding = o.conv.padding;
  const int64_t h = (H - 1) * stride - 2 * padding + k + o.conv.output_padding;
  const int64_t w = (W - 1) * stride - 2 * padding + k + o.conv.output_padding;
  Products products = products_by_places(layer, o.out, [&](int64_t i) {
    const int64_t place = i % (k * k), out = i / (k * k) % o.out, c = i / (k * k * o.out);
    return (place * C + c) * o.out + out;
  });
  // The place of the input that `to` reaches by kernel place `step`, or -1.
  const auto source = [&](int64_t to, int64_t step, int64_t size) -> int64_t {
    const int64_t distance = to + padding - step;
    return distance >= 0 && distance % stride == 0 && distance / stride < size ? distance / stride : -1;
  };
  for (int64_t y = 0; y < h; ++y) {
    for (int64_t x = 0; x < w; ++x) {
      products.begin.push_back(products.taps.size());
      for (int64_t ky = 0; ky < k; ++ky) {
        const int64_t from_y = source(y, ky, H);
        for (int64_t kx = 0; kx < k && from_y >= 0; ++kx) {
          const int64_t from_x = source(x, kx, W);
          if (from_x >= 0) products.taps.push_back({(from_y * W + from_x) * C, (ky * k + kx) * C, C});
        }
      }
    }
  }
  products.begin.push_back(products.taps.size());
  push_products(std::move(products), {h, w, o.out});
  push_activation(o.activation);
}

void ExactNetwork::push_activation(Activation activation) {
  if (activation == Activation::none) return;
  Step step;
  step.activation = activation;
  step.rows = shape_.numel();
  steps_.push_back(std::move(step));
}

void ExactNetwork::push_batch_norm(const nn::BatchNorm& layer) {
  constexpr float kEps = 1e-5f;  // batch_norm_eval's
  Step step;
  step.kind = Step::Kind::scale_shift;
  step.rows = shape_.numel();
  const int64_t channels = layer.weight.numel();
  for (int64_t c = 0; c < channels; ++c) {
    const float scale = layer.weight.data<float>()[c] / std::sqrt(layer.running_var.data<float>()[c] + kEps);
    step.scale.push_back(scale);
    step.shift.push_back(layer.bias.data<float>()[c] - layer.running_mean.data<float>()[c] * scale);
  }
  steps_.push_back(std::move(step));
}

void ExactNetwork::push_group_norm(const nn::GroupNorm& layer) {
  Step step;
  step.kind = Step::Kind::group_norm;
  step.rows = shape_.numel();
  step.groups = layer.groups();
  step.scale = values_of(layer.weight);
  step.shift = values_of(layer.bias);
  steps_.push_back(std::move(step));
}

void ExactNetwork::push_move(const Shape& result, const std::function<int64_t(int64_t)>& from) {
  Step step;
  step.kind = Step::Kind::move;
  step.rows = result.numel();
  bool stays = result.numel() == shape_.numel();
  for (int64_t r = 0; r < step.rows; ++r) {
    step.from.push_back(from(r));
    stays = stays && step.from.back() == r;
  }
  shape_ = result;
  if (!stays) steps_.push_back(std::move(step));
}

const float* ExactNetwork::run(const float* x, Buffers& buffers) const {
  const auto room = static_cast<size_t>(widest_ * exact::kLanes);
  buffers.a.resize(room);
  buffers.b.resize(room);
  float *now = buffers.a.data(), *next = buffers.b.data();
  std::copy_n(x, inputs_ * exact::kLanes, now);
  for (const Step& step : steps_) {
    switch (step.kind) {
      case Step::Kind::products: {
        const Products& p = step.products;
        for (size_t place = 0; place + 1 < p.begin.size(); ++place) {
          const auto taps = std::span(p.taps).subspan(p.begin[place], p.begin[place + 1] - p.begin[place]);
          float* y = next + static_cast<int64_t>(place) * p.outputs * exact::kLanes;
          exact::product({taps, p.weight.data(), p.bias.data(), p.outputs}, now, y);
        }
        std::swap(now, next);
        break;
      }
      case Step::Kind::activation: exact::activate(step.activation, now, step.rows); break;
      case Step::Kind::scale_shift: {
        const auto channels = static_cast<int64_t>(step.scale.size());
        exact::scale_shift(step.scale.data(), step.shift.data(), channels, now, step.rows);
        break;
      }
      case Step::Kind::group_norm: {
        const auto channels = static_cast<int64_t>(step.scale.size());
        exact::normalize_groups({step.groups, channels, step.scale.data(), step.shift.data()}, now, step.rows);
        break;
      }
      case Step::Kind::move: {
        for (int64_t r = 0; r < step.rows; ++r) {
          std::copy_n(now + step.from[static_cast<size_t>(r)] * exact::kLanes, exact::kLanes, next + r * exact::kLanes);
        }
        std::swap(now, next);
        break;
      }
    }
  }
  return now;
}

}  // namespace latent::compression
