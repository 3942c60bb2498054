#include <latent/run/explore/thumbnails.hpp>

#include <latent/formats/image.hpp>
#include <latent/report/pictures.hpp>
#include <latent/run/units.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

int64_t square_columns(int64_t count) { return static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count)))); }

// Puts an image (C, h, w) into a picture (C, H, W), its upper left corner at (top, left).
void put(Tensor& picture, const Tensor& image, int64_t top, int64_t left) {
  const int64_t H = picture.dim(1), W = picture.dim(2), h = image.dim(1), w = image.dim(2);
  for (int64_t c = 0; c < image.dim(0); ++c) {
    for (int64_t y = 0; y < h; ++y) {
      std::copy_n(image.data<uint8_t>() + (c * h + y) * w, w, picture.data<uint8_t>() + (c * H + top + y) * W + left);
    }
  }
}

Tensor one_image(const Tensor& images, int64_t i) {
  return images.rows(i, i + 1).view_as({images.dim(1), images.dim(2), images.dim(3)});
}

Tensor enlarged(const Tensor& image, int64_t factor) {
  if (factor == 1) return image;
  const int64_t C = image.dim(0), H = image.dim(1) * factor, W = image.dim(2) * factor;
  Tensor large = Tensor::empty({C, H, W}, DType::u8);
  for (int64_t c = 0; c < C; ++c) {
    for (int64_t y = 0; y < H; ++y) {
      for (int64_t x = 0; x < W; ++x) {
        large.data<uint8_t>()[(c * H + y) * W + x] =
            image.data<uint8_t>()[(c * image.dim(1) + y / factor) * image.dim(2) + x / factor];
      }
    }
  }
  return large;
}

}  // namespace

Tensor pixels_of(const Run& run, const Tensor& x) {
  const Tensor images = report::to_pixels(for_pictures(run, x));
  const int64_t N = images.dim(0), C = images.dim(1), plane = images.dim(2) * images.dim(3);
  if (C == 1 || C == 3) return images;
  const int64_t kept = C > 3 ? 3 : 1;
  Tensor chosen = Tensor::empty({N, kept, images.dim(2), images.dim(3)}, DType::u8);
  for (int64_t n = 0; n < N; ++n) {
    std::copy_n(images.data<uint8_t>() + n * C * plane, kept * plane, chosen.data<uint8_t>() + n * kept * plane);
  }
  return chosen;
}

Tensor thumbnail_atlas(const Run& run, const Tensor& x, int64_t size) {
  const Tensor images = pixels_of(run, x);
  const int64_t N = images.dim(0), H = images.dim(2), W = images.dim(3), longer = std::max(H, W);
  const int64_t columns = square_columns(N), rows = (N + columns - 1) / columns;
  const int64_t h = std::max<int64_t>(1, H * size / longer), w = std::max<int64_t>(1, W * size / longer);
  Tensor atlas = Tensor::zeros({images.dim(1), rows * size, columns * size}, DType::u8);
  for (int64_t i = 0; i < N; ++i) {
    put(atlas, resize_image(one_image(images, i), h, w), i / columns * size + (size - h) / 2,
        i % columns * size + (size - w) / 2);
  }
  return atlas;
}

Tensor plain_grid(const Run& run, const Tensor& x, int64_t columns, int64_t least) {
  const Tensor images = pixels_of(run, x);
  const int64_t N = images.dim(0), H = images.dim(2), W = images.dim(3);
  if (columns <= 0) columns = square_columns(N);
  columns = std::min(columns, N);
  const int64_t rows = (N + columns - 1) / columns;
  const int64_t factor = std::max<int64_t>(1, (least + H - 1) / H);
  Tensor grid = Tensor::zeros({images.dim(1), rows * H * factor, columns * W * factor}, DType::u8);
  for (int64_t i = 0; i < N; ++i) {
    put(grid, enlarged(one_image(images, i), factor), i / columns * H * factor, i % columns * W * factor);
  }
  return grid;
}

Tensor difference_picture(const Run& run, const Tensor& x, const Tensor& x_hat) {
  const Tensor a = pixels_of(run, x), b = pixels_of(run, x_hat);
  const int64_t C = a.dim(1), H = a.dim(2), W = a.dim(3), plane = H * W;
  constexpr float kWhite = 255.0F;
  Tensor picture = Tensor::empty({3, H, W}, DType::u8);
  for (int64_t i = 0; i < plane; ++i) {
    float difference = 0.0F;
    for (int64_t c = 0; c < C; ++c) {
      difference +=
          static_cast<float>(b.data<uint8_t>()[c * plane + i]) - static_cast<float>(a.data<uint8_t>()[c * plane + i]);
    }
    difference /= static_cast<float>(C);
    const auto rest = static_cast<uint8_t>(std::lround(kWhite - std::abs(difference)));
    picture.data<uint8_t>()[i] = difference >= 0.0F ? 255 : rest;
    picture.data<uint8_t>()[plane + i] = rest;
    picture.data<uint8_t>()[2 * plane + i] = difference <= 0.0F ? 255 : rest;
  }
  return picture;
}

}  // namespace latent
