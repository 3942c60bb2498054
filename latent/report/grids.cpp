#include <latent/report/pictures.hpp>

#include <algorithm>
#include <cmath>

namespace latent::report {

namespace {

constexpr uint8_t kGapShade = 128;  // kEmptyPlace as a pixel

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The given number of columns, or as many as make the grid nearly square; never more than there are things to show.
int64_t columns_for(int64_t count, int64_t columns) {
  if (columns == 0) columns = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  return std::min(columns, count);
}

// Copies one plane (H, W), enlarged, to `target`, whose rows are `stride` apart.
void paste(const uint8_t* plane, int64_t H, int64_t W, int64_t factor, uint8_t* target, int64_t stride) {
  for (int64_t y = 0; y < H * factor; ++y) {
    for (int64_t x = 0; x < W * factor; ++x) target[y * stride + x] = plane[y / factor * W + x / factor];
  }
}

// Images brought to a size by whole factors: enlarged, or shrunk to the means of squares.
struct Scale {
  int64_t enlarge = 1, shrink = 1;
  int64_t of(int64_t side) const { return ceil_div(side, shrink) * enlarge; }
};

// What an image is shrunk to at most: the longer side stays 32 pixels and the shorter one 8, or else what fits.
Scale smallest_scale(int64_t H, int64_t W, int64_t most_side) {
  constexpr int64_t kLonger = 32, kShorter = 8;
  const int64_t longer = std::max(H, W), shorter = std::min(H, W);
  return {1, std::max({int64_t{1}, ceil_div(longer, most_side), std::min(longer / kLonger, shorter / kShorter)})};
}

// The largest scale, up to that of `min_size`, at which so many rows and columns fit.
Scale scale_for(int64_t rows, int64_t columns, int64_t H, int64_t W, int64_t gap, int64_t min_size, int64_t most_side) {
  const auto fits = [&](const Scale& scale) {
    return scale.of(H) <= (most_side + gap) / rows - gap && scale.of(W) <= (most_side + gap) / columns - gap;
  };
  Scale scale{std::max<int64_t>(1, ceil_div(min_size, H)), 1};
  if (scale.enlarge > 1 && !fits(scale)) {
    scale.enlarge = std::min(((most_side + gap) / rows - gap) / H, ((most_side + gap) / columns - gap) / W);
    scale.enlarge = std::max<int64_t>(1, scale.enlarge);
  }
  const Scale least = smallest_scale(H, W, most_side);
  while (scale.enlarge == 1 && scale.shrink < least.shrink && !fits(scale)) ++scale.shrink;
  return scale;
}

// (N, C, H, W) f32 -> (N, C, H / k, W / k): means of squares of k x k pixels, of what there is at the rims.
Tensor shrunk(const Tensor& images, int64_t k) {
  if (k == 1) return images;
  const int64_t planes = images.dim(0) * images.dim(1), H = images.dim(2), W = images.dim(3);
  const int64_t h = ceil_div(H, k), w = ceil_div(W, k);
  Tensor result = Tensor::empty({images.dim(0), images.dim(1), h, w});
  const auto* in = images.data<float>();
  auto* out = result.data<float>();
  for (int64_t i = 0; i < planes * h * w; ++i) {
    const int64_t plane = i / (h * w), top = i / w % h * k, left = i % w * k;
    const int64_t bottom = std::min(top + k, H), right = std::min(left + k, W);
    float sum = 0;
    for (int64_t y = top; y < bottom; ++y) {
      for (int64_t x = left; x < right; ++x) sum += in[plane * H * W + y * W + x];
    }
    out[i] = sum / static_cast<float>((bottom - top) * (right - left));
  }
  return result;
}

}  // namespace

Tensor to_pixels(const Tensor& x) {
  LATENT_CHECK(x.dtype() == DType::f32, "[to_pixels] x f32: got {}", name_of(x.dtype()));
  Tensor pixels = Tensor::empty(x.shape(), DType::u8);
  const auto* in = x.data<float>();
  auto* out = pixels.data<uint8_t>();
  for (int64_t i = 0; i < x.numel(); ++i) {
    const float value = in[i] > 0 ? std::min(in[i], 1.0f) : 0.0f;  // not a number becomes 0
    out[i] = static_cast<uint8_t>(std::lround(255 * value));
  }
  return pixels;
}

GridSize most_images(int64_t H, int64_t W, int64_t gap, int64_t most_side) {
  LATENT_CHECK(H > 0 && W > 0 && gap >= 0 && most_side > 0, "[most_images] sizes above 0, got {} x {} of {}", H, W,
               most_side);
  const Scale scale = smallest_scale(H, W, most_side);
  return {(most_side + gap) / (scale.of(H) + gap), (most_side + gap) / (scale.of(W) + gap)};
}

Tensor image_grid(const Tensor& images, int64_t columns, int64_t gap, int64_t min_size, int64_t most_side) {
  LATENT_CHECK(images.ndim() == 4 && (images.dim(1) == 1 || images.dim(1) == 3) && images.numel() > 0,
               "[image_grid] images (N, C, H, W) with C = 1 or 3, not empty: got {}", images.shape().str());
  LATENT_CHECK(columns >= 0 && gap >= 0, "[image_grid] columns and gap must not be negative, got {} and {}", columns,
               gap);
  const int64_t N = images.dim(0), C = images.dim(1);
  columns = columns_for(N, columns);
  const int64_t rows = ceil_div(N, columns);
  const GridSize most = most_images(images.dim(2), images.dim(3), gap, most_side);
  LATENT_CHECK(rows <= most.rows && columns <= most.columns,
               "[image_grid] {} x {} images of {} x {}, but at most {} x {} fit into {} x {} pixels", rows, columns,
               images.dim(2), images.dim(3), most.rows, most.columns, most_side, most_side);
  const Scale scale = scale_for(rows, columns, images.dim(2), images.dim(3), gap, min_size, most_side);
  const Tensor pixels = to_pixels(shrunk(images, scale.shrink));
  const int64_t H = pixels.dim(2), W = pixels.dim(3), factor = scale.enlarge;
  const int64_t height = rows * (H * factor + gap) - gap, width = columns * (W * factor + gap) - gap;
  Tensor grid = Tensor::full({C, height, width}, kGapShade, DType::u8);
  const auto* in = pixels.data<uint8_t>();
  auto* out = grid.data<uint8_t>();
  for (int64_t n = 0; n < N; ++n) {
    const int64_t top = n / columns * (H * factor + gap), left = n % columns * (W * factor + gap);
    for (int64_t c = 0; c < C; ++c) {
      paste(in + (n * C + c) * H * W, H, W, factor, out + c * height * width + top * width + left, width);
    }
  }
  return grid;
}

}  // namespace latent::report
