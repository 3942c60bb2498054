#include <latent/models/linear_path.hpp>

#include <latent/autograd/shaping.hpp>
#include <latent/core/threads.hpp>

#include <algorithm>
#include <array>

namespace latent {

namespace {

constexpr Window kWindow{.kernel = 4, .stride = 2};
// Halving by these weights, and doubling by bilinear interpolation, which is the transpose.
constexpr std::array<float, 4> kTent = {0.25F, 0.75F, 0.75F, 0.25F};

// The sizes of an image on its way down to at most kWidestLinear pixels a side.
std::vector<ConvLevel> halvings(const Shape& image) {
  size_t count = 0;
  for (int64_t side = std::max(image[1], image[2]); side > LinearPath::kWidestLinear; side /= 2) ++count;
  return conv_levels(image, std::vector<int64_t>(count, image[0]), kWindow);
}

// The mean of the pixels around each second corner, weighted by kTent; what lies outside has no weight.
// (C, H, W) -> (C, h, w)
void halve(const ConvLevel& level, const float* x, float* y) {
  for (int64_t row = 0; row < level.in * level.h; ++row) {
    const int64_t c = row / level.h, i = row % level.h;
    for (int64_t j = 0; j < level.w; ++j) {
      float sum = 0.0F, weights = 0.0F;
      for (int64_t k = 0; k < 16; ++k) {
        const int64_t h = 2 * i - level.padding + k / 4, w = 2 * j - level.padding + k % 4;
        if (h < 0 || h >= level.H || w < 0 || w >= level.W) continue;
        const float weight = kTent[static_cast<size_t>(k / 4)] * kTent[static_cast<size_t>(k % 4)];
        sum += weight * x[(c * level.H + h) * level.W + w];
        weights += weight;
      }
      y[row * level.w + j] = sum / weights;
    }
  }
}

// (N, h, w, C) -> (N, H, W, C) by bilinear interpolation; nothing to learn.
class Enlarge : public nn::Layer {
 public:
  explicit Enlarge(const ConvLevel& level) : level_(level) {
    const int64_t C = level.in;
    options_ = {.stride = kWindow.stride,
                .padding = level.padding,
                .output_padding = std::max(left_over(level.H), left_over(level.W))};
    kernel_ = Tensor::zeros(Shape{C, C, kWindow.kernel, kWindow.kernel});
    for (int64_t c = 0; c < C; ++c) {
      for (size_t k = 0; k < 16; ++k) {
        kernel_.span<float>()[static_cast<size_t>(c * (C + 1)) * 16 + k] = kTent[k / 4] * kTent[k % 4];
      }
    }
    // At the borders a part of the tent lies outside: the rest is made to sum to 1 again.
    scale_ = Tensor::full(Shape{level.H, level.W, C}, 1.0);
    const Tensor weights = doubled(Tensor::full(Shape{1, level.h, level.w, C}, 1.0));
    for (int64_t i = 0; i < weights.numel(); ++i) {
      const float weight = weights.data<float>()[i];
      scale_.data<float>()[i] = weight > 0.0F ? 1.0F / weight : 1.0F;
    }
  }
  Tensor forward(const Tensor& x, const nn::Context&) const override { return mul(doubled(x), scale_); }

 private:
  int64_t left_over(int64_t side) const { return (side + 2 * level_.padding - kWindow.kernel) % kWindow.stride; }
  Tensor doubled(const Tensor& x) const {
    const Tensor y = conv_transpose2d(x, kernel_, Tensor(), options_);
    if (y.dim(1) == level_.H && y.dim(2) == level_.W) return y;
    return Crop(level_.H, level_.W).forward(y, nn::Mode::eval);
  }

  ConvLevel level_;
  ConvOptions options_;
  Tensor kernel_, scale_;
};

// (N, C, H, W) -> (N, latent_dim)
class LinearEncoder : public nn::Layer {
 public:
  LinearEncoder(LinearPath path, int64_t latent_dim, Rng& rng)
      : path_(path), projection_({.in = path.coarse_shape().numel(), .out = latent_dim}, rng) {
    add_child("projection", projection_);
  }
  Tensor forward(const Tensor& x, const nn::Context& context) const override {
    return projection_.forward(path_.coarse(x.detach()), context);
  }

 private:
  LinearPath path_;
  nn::Linear projection_;
};

}  // namespace

LinearPath::LinearPath(const Shape& data_shape, int64_t latent_dim)
    : data_(data_shape), coarse_(data_shape), latent_dim_(latent_dim) {
  for (const ConvLevel& level : halvings(data_shape)) coarse_ = Shape{level.out, level.h, level.w};
}

Tensor LinearPath::coarse(const Tensor& x) const {
  const int64_t N = x.dim(0);
  Tensor from = x;
  for (const ConvLevel& level : halvings(data_)) {
    Tensor to = Tensor::empty(Shape{N, level.out, level.h, level.w});
    const float* source = from.data<float>();
    float* target = to.data<float>();
    parallel_for(N, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        halve(level, source + n * level.in * level.H * level.W, target + n * level.numel());
      }
    });
    from = to;
  }
  return from.view_as(Shape{N, coarse_.numel()});
}

std::unique_ptr<nn::Layer> LinearPath::encoder(Rng& rng) const {
  return std::make_unique<LinearEncoder>(*this, latent_dim_, rng);
}

std::unique_ptr<nn::Layer> LinearPath::decoder(Rng& rng) const {
  auto layers = std::make_unique<nn::Sequential>();
  layers->push(std::make_unique<nn::Linear>(nn::Linear::Options{.in = latent_dim_, .out = coarse_.numel()}, rng));
  layers->push(std::make_unique<nn::Unflatten>(coarse_));
  const std::vector<ConvLevel> levels = halvings(data_);
  if (levels.empty()) return layers;
  layers->push(std::make_unique<nn::ToChannelsLast>());
  for (size_t i = levels.size(); i-- > 0;) layers->push(std::make_unique<Enlarge>(levels[i]));
  layers->push(std::make_unique<nn::ToChannelsFirst>());
  return layers;
}

}  // namespace latent
