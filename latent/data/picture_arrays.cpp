#include <latent/data/picture_arrays.hpp>

#include <latent/core/memory.hpp>
#include <latent/data/parallel.hpp>
#include <latent/formats/image.hpp>

#include <algorithm>
#include <cstring>

namespace latent::data {

namespace {

bool is_channel_count(int64_t size) { return size == 1 || size == 3 || size == 4; }

Tensor channels_first_copy(const Tensor& image) {  // (H, W, C) -> (C, H, W)
  const int64_t pixels = image.dim(0) * image.dim(1), channels = image.dim(2);
  Tensor result = Tensor::empty({channels, image.dim(0), image.dim(1)}, DType::u8);
  const auto* in = image.data<uint8_t>();
  auto* out = result.data<uint8_t>();
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t p = 0; p < pixels; ++p) out[c * pixels + p] = in[p * channels + c];
  }
  return result;
}

}  // namespace

ImageLayout image_layout(const ArrayPart& part) {
  const Tensor& x = part.x;
  if (x.ndim() == 3 || is_channel_count(x.dim(1))) return ImageLayout::channels_first;
  if (is_channel_count(x.dim(3))) return ImageLayout::channels_last;
  throw DataError(part.path, fmt::format("images (N, C, H, W) or (N, H, W, C) have C = 1, 3 or 4 channels, got {}",
                                         x.shape().str()));
}

Tensor allocate_images(int64_t n, const Shape& image, DType dtype, const std::string& path) {
  const auto needed = static_cast<double>(n) * static_cast<double>(image.numel()) * static_cast<double>(size_of(dtype));
  constexpr double kMost = 1e18;
  check_memory(static_cast<uint64_t>(std::min(needed, kMost)), memory_allowed(), path,
               fmt::format("{} images of {}", n, image.str()), "; a smaller --size helps");
  return Tensor::empty(image.prepend(n), dtype);
}

ImageLayout prepare_images(ArrayPart& part, ImageLayout layout, const OpenOptions& options) {
  const Tensor x = part.x;
  if (!options.size && !options.grayscale) return layout;
  LATENT_CHECK(x.dtype() == DType::u8, "{}: only images of u8 are resized and made grey, these are {}", part.path,
               name_of(x.dtype()));
  const bool last = layout == ImageLayout::channels_last;
  const int64_t channels = x.ndim() == 3 ? 1 : x.dim(last ? 3 : 1);
  LATENT_CHECK(channels != 4, "{}: images of 4 channels are neither resized nor made grey", part.path);
  const int64_t height = x.dim(x.ndim() == 3 || last ? 1 : 2), width = x.dim(x.ndim() == 3 || last ? 2 : 3);
  const std::pair<int64_t, int64_t> size = options.size.value_or(std::pair{height, width});
  const Shape target{options.grayscale ? 1 : channels, size.first, size.second};
  Tensor result = allocate_images(x.dim(0), target, DType::u8, part.path);
  parallel_try(x.dim(0), [&](int64_t i) {
    Tensor image = x.rows(i, i + 1);
    image =
        last ? channels_first_copy(image.view_as({height, width, channels})) : image.view_as({channels, height, width});
    if (options.grayscale) image = to_grayscale(image);
    if (size != std::pair{height, width}) image = fit_image(image, size.first, size.second, options.fit);
    std::memcpy(result.rows(i, i + 1).raw(), image.raw(), image.nbytes());
  });
  part.x = result;
  part.file = nullptr;
  return ImageLayout::channels_first;
}

}  // namespace latent::data
