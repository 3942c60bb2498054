#include <latent/formats/image.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

// Weights are kept with 22 fractional bits: with 8 bits of value and a sign they fill 32, and results do not depend on
// the order of additions.
constexpr int kWeightBits = 22;

// Which input pixels an output pixel is made of, along one dimension.
struct Footprint {
  int64_t begin = 0;
  std::vector<int32_t> weights;
};

// The triangle filter of bilinear interpolation, widened to the size of an output pixel when the image shrinks.
std::vector<Footprint> footprints(int64_t in, int64_t out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double support = std::max(scale, 1.0);
  std::vector<Footprint> all(static_cast<size_t>(out));
  std::vector<double> weights;
  for (int64_t i = 0; i < out; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const int64_t begin = std::max<int64_t>(0, static_cast<int64_t>(center - support + 0.5));
    const int64_t end = std::min(in, static_cast<int64_t>(center + support + 0.5));
    weights.clear();
    double sum = 0;
    for (int64_t j = begin; j < end; ++j) {
      const double distance = std::abs(static_cast<double>(j) - center + 0.5) * (1.0 / support);
      weights.push_back(std::max(0.0, 1.0 - distance));
      sum += weights.back();
    }
    Footprint& footprint = all[static_cast<size_t>(i)];
    footprint.begin = begin;
    for (const double w : weights)
      footprint.weights.push_back(static_cast<int32_t>(w * (1.0 / sum) * (1 << kWeightBits) + 0.5));
  }
  return all;
}

// Sum of `in[k * stride]` under the footprint, rounded to a pixel.
uint8_t weighted_sum(const Footprint& footprint, const uint8_t* in, int64_t stride) {
  const uint8_t* p = in + footprint.begin * stride;
  int64_t sum = int64_t{1} << (kWeightBits - 1);
  for (const int32_t w : footprint.weights) {
    sum += int64_t{w} * *p;
    p += stride;
  }
  return static_cast<uint8_t>(std::min<int64_t>(sum >> kWeightBits, 255));
}

}  // namespace

Tensor resize_image(const Tensor& image, int64_t height, int64_t width) {
  LATENT_CHECK(image.ndim() == 3 && image.numel() > 0, "[resize_image] image (C, H, W): got {}", image.shape().str());
  LATENT_CHECK(height > 0 && width > 0, "[resize_image] the new size must be positive, got {} x {}", height, width);
  const int64_t C = image.dim(0), H = image.dim(1), W = image.dim(2);
  Tensor result = image;
  if (width != W) {
    const std::vector<Footprint> columns = footprints(W, width);
    Tensor narrow = Tensor::empty({C, H, width}, DType::u8);
    const auto* in = image.data<uint8_t>();
    auto* out = narrow.data<uint8_t>();
    for (int64_t row = 0; row < C * H; ++row, in += W) {
      for (const Footprint& column : columns) *out++ = weighted_sum(column, in, 1);
    }
    result = narrow;
  }
  if (height != H) {
    const std::vector<Footprint> rows = footprints(H, height);
    Tensor low = Tensor::empty({C, height, width}, DType::u8);
    const uint8_t* in = result.data<uint8_t>();
    auto* out = low.data<uint8_t>();
    for (int64_t c = 0; c < C; ++c, in += H * width) {
      for (const Footprint& row : rows) {
        for (int64_t x = 0; x < width; ++x) *out++ = weighted_sum(row, in + x, width);
      }
    }
    result = low;
  }
  return result;
}

Tensor to_grayscale(const Tensor& image) {
  LATENT_CHECK(image.ndim() == 3 && (image.dim(0) == 1 || image.dim(0) == 3),
               "[to_grayscale] image (C, H, W) with C = 1 or 3: got {}", image.shape().str());
  if (image.dim(0) == 1) return image;
  const int64_t pixels = image.dim(1) * image.dim(2);
  Tensor grey = Tensor::empty({1, image.dim(1), image.dim(2)}, DType::u8);
  const auto* in = image.data<uint8_t>();
  auto* out = grey.data<uint8_t>();
  for (int64_t i = 0; i < pixels; ++i) {
    // 0.299, 0.587, 0.114 with 16 fractional bits; they add up to 65536, so that white stays white.
    const int luma = 19595 * in[i] + 38470 * in[pixels + i] + 7471 * in[2 * pixels + i];
    out[i] = static_cast<uint8_t>((luma + 32768) >> 16);
  }
  return grey;
}

}  // namespace latent
