#include <latent/core/names.hpp>
#include <latent/formats/image.hpp>

#include <algorithm>
#include <array>
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

float weighted_sum(const Footprint& footprint, const float* in, int64_t stride) {
  constexpr double kOne = 1 << kWeightBits;
  const float* p = in + footprint.begin * stride;
  double sum = 0.0;
  for (const int32_t w : footprint.weights) {
    sum += static_cast<double>(w) / kOne * static_cast<double>(*p);
    p += stride;
  }
  return static_cast<float>(std::clamp(sum, 0.0, 1.0));
}

template <class T>
Tensor resized(const Tensor& image, int64_t height, int64_t width) {
  const int64_t C = image.dim(0), H = image.dim(1), W = image.dim(2);
  Tensor result = image;
  if (width != W) {
    const std::vector<Footprint> columns = footprints(W, width);
    Tensor narrow = Tensor::empty({C, H, width}, image.dtype());
    const T* in = image.data<T>();
    T* out = narrow.data<T>();
    for (int64_t row = 0; row < C * H; ++row, in += W) {
      for (const Footprint& column : columns) *out++ = weighted_sum(column, in, 1);
    }
    result = narrow;
  }
  if (height != H) {
    const std::vector<Footprint> rows = footprints(H, height);
    Tensor low = Tensor::empty({C, height, width}, image.dtype());
    const T* in = result.data<T>();
    T* out = low.data<T>();
    for (int64_t c = 0; c < C; ++c, in += H * width) {
      for (const Footprint& row : rows) {
        for (int64_t x = 0; x < width; ++x) *out++ = weighted_sum(row, in + x, width);
      }
    }
    result = low;
  }
  return result;
}

// Rows [top, top + height) and columns [left, left + width) of `from` into `to` at (to_top, to_left).
template <class T>
void copy_area(const Tensor& from, int64_t top, int64_t left, Tensor& to, int64_t to_top, int64_t to_left,
               int64_t height, int64_t width) {
  for (int64_t c = 0; c < from.dim(0); ++c) {
    for (int64_t y = 0; y < height; ++y) {
      const T* in = from.data<T>() + (c * from.dim(1) + top + y) * from.dim(2) + left;
      std::copy_n(in, width, to.data<T>() + (c * to.dim(1) + to_top + y) * to.dim(2) + to_left);
    }
  }
}

void copy_area_of(const Tensor& from, int64_t top, int64_t left, Tensor& to, int64_t to_top, int64_t to_left,
                  int64_t height, int64_t width) {
  if (from.dtype() == DType::f32) return copy_area<float>(from, top, left, to, to_top, to_left, height, width);
  copy_area<uint8_t>(from, top, left, to, to_top, to_left, height, width);
}

bool has_pixels(const Tensor& image) { return image.dtype() == DType::u8 || image.dtype() == DType::f32; }

constexpr std::array<std::string_view, 3> kFits = {"crop", "pad", "stretch"};

// The side that keeps height : width of `other`, at least 1.
int64_t scaled(int64_t side, int64_t to, int64_t from) {
  return std::max<int64_t>(1, static_cast<int64_t>(std::llround(static_cast<double>(side) * static_cast<double>(to) /
                                                                static_cast<double>(from))));
}

}  // namespace

Tensor resize_image(const Tensor& image, int64_t height, int64_t width) {
  LATENT_CHECK(image.ndim() == 3 && image.numel() > 0, "[resize_image] image (C, H, W): got {}", image.shape().str());
  LATENT_CHECK(has_pixels(image), "[resize_image] u8 or f32, got {}", name_of(image.dtype()));
  LATENT_CHECK(height > 0 && width > 0, "[resize_image] the new size must be positive, got {} x {}", height, width);
  return image.dtype() == DType::f32 ? resized<float>(image, height, width) : resized<uint8_t>(image, height, width);
}

Fit fit_from(std::string_view name) {
  for (size_t i = 0; i < kFits.size(); ++i) {
    if (name == kFits[i]) return static_cast<Fit>(i);
  }
  unknown_name("way to fit pictures", name, kFits);
}

std::string_view name_of(Fit fit) { return kFits[static_cast<size_t>(fit)]; }

std::pair<int64_t, int64_t> cropped_size(int64_t height, int64_t width, int64_t to_height, int64_t to_width) {
  return {std::min(height, scaled(width, to_height, to_width)), std::min(width, scaled(height, to_width, to_height))};
}

Tensor fit_image(const Tensor& image, int64_t height, int64_t width, Fit fit, uint8_t bars) {
  LATENT_CHECK(image.ndim() == 3 && image.numel() > 0, "[fit_image] image (C, H, W): got {}", image.shape().str());
  LATENT_CHECK(height > 0 && width > 0, "[fit_image] the new size must be positive, got {} x {}", height, width);
  const int64_t C = image.dim(0), H = image.dim(1), W = image.dim(2);
  if (fit == Fit::crop) {
    const auto [rows, columns] = cropped_size(H, W, height, width);
    if (rows == H && columns == W) return resize_image(image, height, width);
    Tensor part = Tensor::empty({C, rows, columns}, image.dtype());
    copy_area_of(image, (H - rows) / 2, (W - columns) / 2, part, 0, 0, rows, columns);
    return resize_image(part, height, width);
  }
  if (fit == Fit::pad) {
    const int64_t rows = std::min(height, scaled(width, H, W)), columns = std::min(width, scaled(height, W, H));
    const Tensor small = resize_image(image, rows, columns);
    if (rows == height && columns == width) return small;
    const double grey = image.dtype() == DType::f32 ? bars / 255.0 : bars;
    Tensor whole = Tensor::full({C, height, width}, grey, image.dtype());
    copy_area_of(small, 0, 0, whole, (height - rows) / 2, (width - columns) / 2, rows, columns);
    return whole;
  }
  return resize_image(image, height, width);
}

Tensor to_grayscale(const Tensor& image) {
  LATENT_CHECK(image.ndim() == 3 && (image.dim(0) == 1 || image.dim(0) == 3),
               "[to_grayscale] image (C, H, W) with C = 1 or 3: got {}", image.shape().str());
  if (image.dim(0) == 1) return image;
  const int64_t pixels = image.dim(1) * image.dim(2);
  Tensor grey = Tensor::empty({1, image.dim(1), image.dim(2)}, image.dtype());
  if (image.dtype() == DType::f32) {
    const float* in = image.data<float>();
    for (int64_t i = 0; i < pixels; ++i) {
      grey.data<float>()[i] = std::min(1.0F, 0.299F * in[i] + 0.587F * in[pixels + i] + 0.114F * in[2 * pixels + i]);
    }
    return grey;
  }
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
