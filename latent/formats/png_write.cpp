#include <latent/formats/detail/png_message.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/memory_files.hpp>

#include <array>
#include <cstring>
#include <new>

namespace latent {

namespace {

// What libpng's callbacks see. Nothing with a destructor lives between setjmp and libpng: see PngMessage.
struct Writing {
  std::vector<std::byte> bytes;
  detail::PngMessage message;
};

bool append(std::vector<std::byte>& bytes, const std::byte* data, size_t count) noexcept {
  try {
    bytes.insert(bytes.end(), data, data + count);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void on_write(png_structp png, png_bytep data, size_t count) {
  auto* writing = static_cast<Writing*>(png_get_io_ptr(png));
  if (!append(writing->bytes, reinterpret_cast<const std::byte*>(data), count)) png_error(png, "out of memory");
}

void on_flush(png_structp) {}

struct WriteHandle {
  png_structp png;
  png_infop info = nullptr;
  explicit WriteHandle(Writing* writing)
      : png(png_create_write_struct(PNG_LIBPNG_VER_STRING, &writing->message, detail::png_failed, detail::png_warned)) {
    if (png != nullptr) info = png_create_info_struct(png);
    if (info == nullptr) {
      png_destroy_write_struct(&png, nullptr);
      throw std::bad_alloc();
    }
    png_set_write_fn(png, writing, on_write, on_flush);
  }
  ~WriteHandle() { png_destroy_write_struct(&png, &info); }
  WriteHandle(const WriteHandle&) = delete;
  WriteHandle& operator=(const WriteHandle&) = delete;
};

// Runs `body`; false if libpng reported an error.
template <class F>
bool guarded(png_structp png, const F& body) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  body();
  return true;
}

void check_image(const char* who, const Tensor& image) {
  LATENT_CHECK(image.ndim() == 3 && (image.dim(0) == 1 || image.dim(0) == 3) && image.numel() > 0,
               "[{}] image (C, H, W) with C = 1 or 3: got {}", who, image.shape().str());
}

std::vector<std::byte> encode_png(const Tensor& image, Packing packing) {
  const int64_t C = image.dim(0), H = image.dim(1), W = image.dim(2);
  const auto* const planes = image.data<uint8_t>();
  std::vector<uint8_t> buffer(static_cast<size_t>(W * C));
  uint8_t* const row = buffer.data();
  Writing writing;
  const WriteHandle handle(&writing);
  const bool done = guarded(handle.png, [&] {
    png_set_user_limits(handle.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(handle.png, handle.info, static_cast<png_uint_32>(W), static_cast<png_uint_32>(H), 8,
                 C == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (packing == Packing::quick) {
      png_set_compression_level(handle.png, 1);
      png_set_filter(handle.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    }
    png_write_info(handle.png, handle.info);
    for (int64_t y = 0; y < H; ++y) {
      for (int64_t x = 0; x < W; ++x) {
        for (int64_t c = 0; c < C; ++c) row[x * C + c] = planes[(c * H + y) * W + x];
      }
      png_write_row(handle.png, row);
    }
    png_write_end(handle.png, nullptr);
  });
  LATENT_CHECK(done, "[write_png] image {}: {}", image.shape().str(), writing.message.text.data());
  return std::move(writing.bytes);
}

}  // namespace

void write_png(const std::filesystem::path& path, const Tensor& image) {
  check_image("write_png", image);
  const std::vector<std::byte> bytes = encode_png(image, Packing::small);
  replace_file(path, [&](Sink& sink) { sink.write(bytes); });
}

std::string png_bytes(const Tensor& image, Packing packing) {
  check_image("png_bytes", image);
  const std::vector<std::byte> bytes = encode_png(image, packing);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace latent
